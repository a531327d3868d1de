"""The ledger: SQLAlchemy Core over SQLite or PostgreSQL, one module per aggregate."""
