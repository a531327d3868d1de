"""The types of columns that SQLite and PostgreSQL have in different ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Integer, Text, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Instant(TypeDecorator[datetime]):
    """An aware moment: timestamptz on PostgreSQL, microseconds since the epoch on SQLite, UTC in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column's type."""
        chosen: TypeEngine[Any] = BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(chosen)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Take an aware datetime; a naive one raises TypeError."""
        if value is None:
            return None
        return (value - _EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (its contract)
        """Give an aware datetime in UTC."""
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return None if value is None else _EPOCH + _MICROSECOND * int(str(value))


#: SQLite counts rows up by itself only where the key is an INTEGER.
Serial = BigInteger().with_variant(Integer(), "sqlite")

#: Sorted by code point on both, so that ties are settled alike everywhere.
Word = Text().with_variant(Text(collation="C"), "postgresql")
