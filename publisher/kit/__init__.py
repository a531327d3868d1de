"""Small tools that know nothing of posts or mail."""
