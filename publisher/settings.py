"""What can be configured: the tables of `publisher.toml`, each key with the check that its value must pass."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from publisher.content.fields import FIELDS
from publisher.kit import checks
from publisher.model.edition import Digest
from publisher.model.feed import Selection, Shape, Sieve
from publisher.model.naming import slug
from publisher.model.ranking import Weights
from publisher.slots import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable


def _key(check: Callable[[Any], Any], default: Any = dataclasses.MISSING, *, shown: bool = True) -> Any:
    """Declare a key with the check that its value must pass; without a default, it must be there."""
    return dataclasses.field(default=default, metadata={"check": check}, repr=shown)


#: RFC 1123 section 2.1, and no IP address.
_HOSTNAME = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)


def _hostname(value: Any) -> str:
    name = checks.text(value).lower()
    if not _HOSTNAME.fullmatch(name):
        raise ValueError(f"must be the name of a machine, such as 'mail.example.org', not {value!r}")
    return name


def _schedule(value: Any) -> str:
    return Schedule(checks.text(value), ZoneInfo("UTC")).expression


@dataclass(frozen=True, kw_only=True)
class AuthorSettings:
    """Who the publication is."""

    name: str = _key(checks.text)
    email: str | None = _key(checks.plain_email, None)


@dataclass(frozen=True, kw_only=True)
class SiteSettings:
    """`[site]`."""

    title: str = _key(checks.text)
    url: str = _key(checks.site_url)
    authority: str = _key(checks.authority)
    author: AuthorSettings
    language: str = _key(checks.language)
    timezone: str = _key(checks.timezone)
    postal_address: str = _key(checks.text)
    #: What it is about, in a sentence.
    description: str | dict[str, str] | None = _key(checks.title, None)
    copyright: str | None = _key(checks.text, None)
    #: Addresses of pictures: a square one, and one as wide as it likes.
    icon: str | None = _key(checks.url, None)
    logo: str | None = _key(checks.url, None)

    @property
    def descriptions(self) -> dict[str, str]:
        """What it is about, by language; the one without a language is for all others."""
        said = {"": self.description} if isinstance(self.description, str) else dict(self.description or {})
        return said if "" in said or not said else said | {"": said.get(self.language) or next(iter(said.values()))}

    @property
    def zone(self) -> ZoneInfo:
        """The publication's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, kw_only=True)
class ReadingSettings:
    """How posts are written: of all, or of one source."""

    directory: str = _key(checks.text, "posts")
    url: str | None = _key(checks.post_url, None)
    #: Where front matter says what, for the fields that are not where `content.fields.FIELDS` has them.
    fields: dict[str, tuple[str, ...]] | None = _key(checks.lists_by(FIELDS), None)
    category_from_folder: bool = _key(checks.switch, default=False)
    excerpt_separator: str = _key(checks.text, "<!--more-->")
    liquid: bool = _key(checks.switch, default=True)


@dataclass(frozen=True, kw_only=True)
class SourceSettings(ReadingSettings):
    """One of `[[posts.sources]]`; what it does not say is as `[posts]` has it."""

    name: str = _key(checks.digest_name)
    directory: str = _key(checks.text)
    site_url: str | None = _key(checks.site_url, None)
    #: The feed that its posts are taken from.
    feed_url: str | None = _key(checks.url, None)
    language: str | None = _key(checks.language, None)
    categories: tuple[str, ...] = _key(checks.list_of(checks.category), ())
    author: str | None = _key(checks.text, None)
    timezone: str | None = _key(checks.timezone, None)


@dataclass(frozen=True, kw_only=True)
class PostsSettings(ReadingSettings):
    """`[posts]`."""

    sources: tuple[SourceSettings, ...] = ()


#: The papers on which an accent is hardest to read: the outer one where it is light, that of notes where it is dark.
LIGHT, DARK = "#f3f1ec", "#26221f"
ACCENT, ACCENT_DARK = "#9a2617", "#ff9d8a"

_content = checks.one_of("full", "summary")
_words = checks.list_of(checks.text, empty=True)
_languages = checks.list_of(checks.language, empty=True)
_categories = checks.list_of(checks.category, empty=True)


