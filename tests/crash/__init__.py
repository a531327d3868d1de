"""Runs that are killed at every moment, and what may never be seen: see docs/decisions/0013-crash-harness.md."""
