"""One verb a file: what the command line, the scheduler and the web call."""
