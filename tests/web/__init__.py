"""The pages behind readers' links, asked over real HTTP."""