@dataclass(frozen=True, kw_only=True)
class OverrideSettings:
    """One of `[[feeds.override]]`: what it does not say is as `[feeds]` has it."""

    feeds: tuple[str, ...] = _key(checks.list_of(checks.feed))
    entries: int | None = _key(checks.count, None)
    max_bytes: int | None = _key(checks.count, None)
    content: str | None = _key(_content, None)


@dataclass(frozen=True, kw_only=True)
class ExtraSettings:
    """One of `[[feeds.extra]]`: posts that match every list that is not empty, and none of the exclusions."""

    name: str = _key(checks.digest_name)
    title: str = _key(checks.text)
    languages: tuple[str, ...] = _key(_languages, ())
    categories: tuple[str, ...] = _key(_categories, ())
    tags: tuple[str, ...] = _key(_words, ())
    authors: tuple[str, ...] = _key(_words, ())
    exclude_languages: tuple[str, ...] = _key(_languages, ())
    exclude_categories: tuple[str, ...] = _key(_categories, ())
    exclude_tags: tuple[str, ...] = _key(_words, ())
    exclude_authors: tuple[str, ...] = _key(_words, ())

    def selection(self) -> Selection:
        """Give the feed as the jobs know it."""
        left_out = (self.exclude_languages, self.exclude_categories, self.exclude_tags, self.exclude_authors)
        return Selection(
            name=self.name,
            title=self.title,
            taken=_sieve(self.languages, self.categories, self.tags, self.authors),
            left_out=_sieve(*left_out),
        )


def _sieve(
    languages: tuple[str, ...], categories: tuple[str, ...], tags: tuple[str, ...], authors: tuple[str, ...]
) -> Sieve:
    return Sieve(
        languages=frozenset(languages),
        categories=frozenset(map(slug, categories)),
        tags=frozenset(map(slug, tags)),
        authors=frozenset(name.casefold() for name in authors),
    )


@dataclass(frozen=True, kw_only=True)
class FeedsSettings:
    """`[feeds]`."""

    entries: int = _key(checks.count, 50)
    max_bytes: int = _key(checks.count, 524_288)
    content: str = _key(_content, "full")
    formats: tuple[str, ...] = _key(checks.list_of(checks.one_of("rss", "atom", "json")), ("rss", "atom", "json"))
    #: How often it is worth to look again, for readers that have no hub.
    ttl: timedelta = _key(checks.duration, timedelta(hours=1))
    archives: tuple[str, ...] = _key(checks.list_of(checks.feed, empty=True), ())
    hubs: tuple[str, ...] = _key(checks.list_of(checks.url, empty=True), ())
    override: tuple[OverrideSettings, ...] = ()
    extra: tuple[ExtraSettings, ...] = ()

    def shape(self) -> Shape:
        """Give the shape of feeds that are not overridden."""
        return Shape(entries=self.entries, max_bytes=self.max_bytes, full=self.content == "full")

    def shapes(self) -> dict[str, Shape]:
        """Give the shapes of those that are, by name; what comes later counts."""
        found: dict[str, Shape] = {}
        for override in self.override:
            for name in override.feeds:
                before = found.get(name, self.shape())
                full = before.full if override.content is None else override.content == "full"
                found[name] = Shape(
                    entries=override.entries or before.entries,
                    max_bytes=override.max_bytes or before.max_bytes,
                    full=full,
                )
        return found


@dataclass(frozen=True, kw_only=True)
class WeightsSettings:
    """`[digests.weights]`: what moves stories up, or below 0 down, in hours of freshness."""

    tags: dict[str, float] | None = _key(checks.numbers, None)
    sources: dict[str, float] | None = _key(checks.numbers, None)

    def weights(self) -> Weights:
        """Give them as the jobs know them."""
        return Weights(
            tags={slug(name): hours for name, hours in (self.tags or {}).items()},
            sources={name.casefold(): hours for name, hours in (self.sources or {}).items()},
        )


@dataclass(frozen=True, kw_only=True)
class LookSettings:
    """`[look]`: of digests, and of the pages for people."""

    accent: str = _key(checks.accent(LIGHT), ACCENT)
    #: On dark paper; made of the other one where it is not said.
    accent_dark: str | None = _key(checks.accent(DARK), None)
    #: The address of a picture that stands in the masthead, and what stands there without it.
    logo: str | None = _key(checks.url, None)
    masthead: str | None = _key(checks.text, None)


