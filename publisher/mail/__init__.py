"""An edition becomes one message per reader, and goes out."""
