"""Alembic runs these."""
