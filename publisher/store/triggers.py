"""What the database itself refuses: to change what is only ever added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL, event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

#: By dialect: ids are never changed or deleted.
APPEND_ONLY = {
    "sqlite": (
        "create trigger guids_stay before update on guids begin select raise(abort, 'guids are never changed'); end",
        "create trigger guids_remain before delete on guids begin select raise(abort, 'guids are never deleted'); end",
    ),
    "postgresql": (
        (
            "create or replace function guids_stay() returns trigger language plpgsql as "
            "$$ begin raise exception 'guids are never changed or deleted'; end $$"
        ),
        "create trigger guids_stay before update or delete on guids for each row execute function guids_stay()",
    ),
}

#: By dialect: consents are never changed, and go with their subscriber only.
CONSENTS_STAY = {
    "sqlite": (
        (
            "create trigger consents_stay before update on consents begin "
            "select raise(abort, 'consents are never changed'); end"
        ),
        (
            "create trigger consents_remain before delete on consents when exists (select 1 from subscribers where "
            "id = old.subscriber_id and address_key <> 'erased:' || id) "
            "begin select raise(abort, 'consents go with their subscriber only'); end"
        ),
    ),
    "postgresql": (
        (
            "create or replace function consents_stay() returns trigger language plpgsql as $$ begin "
            "if tg_op = 'DELETE' and not exists (select 1 from subscribers where id = old.subscriber_id and "
            "address_key <> 'erased:' || id) then return old; end if; "
            "raise exception 'consents are never changed, and go with their subscriber only'; end $$"
        ),
        (
            "create trigger consents_stay before update or delete on consents "
            "for each row execute function consents_stay()"
        ),
    ),
}


def hold(table: Table, statements: Mapping[str, Sequence[str]]) -> None:
    """Make these triggers whenever the table is made, each where its dialect is spoken."""
    for dialect, written in statements.items():
        for statement in written:
            event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call] # SQLAlchemy's
