"""What scrapers leave behind is taken out, rule by rule."""
