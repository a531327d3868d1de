"""Take in a list of subscribers: a CSV file of any size, in batches, where each bad row is named and left out."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from publisher.jobs.ports import silent
from publisher.kit.addresses import Address, parse_address
from publisher.kit.csv_cells import plain
from publisher.kit.csv_reading import Row, Sheet, fold, open_sheet
from publisher.kit.seen import Seen
from publisher.model.naming import language_tag
from publisher.model.subscriber import Consent, ConsentEvent, ConsentRecord, move
from publisher.store import consents, subscribers
from publisher.store.subscribers import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from publisher.jobs.ports import Progress
    from publisher.store.database import Database, Transaction

#: The columns that mean something, by the names that they have if nobody says otherwise.
COLUMNS = ("email", "digest", "language", "confirmed_at", "state")
#: Rows to a transaction: others write in between.
_BATCH = 2000
#: So many bad rows are named; the rest is counted.
_NAMED = 1000
#: What a list that was exported says of those who are not to be mailed comes in as well.
_LEAVING = {
    Consent.UNSUBSCRIBED: ConsentEvent.WITHDRAWN,
    Consent.BOUNCED: ConsentEvent.BOUNCED,
    Consent.COMPLAINED: ConsentEvent.COMPLAINED,
    Consent.SUPPRESSED: ConsentEvent.SUPPRESSED,
}


@dataclass(kw_only=True, slots=True)
class Imported:
    """What became of a list of addresses."""

    encoding: str = ""
    delimiter: str = ","
    rows: int = 0
    #: New, and to be asked first.
    added: int = 0
    confirmed: int = 0
    #: Not to be mailed, as the list itself says.
    withdrawn: int = 0
    #: Already so.
    unchanged: int = 0
    #: Left, bounced, complained or was erased before: nobody of these comes back by a list.
    refused: int = 0
    #: Named more than once in the file.
    duplicates: int = 0
    rejected: int = 0
    #: Line number and what is wrong with it, of the first bad rows.
    problems: list[tuple[int, str]] = field(default_factory=list)

    def count(self, after: Consent | None) -> None:
        """Count a row by where it brought its reader, None for nowhere."""
        if after is None:
            self.unchanged += 1
        elif after is Consent.PENDING:
            self.added += 1
        elif after is Consent.CONFIRMED:
            self.confirmed += 1
        else:
            self.withdrawn += 1

    def reject(self, line: int, reason: str) -> None:
        """Count a bad row."""
        self.rejected += 1
        if len(self.problems) < _NAMED:
            self.problems.append((line, reason))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that is sound."""

    line: int
    address: Address
    digest: str
    language: str | None
    event: ConsentEvent
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Importer:
    """Takes lists into one publication's audience."""

    database: Database
    digests: Sequence[str]
    #: The real time.
    now: datetime
    #: Makes the keyed hash under which erased addresses are remembered.
    fingerprint: Callable[[str], str]
    #: The rows have agreed already; else each is to be asked first.
    confirmed: bool = False
    #: What the file calls our columns, where it is something else.
    columns: Mapping[str, str] = field(default_factory=dict)
    #: Nothing is written.
    dry_run: bool = False
    progress: Progress = silent

    def run(self, path: Path, *, encoding: str | None = None) -> Imported:
        """Take in one file. What ends it halfway loses nothing: taken in again, it goes on from there.

        Raises ValueError with a sentence if the file cannot be read, or lacks a column.
        """
        report = Imported()
        names = {ours: fold(self.columns.get(ours, ours)) for ours in COLUMNS}
        with open_sheet(path, wanted=names["email"], encoding=encoding) as sheet, Seen() as seen:
            report.encoding, report.delimiter = sheet.encoding, sheet.delimiter
            missing = [name for ours, name in names.items() if ours in self.columns and name not in sheet.columns]
            if missing:
                raise ValueError(f"there is no column {missing[0]!r}; there is {', '.join(sheet.columns)}")
            places = {ours: sheet.columns.index(name) for ours, name in names.items() if name in sheet.columns}
            rows = self._sound(sheet, places, report)
            while batch := list(itertools.islice(rows, _BATCH)):
                self._take(path.name, [each for each in batch if self._is_new(each, seen, report)], report)
                self.progress(f"reading {path.name}", min(batch[-1].line, sheet.lines), sheet.lines)
            self.progress(f"reading {path.name}", sheet.lines, sheet.lines)
        return report

    def _sound(self, sheet: Sheet, places: Mapping[str, int], report: Imported) -> Iterator[_Wanted]:
        for row in sheet.rows:
            report.rows += 1
            try:
                yield self._read(row, places, guessed=sheet.guessed)
            except (ValueError, OverflowError) as error:
                report.reject(row.line, str(error))

    def _read(self, row: Row, places: Mapping[str, int], *, guessed: bool) -> _Wanted:
        if row.problem:
            raise ValueError(row.problem)
        cells = {name: row.cells[place].strip() for name, place in places.items() if place < len(row.cells)}
        if any("\ufffd" in cell for cell in cells.values()):
            raise ValueError("some of its bytes mean nothing in the encoding of the file")
        email = plain(cells.get("email", ""))
        if guessed and not email.isascii():
            raise ValueError(f"letters outside ASCII in an address, {email!r}: save the file as UTF-8")
        digest = cells.get("digest") or self.digests[0]
        if digest not in self.digests:
            raise ValueError(f"there is no digest {digest!r}; there is {', '.join(self.digests)}")
        language = cells.get("language")
        tag = language_tag(language) if language else None
        if language and tag is None:
            raise ValueError(f"{language!r} is no language; write th or en-GB")
        return _Wanted(
            line=row.line,
            address=parse_address(email),
            digest=digest,
            language=tag,
            event=self._event(cells.get("state")),
            since=self._moment(cells["confirmed_at"]) if cells.get("confirmed_at") else None,
        )

    def _event(self, state: str | None) -> ConsentEvent:
        try:
            said = Consent(state.casefold()) if state else Consent.CONFIRMED
        except ValueError as error:
            raise ValueError(f"{state!r} is no state; there is {', '.join(Consent)}") from error
        agreed = self.confirmed and said is not Consent.PENDING
        return _LEAVING.get(said) or (ConsentEvent.ATTESTED if agreed else ConsentEvent.IMPORTED)

    def _moment(self, text: str) -> datetime:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if moment > self.now:
            raise ValueError(f"{text!r} is still to come, and nobody can have agreed then")
        return moment

    def _is_new(self, wanted: _Wanted, seen: Seen, report: Imported) -> bool:
        """Take the first row of an address and digest, and each that says it is not to be mailed."""
        new = seen.add(f"{wanted.address.key} {wanted.digest}")
        leaves = wanted.event not in (ConsentEvent.IMPORTED, ConsentEvent.ATTESTED)
        report.duplicates += not (new or leaves)
        return new or leaves

    def _take(self, source: str, batch: Sequence[_Wanted], report: Imported) -> None:
        if self.dry_run:
            with self.database.read() as connection:
                self._decide(connection, batch, report)
            return
        with self.database.begin() as connection:
            taken = self._decide(connection, batch, report)
            languages = {reader.id: each.language for reader, each, _ in taken if each.language and not reader.language}
            subscribers.set_languages(connection, languages)
            moved = [(reader, each, after) for reader, each, after in taken if after is not None]
            subscribers.set_consents(
                connection,
                [
                    {
                        "subscriber_id": reader.id,
                        "digest": each.digest,
                        "consent": after.value,
                        "since": each.since or self.now,
                    }
                    for reader, each, after in moved
                ],
            )
            consents.record(connection, [self._record(reader, each, source) for reader, each, _ in moved])

    def _decide(
        self, connection: Transaction, batch: Sequence[_Wanted], report: Imported
    ) -> list[tuple[Standing, _Wanted, Consent | None]]:
        """Decide where each row brings its reader, None for nowhere; an address that is new is noted."""
        hashes = {each.address.key: self.fingerprint(each.address.key) for each in batch}
        erased = subscribers.erased_among(connection, list(hashes.values()))
        # Of several spellings the first one stays.
        known = {each.address.key: each for each in reversed(batch) if hashes[each.address.key] not in erased}
        if not self.dry_run:
            subscribers.add_all(connection, [self._address(each) for each in known.values()])
        standing = subscribers.standing(connection, list(known), lock=not self.dry_run)
        taken = []
        for each in batch:
            reader = standing.setdefault(each.address.key, Standing(0, None, None, {}))
            before = reader.consent(each.digest)
            after = move(before, each.event)
            if each.address.key not in known or (after is None and before in _LEAVING):
                report.refused += 1
                continue
            report.count(after)
            reader.consents[each.digest] = after or reader.consents[each.digest]
            taken.append((reader, each, after))
        return taken

    def _address(self, wanted: _Wanted) -> dict[str, Any]:
        return {
            "address": wanted.address.address,
            "address_key": wanted.address.key,
            "language": wanted.language,
            "created": self.now,
        }

    def _record(self, reader: Standing, wanted: _Wanted, source: str) -> ConsentRecord:
        return ConsentRecord(
            subscriber_id=reader.id,
            digest=wanted.digest,
            event=wanted.event,
            at=self.now,
            source=f"{source}, line {wanted.line}",
            language=wanted.language,
        )
