"""Settings become ready jobs; the one place where everything is wired together."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from publisher import wiring
from publisher.content.cleaning.hosts import load as load_host_rules
from publisher.files import Output, Written
from publisher.jobs.ports import silent
from publisher.jobs.report import Report
from publisher.kit.lock import holding
from publisher.kit.templating import Templating
from publisher.model.delivery import Delivered
from publisher.model.errors import LostStateError, StoreError, TemplateError, UsageError
from publisher.outgoing import Outgoing
from publisher.slots import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from publisher.content.cleaning.hosts import HostRules
    from publisher.content.reading import Reading
    from publisher.content.render import BodyRenderer
    from publisher.content.sources import Library
    from publisher.jobs.collect import Collected
    from publisher.jobs.compose_editions import Composed, Composer, Composition
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.ports import Progress
    from publisher.jobs.publish_feeds import FeedPublisher
    from publisher.jobs.render_bodies import Bodies
    from publisher.mail.checked import Finding, Resolver
    from publisher.model.edition import Digest, Slot
    from publisher.model.feed import Selection
    from publisher.settings import Settings
    from publisher.site.index import SitePages
    from publisher.store.database import Database

_SQLITE = "sqlite:///"


@dataclass(kw_only=True)
class Publication:
    """One publication, ready to work. Close it in the end."""

    folder: Path
    settings: Settings
    #: The publication's time; the real clock unless somebody asked for another.
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    #: Nothing that is done stays: for dry runs and previews.
    rehearsal: bool = False
    #: Whether posts may disappear in any number.
    force: bool = False
    #: Whether a store that was lost may be made again from what is published.
    adopt: bool = False
    progress: Progress = silent
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _ahead: Reading | None = field(default=None, init=False)

    def close(self) -> None:
        """Let go of the database."""
        if "database" in self.__dict__:
            self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def database(self) -> Database:
        """The ledger, opened on first use. Raises LostStateError beside files whose ledger is gone."""
        from publisher.store.database import Database

        database = Database.open(self.settings.store.url, self.folder, rehearsal=self.rehearsal)
        lost = self.output.was_published and database.is_new
        if lost and not self.adopt:
            database.close()
            raise LostStateError(
                f"the database is empty, but {self.output.folder} is published: put var/ back from a backup, or let "
                "`publish --adopt` take ids and dates from the feeds, and count every post as mailed"
            )
        if self.adopt and not lost:
            database.close()
            raise UsageError("--adopt is for a database that was lost, and this one has posts: leave it out")
        return database

    @cached_property
    def output(self) -> Output:
        """The folder for the public."""
        return Output(self.folder / "output", rehearsal=self.rehearsal)

    @cached_property
    def digests(self) -> dict[str, Digest]:
        """The digests by name."""
        return {digest.name: digest.digest() for digest in self.settings.digests}

    def digest(self, name: str) -> Digest:
        """Find a digest. Raises UsageError with the names that there are."""
        if name not in self.digests:
            known = ", ".join(self.digests) or "none configured"
            raise UsageError(f"there is no digest {name!r}; there is {known}")
        return self.digests[name]

    @cached_property
    def feed_plan(self) -> FeedPlan:
        """What all feeds have in common."""
        rendering = (self.library.fingerprint, self.bodies.host_rules.fingerprint, self.pages.fingerprint)
        return wiring.feed_plan(self.settings, self.selections, rendering)

    @cached_property
    def selections(self) -> tuple[Selection, ...]:
        """The feeds that are configured by hand."""
        return tuple(extra.selection() for extra in self.settings.feeds.extra)

    @cached_property
    def pages(self) -> SitePages:
        """Renders the pages for people."""
        from publisher.site.index import SitePages

        site = self.settings.site
        return SitePages(
            templating=self._templating,
            title=site.title,
            language=site.language,
            postal_address=site.postal_address,
            site_url=site.url,
            accents=wiring.accents(self.settings.look),
        )

    @cached_property
    def bodies(self) -> Bodies:
        """Renders posts. Raises ConfigurationError where config/cleaning.toml is wrong."""
        from publisher.jobs.render_bodies import Bodies

        site = self.settings.site

        def make_renderer(host_rules: HostRules) -> BodyRenderer:
            from publisher.content import render

            return render.BodyRenderer(site={"title": site.title, "lang": site.language}, host_rules=host_rules)

        return Bodies(
            library=self.library,
            host_rules=load_host_rules(self.folder / "config" / "cleaning.toml"),
            make_renderer=make_renderer,
            default_author=site.author.name,
        )

    @cached_property
    def library(self) -> Library:
        """Where the posts are, and how they are written."""
        return wiring.library(self.settings, self.folder)

    @cached_property
    def _templating(self) -> Templating:
        return Templating(self.folder / "templates", self.settings.site.zone)

    @cached_property
    def composer(self) -> Composer:
        """Composes editions."""
        from publisher.jobs.compose_editions import Composer

        site = self.settings.site
        renderer = wiring.digest_renderer(self.settings, self._templating)
        return Composer(bodies=self.bodies, renderer=renderer, site_url=site.url, zone=site.zone)

    @contextlib.contextmanager
    def running(self, *, waiting: Callable[[str], None]) -> Iterator[None]:
        """Hold the run's lock; `waiting` is told the process that has it, if another does. A rehearsal needs none."""
        if self.rehearsal:
            yield
            return
        with holding(self.folder / "var" / "run.lock", busy=waiting):
            self._read_ahead()
            yield

    def _read_ahead(self) -> None:
        """Begin to read the posts of a new publication, while the library of the database is still to be imported."""
        url = self.settings.store.url
        if url.startswith(_SQLITE) and not (self.folder / url.removeprefix(_SQLITE)).exists():
            from publisher.content import reading

            self._ahead = reading.start(self.library, {})

    def run(self) -> Report:
        """Do one whole run: collect, write what changed, compose what is due, deliver."""

        def compose() -> Composed:
            from publisher.jobs.compose_editions import compose_due

            digests = list(self.digests.values())
            return compose_due(self.database, self.composer, digests, now=self.now, clock=self.clock())

        return self._run(compose)

    def run_digest(self, name: str, language: str | None) -> Report:
        """Compose an edition of a digest for this minute, and deliver it."""
        digest = self.digest(name)
        languages = _languages(digest, language)

        def compose() -> Composed:
            from publisher.jobs.compose_editions import compose_now

            return compose_now(
                self.database, self.composer, digest, languages=languages, now=self.now, clock=self.clock()
            )

        return self._run(compose)

    def run_feeds(self) -> Report:
        """Collect and write; compose and send nothing."""
        collected = self.collect()
        published = self.feed_publisher.publish()
        pages, trouble = self._publish_site()
        return Report(
            collected=collected,
            feeds=published.feeds,
            pages=published.pages + pages,
            broken=self.bodies.broken,
            troubles=_each_once(published.troubles + trouble),
            notices=published.notices,
            remarks=() if self.rehearsal else self._outgoing.ping_hubs(),
        )

    def _run(self, compose: Callable[[], Composed]) -> Report:
        """Do every step of a run; a template that is broken stops what it is for, not the mail that waits."""
        self._refuse_the_past()
        collected = self.collect()
        published = self.feed_publisher.publish()
        composed = compose()
        pages, trouble = self._publish_site()
        delivered, undelivered, remarks = self._send()
        return Report(
            collected=collected,
            feeds=published.feeds,
            pages=published.pages + pages,
            editions=composed.editions,
            delivered=delivered,
            broken=self.bodies.broken,
            troubles=_each_once((*published.troubles, *composed.troubles, *trouble, *undelivered)),
            remarks=remarks,
        )

    def _refuse_the_past(self) -> None:
        """Raise UsageError if the publication's time is before its last edition: it would be composed twice."""
        if self.rehearsal:
            return
        from publisher.store import editions

        with self.database.read() as connection:
            last = editions.last_composed_of_all(connection)
        if last is not None and self.now < last:
            shown = last.astimezone(self.settings.site.zone).isoformat()
            raise UsageError(
                f"--now is before the last edition, of {shown}: use --dry-run or preview to look at the past"
            )

    def collect(self) -> Collected:
        """Read what is new in the posts folders."""
        from publisher.jobs.collect import collect

        ahead, self._ahead = self._ahead, None
        adopted = None
        if self.adopt:
            from publisher.jobs.adopt import read_back

            adopted = read_back(self.output)
        return collect(
            self.database,
            self.library,
            self.bodies.weigh,
            authority=self.settings.site.authority,
            now=self.now,
            selections=self.selections,
            adopted=adopted,
            force=self.force,
            ahead=ahead,
            progress=self.progress,
        )

    @property
    def feed_publisher(self) -> FeedPublisher:
        """Writes the feeds that changed."""
        from publisher.jobs.publish_feeds import FeedPublisher

        return FeedPublisher(
            database=self.database,
            output=self.output,
            bodies=self.bodies,
            plan=self.feed_plan,
            pages=self.pages,
            now=self.now,
            clock=self.clock(),
            progress=self.progress,
        )

    def _publish_site(self) -> tuple[Written, tuple[str, ...]]:
        from publisher.jobs.publish_site import publish_site

        try:
            written = publish_site(self.database, self.output, self.bodies, self.pages, self.feed_plan, now=self.now)
        except TemplateError as error:
            return Written(), (str(error),)
        return written, ()

    def _send(self) -> tuple[Delivered, tuple[str, ...], tuple[str, ...]]:
        """Send what waits: what was delivered, why the rest was not, and what else there is to say.

        What was published stays published if the database fails: the next run sends the rest.
        """
        delivered = Delivered()
        troubles: list[str] = []
        remarks: list[str] = []
        if self.rehearsal:
            return delivered, (), ()
        outgoing = self._outgoing
        try:
            # Who cannot be reached, or has left by mail, is to get nothing more.
            troubles += outgoing.take_in_bounces()
            delivered = outgoing.deliver(remarks.append)
            troubles += [delivered.trouble] if delivered.trouble else []
            troubles += outgoing.send_proofs()
            troubles += outgoing.ask_readers()
            remarks += outgoing.ping_hubs()
        except StoreError as error:
            troubles.append(str(error))
        return delivered, tuple(troubles), tuple(remarks)

    @property
    def _outgoing(self) -> Outgoing:
        return Outgoing(
            database=self.database,
            settings=self.settings,
            folder=self.folder,
            digests=self.digests,
            templating=self._templating,
            clock=self.clock,
            progress=self.progress,
        )

    def preview(self, name: str, language: str | None = None) -> list[Composition]:
        """Compose what a digest would send now, whether it is due or not. Only in a rehearsal: nothing stays."""
        digest = self.digest(name)
        languages = _languages(digest, language)
        self.collect()
        slot = Schedule(digest.schedule, self.settings.site.zone).newest(self.now)
        if slot is None:
            raise UsageError(f"the schedule of {name!r} has never been due before {self.now.isoformat()}")
        return self.composer.compose(self.database, digest, slot, now=self.now, languages=languages)

    def check_mail(self, resolver: Resolver) -> list[Finding] | None:
        """Check the mail of the newest edition, or else of what would go out now; None where there is neither."""
        from publisher.store import editions

        with self.database.read() as connection:
            newest = editions.listing(connection, 1)
            edition = editions.load(connection, newest[0].id) if newest else None
        for name in () if edition else self.digests:
            edition = next((each.edition for each in self.preview(name)), None)
            if edition:
                break
        return self._outgoing.check_mail(edition, resolver) if edition else None

    def send_test(self, name: str, address: str, language: str | None = None) -> list[tuple[str, str]]:
        """Send what a digest would send now to one address, outside the ledger: edition and reply of each."""
        return [(each.edition.id, self._outgoing.send_test(each, address)) for each in self.preview(name, language)]

    def next_slots(self, count: int) -> list[tuple[Slot, str]]:
        """List the next slots of all digests, in order, with the digest's name."""
        zone = self.settings.site.zone
        upcoming: list[tuple[Slot, str]] = []
        for digest in self.digests.values():
            slots = Schedule(digest.schedule, zone).after(self.now)
            upcoming += [(slot, digest.name) for slot, _ in zip(slots, range(count), strict=False)]
        return sorted(upcoming)[:count]


def _languages(digest: Digest, language: str | None) -> tuple[str, ...]:
    """Give the languages that were asked for. Raises UsageError for one that the digest does not have."""
    if language and language not in digest.languages:
        raise UsageError(
            f"the digest {digest.name!r} has no edition in {language!r}; it has {', '.join(digest.languages)}"
        )
    return (language,) if language else digest.languages


def _each_once(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
