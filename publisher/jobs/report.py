"""What one run did, from the first file to the last message, and whether it went well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.model.delivery import Delivered

if TYPE_CHECKING:
    from publisher.files import Written
    from publisher.jobs.collect import Collected
    from publisher.jobs.compose_editions import Frozen
    from publisher.model.notice import Notice


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one run did."""

    collected: Collected
    feeds: Written
    pages: Written
    editions: tuple[Frozen, ...] = ()
    delivered: Delivered = field(default_factory=Delivered)
    #: Posts that turned out to be broken when they were rendered, with the reason.
    broken: dict[str, str] = field(default_factory=dict)
    #: What could not be done at all, a sentence each; the rest was.
    troubles: tuple[str, ...] = ()
    #: What else there is to say, and is no failure.
    remarks: tuple[str, ...] = ()
    #: In a rehearsal: what subscribers would notice, by the path of each feed.
    notices: dict[str, Notice] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Say whether something was newly left out or went wrong, while the rest was published."""
        return bool(self.collected.newly_quarantined or self.broken or self.troubles or self.delivered.states["failed"])

    @property
    def changed_something(self) -> bool:
        """Say whether anything is not as it was before."""
        posts = self.collected
        moved = posts.new or posts.edited or posts.released or posts.withdrawn
        return bool(moved or self.feeds.written or self.pages.written or self.editions or self.delivered.states.total())

    @property
    def nothing_published(self) -> bool:
        """Say whether there were files and not one of them could be read."""
        return 0 < self.collected.seen == self.collected.quarantined
