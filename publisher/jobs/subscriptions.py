"""Subscribe: addresses come in, one or many, and consent only ever moves where it may."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from publisher.kit.addresses import parse_address
from publisher.model.naming import language_tag
from publisher.model.subscriber import Consent, enrol
from publisher.store import subscribers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from publisher.store.database import Database, Transaction


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """One address that somebody wants on the list of a digest."""

    address: str
    digest: str
    language: str | None
    confirmed: bool
    #: When consent was given, if it was before now.
    since: datetime | None = None


@dataclass(kw_only=True, slots=True)
class Enrolled:
    """What became of a list of addresses."""

    added: int = 0
    confirmed: int = 0
    #: Already so, or nobody who may be brought back.
    unchanged: int = 0
    #: Line number and what is wrong with it.
    rejected: list[tuple[int, str]] = field(default_factory=list)


def subscribe(database: Database, wanted: Enrolment, *, now: datetime) -> Consent | None:
    """Put one address on a list; returns where its consent stands then. Raises ValueError for a bad address."""
    with database.begin() as connection:
        return _enrol(connection, wanted, now)[1]


def _enrol(connection: Transaction, wanted: Enrolment, now: datetime) -> tuple[Consent | None, Consent | None]:
    parsed = parse_address(wanted.address)
    subscriber = subscribers.ensure(connection, parsed.address, parsed.key, wanted.language, now)
    before = subscribers.consent(connection, subscriber, wanted.digest)
    after = enrol(before, confirmed=wanted.confirmed)
    if after is not None:
        subscribers.set_consent(connection, subscriber, wanted.digest, after, wanted.since or now)
    return before, after or before


def import_csv(
    database: Database, lines: Iterable[str], *, digests: Sequence[str], confirmed: bool, now: datetime
) -> Enrolled:
    """Put the addresses of a CSV file on their lists, in one transaction; bad lines are named and left out.

    The header has `email`, and optionally `digest` (else the only or first one), `language` and `confirmed_at`.
    Raises ValueError if there is no such header.
    """
    rows = csv.DictReader(lines)
    columns = [name.strip().casefold() for name in rows.fieldnames or []]
    if "email" not in columns:
        raise ValueError("the first line must name the columns, and one of them `email`")
    rows.fieldnames = columns
    report = Enrolled()
    with database.begin() as connection:
        for line, row in _rows(rows, report):
            try:
                before, after = _enrol(connection, _enrolment(row, digests, confirmed=confirmed), now)
            except (ValueError, OverflowError) as error:
                report.rejected.append((line, str(error)))
                continue
            if before is after or before not in (None, Consent.PENDING):
                report.unchanged += 1
            elif after is Consent.CONFIRMED:
                report.confirmed += 1
            else:
                report.added += 1
    return report


def _rows(reader: csv.DictReader[str], report: Enrolled) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Go through the rows; one that is no CSV is rejected, and the next one read."""
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.rejected.append((reader.line_num + 1, str(error)))
            continue
        yield reader.line_num, dict(row)


def _enrolment(row: dict[str, str | None], digests: Sequence[str], *, confirmed: bool) -> Enrolment:
    values = {name: (value or "").strip() for name, value in row.items() if isinstance(value, str)}
    digest = values.get("digest") or digests[0]
    if digest not in digests:
        raise ValueError(f"there is no digest {digest!r}; there is {', '.join(digests)}")
    language = values.get("language")
    tag = language_tag(language) if language else None
    if language and tag is None:
        raise ValueError(f"{language!r} is no language; write th or en-GB")
    since = values.get("confirmed_at")
    return Enrolment(
        address=values.get("email", ""),
        digest=digest,
        language=tag,
        confirmed=confirmed,
        since=_moment(since) if since else None,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
