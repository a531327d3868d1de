"""Statements that are carried out thousands of times a minute: compiled once, then handed straight to the driver."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Boolean, ColumnElement, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import BigInteger, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

    _Processors = list[tuple[Any, Callable[[Any], Any]]]


class _Numbers(TypeDecorator["Sequence[int]"]):
    """Any number of integers in one parameter."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        chosen: TypeEngine[Any] = Text() if dialect.name == "sqlite" else ARRAY(BigInteger())
        return dialect.type_descriptor(chosen)

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> object:
        return json.dumps(value) if dialect.name == "sqlite" else value


class AmongNumbers(ColumnElement[bool]):
    """Says whether a column is one of the numbers of a parameter; with IN, each length were a statement of its own."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[int], name: str) -> None:
        self.column = column
        self.numbers = bindparam(name, type_=_Numbers())

    def self_group(self, against: object = None) -> Self:  # noqa: ARG002 (its contract)
        """Stay as it is: SQLAlchemy would compare it with 1 on SQLite, which then uses no index."""
        return self


@compiles(AmongNumbers, "sqlite")
def _on_sqlite(element: AmongNumbers, compiler: Any, **words: Any) -> str:
    column, numbers = (compiler.process(each, **words) for each in (element.column, element.numbers))
    return f"{column} IN (SELECT value FROM json_each({numbers}))"  # noqa: S608 (both are compiled)


@compiles(AmongNumbers, "postgresql")
def _on_postgresql(element: AmongNumbers, compiler: Any, **words: Any) -> str:
    column, numbers = (compiler.process(each, **words) for each in (element.column, element.numbers))
    return f"{column} = ANY ({numbers})"


class Prepared:
    """One statement. Values go in and come out as SQLAlchemy's types make them; what comes out are plain tuples."""

    def __init__(self, statement: Any | Callable[[Connection], Any]) -> None:
        """Take a statement, or what makes one for a connection."""
        self._statement = statement
        self._made: dict[str, _Made] = {}

    def __call__(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Carry it out, and give the rows if it has any."""
        made = self._for(connection)
        result = connection.exec_driver_sql(made.sql, made.values(values))
        return made.rows(result.cursor) if result.returns_rows else []

    def many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry it out for each row of values, one at least."""
        made = self._for(connection)
        connection.exec_driver_sql(made.sql, [made.values(row) for row in rows])

    def _for(self, connection: Connection) -> _Made:
        made = self._made.get(connection.dialect.name)
        if made is None:
            statement = self._statement(connection) if callable(self._statement) else self._statement
            made = self._made[connection.dialect.name] = _Made(statement, connection.dialect)
        return made


class _Made:
    """A statement as one driver takes it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._names: list[str] | None = compiled.positiontup
        #: What is part of the statement.
        self._fixed: dict[str, Any] = {}
        self._into: _Processors = []
        for name, bind in binds.items():
            process = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if not bind.required:
                self._fixed[name] = process(bind.effective_value) if process else bind.effective_value
            elif process:
                self._into.append((name, process))
        self._out: _Processors = []
        for place, column in enumerate(getattr(statement, "exported_columns", ())):
            process = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if process:
                self._out.append((place, process))

    def values(self, values: Mapping[str, Any]) -> tuple[Any, ...] | dict[str, Any]:
        made = {**self._fixed, **values}
        for name, process in self._into:
            made[name] = process(made[name])
        return made if self._names is None else tuple(map(made.__getitem__, self._names))

    def rows(self, cursor: Any) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = cursor.fetchall()
        if not self._out:
            return found
        rows = [list(row) for row in found]
        for row in rows:
            for place, process in self._out:
                row[place] = process(row[place])
        return [tuple(row) for row in rows]
