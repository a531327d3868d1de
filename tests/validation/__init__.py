"""An independent look at what is published: schemas, a lint, and a strict reader where one is installed."""
