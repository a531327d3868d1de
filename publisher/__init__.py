"""Feeds and e-mail digests from a folder of Markdown posts."""

__version__ = "0.1.0"
