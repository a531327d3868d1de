"""A folder becomes posts; a post's body becomes clean HTML."""
