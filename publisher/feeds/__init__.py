"""Posts become RSS, Atom and JSON Feed: bytes, nothing written."""
