"""An edition becomes HTML and text."""
