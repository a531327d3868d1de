"""When digests fall due: five-field cron in the publication's zone, forward and back.

The one truth about time: a slot is a local civil time, so that a change of clocks never skips or repeats one.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cronsim import CronSim, CronSimError

from publisher.model.edition import Slot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

_ACCEPTED = "five fields, minute hour day month weekday, with weekdays by name, such as '0 7 * * MON-FRI'"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A digest's schedule: checked when made; ValueError says what is accepted."""

    expression: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        fields = self.expression.split()
        # Cron counts weekdays from Sunday and APScheduler from Monday: a number would mean two things.
        if len(fields) != 5 or any(c.isdigit() for day in fields[4].split(",") for c in day.split("#")[0]):
            raise ValueError(f"must be {_ACCEPTED}, not {self.expression!r}")
        try:
            next(self._civil(datetime(2024, 1, 1)))  # noqa: DTZ001 (civil time, on purpose)
        except (CronSimError, StopIteration) as error:
            raise ValueError(f"must be {_ACCEPTED}, not {self.expression!r}: {error}") from error

    def after(self, moment: datetime) -> Iterator[Slot]:
        """Give the slots after this moment, in order."""
        # An hour earlier in civil time: where clocks go back, one civil time stands for two moments.
        start = moment.astimezone(self.zone).replace(tzinfo=None) - timedelta(hours=2)
        return (slot for slot in map(self._slot, self._civil(start)) if slot.at > moment)

    def newest(self, moment: datetime) -> Slot | None:
        """Give the newest slot at or before this moment."""
        start = moment.astimezone(self.zone).replace(tzinfo=None) + timedelta(hours=2, seconds=1)
        slots = map(self._slot, self._civil(start, back=True))
        return next((slot for slot in slots if slot.at <= moment), None)

    @property
    def several_a_day(self) -> bool:
        """Say whether one day can have more than one slot; then their names carry the time."""
        cron = CronSim(self.expression, datetime(2024, 1, 1))  # noqa: DTZ001 (civil time, on purpose)
        return len(cron.hours) * len(cron.minutes) > 1

    def _civil(self, start: datetime, *, back: bool = False) -> Iterator[datetime]:
        return itertools.islice(CronSim(self.expression, start, reverse=back), 100_000)

    def _slot(self, civil: datetime) -> Slot:
        name = civil.strftime("%Y-%m-%dT%H%M" if self.several_a_day else "%Y-%m-%d")
        # fold=0: the first of two equal civil times.
        at = civil.replace(tzinfo=self.zone).astimezone(UTC)
        late = at.astimezone(self.zone).replace(tzinfo=None) - civil
        if late:
            # A time that clocks skip falls on the moment they spring, before any that they do not.
            at = self._spring(at - late, at)
        return Slot(at=at, name=name)

    def _spring(self, before: datetime, after: datetime) -> datetime:
        """Find the moment between the two at which clocks spring, to the second."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) // 2
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)


def slot_for_minute(moment: datetime, zone: ZoneInfo) -> Slot:
    """Name the slot of an edition that an editor asks for now."""
    minute = moment.replace(second=0, microsecond=0)
    return Slot(at=minute.astimezone(UTC), name=minute.astimezone(zone).strftime("%Y-%m-%dT%H%M"))