@dataclass(frozen=True, kw_only=True)
class DigestSettings:
    """One of `[[digests]]`."""

    name: str = _key(checks.digest_name)
    title: str | dict[str, str] = _key(checks.title)
    category: str = _key(checks.category)
    languages: tuple[str, ...] = _key(checks.list_of(checks.language))
    schedule: str = _key(_schedule)
    max_age: timedelta = _key(checks.duration, timedelta(days=7))
    max_stories: int = _key(checks.count, 12)
    min_posts: int = _key(checks.count, 1)
    approval: str = _key(checks.one_of("auto", "manual"), "auto")
    copies_to: tuple[str, ...] = _key(checks.list_of(checks.plain_email, empty=True), ())
    weights: WeightsSettings = WeightsSettings()

    def digest(self) -> Digest:
        """Give the digest as the jobs know it."""
        return Digest(
            name=self.name,
            titles={"": self.title} if isinstance(self.title, str) else self.title,
            category=slug(self.category),
            languages=self.languages,
            schedule=self.schedule,
            max_age=self.max_age,
            max_stories=self.max_stories,
            min_posts=self.min_posts,
            approval=self.approval,
            copies_to=self.copies_to,
            weights=self.weights.weights(),
        )


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """`[mail.smtp]`."""

    host: str = _key(checks.text, "localhost")
    port: int = _key(checks.port, 587)
    security: Literal["starttls", "tls", "none"] = _key(checks.one_of("starttls", "tls", "none"), "starttls")
    username: str | None = _key(checks.text, None)
    password: str | None = _key(checks.text, None, shown=False)
    connections: int = _key(checks.count, 8)
    #: Who vouches for the relay's certificate, if not the authorities that the system knows.
    ca_file: str | None = _key(checks.text, None)
    #: What this machine calls itself in EHLO, if not by its own name.
    hostname: str | None = _key(_hostname, None)


@dataclass(frozen=True, kw_only=True)
class DkimSettings:
    """`[mail.dkim]`."""

    domain: str = _key(checks.text)
    selector: str = _key(checks.text)
    key_file: str = _key(checks.text)


@dataclass(frozen=True, kw_only=True)
class MailSettings:
    """`[mail]`."""

    sender: str = _key(checks.email)
    reply_to: str | None = _key(checks.email, None)
    transport: str = _key(checks.one_of("outbox", "smtp"), "outbox")
    on_uncertain: str = _key(checks.one_of("resend", "hold"), "resend")
    #: Messages and seconds: at most so many in so long.
    rate: tuple[int, int] = _key(checks.rate, (50, 1))
    #: And to the addresses of single domains.
    domain_rates: dict[str, tuple[int, int]] | None = _key(checks.rates, None)
    #: Where what cannot be delivered comes back to; each message has its own form of it.
    return_path: str | None = _key(checks.plain_email, None)
    #: A Maildir that the scheduler empties of such reports.
    bounces_maildir: str | None = _key(checks.text, None)
    #: Where a mail that asks to be unsubscribed may go, and reports of complaints (RFC 9477).
    unsubscribe_mailto: str | None = _key(checks.plain_email, None)
    complaints_to: str | None = _key(checks.plain_email, None)
    smtp: SmtpSettings | None = None
    dkim: DkimSettings | None = None


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """`[store]`."""

    url: str = _key(checks.store_url, "sqlite:///var/publisher.db")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """`[web]`: the server of the pages behind readers' links, and the secret that signs those."""

    host: str = _key(checks.text, "127.0.0.1")
    port: int = _key(checks.port, 8000)
    secret_file: str = _key(checks.text, "var/secret")


@dataclass(frozen=True, kw_only=True)
class ScheduleSettings:
    """`[schedule]`."""

    collect_every: timedelta = _key(checks.duration, timedelta(minutes=5))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A publication, as configured."""

    site: SiteSettings
    mail: MailSettings
    posts: PostsSettings = PostsSettings()
    feeds: FeedsSettings = FeedsSettings()
    look: LookSettings = LookSettings()
    digests: tuple[DigestSettings, ...] = ()
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    schedule: ScheduleSettings = ScheduleSettings()
