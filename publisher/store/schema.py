"""The tables, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from publisher.store.columns import Instant, Serial, Word
from publisher.store.triggers import APPEND_ONLY, CONSENTS_STAY, hold

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: What the last scan saw of each file: the memory that makes the next one fast, and the quarantine.
files = Table(
    "files",
    metadata,
    Column("path", Word, primary_key=True),
    Column("stamp", String(100), nullable=False),
    #: False for a file that may have changed again within the same tick of its clock: it is read once more.
    Column("settled", Boolean, nullable=False),
    Column("code", Word),
    Column("line", Integer),
    Column("reason", Text),
    Column("quarantined_at", Instant),
)

posts = Table(
    "posts",
    metadata,
    Column("code", Word, primary_key=True),
    Column("path", Word, nullable=False),
    Column("own_code", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("entry_id", Text, unique=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("language", String(40), nullable=False),
    Column("categories", JSON, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("origin_url", Text),
    Column("image", Text),
    Column("body_hash", String(32), nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("date", Instant),
    Column("edited", Instant),
    Column("collected", Instant, nullable=False),
    Column("published", Instant),
    Column("updated", Instant),
    Column("rank", Instant),
    Column("withdrawn", Instant),
    Column("permalink", Text),
    #: What the front matter says itself of its last edit.
    Column("significant", Boolean),
    Column("context", String(32)),
    #: What the translations of one story have in common: the code of one of them, or a word of their own.
    Column("story", Word),
    #: What few posts say, as JSON.
    Column("extras", Text),
    Index(None, "state", "rank"),
)

#: Most posts are nobody's translation.
_TOLD = text("story IS NOT NULL")
Index("ix_posts_story", posts.c.story, sqlite_where=_TOLD, postgresql_where=_TOLD)

#: The guid ledger: every post that was ever published, under every code that it had. Rows come and never change.
guids = Table(
    "guids",
    metadata,
    Column("entry_id", Word, primary_key=True),
    Column("code", Word, primary_key=True),
    Column("published", Instant, nullable=False),
    Column("recorded", Instant, nullable=False),
)

hold(guids, APPEND_ONLY)

#: Categories and their slugs, recorded when first seen: a slug never changes its meaning.
sections = Table(
    "sections",
    metadata,
    Column("base", Word, primary_key=True),
    Column("slug", Word, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

post_sections = Table(
    "post_sections",
    metadata,
    Column("slug", Word, primary_key=True),
    Column("code", Word, ForeignKey("posts.code", ondelete="CASCADE"), primary_key=True),
    Index(None, "code"),
)

#: The last good rendering of each body that was ever shown.
bodies = Table(
    "bodies",
    metadata,
    Column("code", Word, ForeignKey("posts.code", ondelete="CASCADE"), primary_key=True),
    Column("key", String(64), nullable=False),
    Column("html", Text, nullable=False),
    Column("lead", Text, nullable=False),
    Column("image", Text),
    Column("removed", JSON, nullable=False),
    Column("credit", Text),
    Column("authors", JSON),
    Column("warning", Text),
    #: Of the picture, where the body says so.
    Column("image_width", Integer),
    Column("image_height", Integer),
    Column("image_alt", Text),
)

feeds = Table(
    "feeds",
    metadata,
    Column("path", Word, primary_key=True),
    Column("category", Text),
    Column("language", String(40)),
    #: True until its files show what the posts table says.
    Column("stale", Boolean, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("updated", Instant),
    #: The name of a feed of `[[feeds.extra]]`.
    Column("extra", Text),
)

#: The documents of complete history (RFC 5005) of the feeds that have it.
archive_pages = Table(
    "archive_pages",
    metadata,
    Column("feed", Word, primary_key=True),
    #: `2024-11`, and which of the pages of that month.
    Column("month", String(7), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("stale", Boolean, nullable=False),
    Index(None, "stale"),
)

#: Which page each post was put on, for good: pages do not shift when others come and go.
archived = Table(
    "archived",
    metadata,
    Column("feed", Word, primary_key=True),
    Column("code", Word, ForeignKey("posts.code", ondelete="CASCADE"), primary_key=True),
    Column("month", String(7), nullable=False),
    Column("number", Integer, nullable=False),
    Index(None, "feed", "month", "number"),
    Index(None, "code"),
)

#: What hubs have not been told yet.
pings = Table(
    "pings",
    metadata,
    Column("hub", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("attempts", Integer, nullable=False),
    #: By the real clock, both.
    Column("since", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    #: What the hub, or the way to it, said last.
    Column("reply", Text),
    Index(None, "due"),
)

#: Single values, such as what the feeds were last built from.
facts = Table("facts", metadata, Column("name", String(40), primary_key=True), Column("value", Text, nullable=False))

editions = Table(
    "editions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("slot", String(20), nullable=False),
    Column("slot_at", Instant, nullable=False),
    Column("language", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("composed", Instant, nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("recipients", Integer, nullable=False),
    #: What lint found, as JSON.
    Column("findings", Text),
    #: Why it is paused, in a sentence.
    Column("paused_for", Text),
    UniqueConstraint("digest", "slot", "language"),
    Index(None, "state"),
)

edition_posts = Table(
    "edition_posts",
    metadata,
    Column("edition_id", Text, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("code", Word, ForeignKey("posts.code"), primary_key=True),
    Column("position", Integer, nullable=False),
    #: True for a story, False for a title under "and N more".
    Column("story", Boolean, nullable=False),
    #: The post that it is told with, because both tell the same.
    Column("told_with", Word),
    #: The post's `updated` when it was frozen: what comes after is a correction.
    Column("updated", Instant),
    Index(None, "code"),
)

#: Which corrections and withdrawals readers have been told of, and in which edition.
corrections = Table(
    "corrections",
    metadata,
    Column("edition_id", Text, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("code", Word, ForeignKey("posts.code"), primary_key=True),
    Column("kind", String(16), nullable=False),
    #: Of the edit, or of the withdrawal.
    Column("moment", Instant, nullable=False),
    Index(None, "code"),
)

#: The drafts that editors are to look at, by mail.
proofs = Table(
    "proofs",
    metadata,
    Column("edition_id", Text, ForeignKey("editions.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, primary_key=True),
    #: By the real clock; None until it is sent.
    Column("sent", Instant),
    Index(None, "sent"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    #: As the reader wrote it, and as two spellings of one mailbox are equal.
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("language", String(40)),
    Column("created", Instant, nullable=False),
    #: Since when nothing at all is mailed to it, and why: a `model.subscriber.Consent`.
    Column("suppressed", Instant),
    Column("suppressed_for", String(16)),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("subscriber_id", Serial, ForeignKey("subscribers.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("consent", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Index(None, "digest", "consent"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("edition_id", Text, ForeignKey("editions.id"), nullable=False),
    Column("subscriber_id", Serial, ForeignKey("subscribers.id"), nullable=False),
    #: True for a copy to the editors: it needs no subscription.
    Column("copy", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    #: How often it was uncertain whether it arrived.
    Column("doubts", Integer, nullable=False),
    Column("queued", Instant, nullable=False),
    #: By the real clock.
    Column("due", Instant),
    #: What the other side said last, with its SMTP code, and when that was, by the real clock.
    Column("reply", Text),
    Column("code", Integer),
    Column("tried", Instant),
    #: The number of the lease under which it is claimed: a sender whose lease is over settles nothing.
    Column("lease", BigInteger),
    UniqueConstraint("edition_id", "subscriber_id"),
    Index(None, "state", "due"),
    Index(None, "subscriber_id"),
)

#: What was agreed, by whom, when and where: rows come and never change; they go with the subscriber who is erased.
consents = Table(
    "consents",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("subscriber_id", Serial, nullable=False),
    Column("digest", Text, nullable=False),
    #: A `model.subscriber.ConsentEvent`.
    Column("event", String(16), nullable=False),
    #: The words that were agreed to, exactly, and their version.
    Column("wording", Text),
    Column("version", String(20)),
    Column("language", String(40)),
    #: Where it came from: an IP address, a line of a file, a report.
    Column("source", Text),
    Column("at", Instant, nullable=False),
    Index(None, "subscriber_id"),
)

hold(consents, CONSENTS_STAY)

#: Keyed hashes of addresses that were erased and must never be mailed again.
suppressions = Table(
    "suppressions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("since", Instant, nullable=False),
)

#: What came back, and what was done about it; a report that is taken in twice counts once.
bounces = Table(
    "bounces",
    metadata,
    #: Hash of the report.
    Column("report", String(64), primary_key=True),
    Column("subscriber_id", Serial, ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("edition_id", Text),
    Column("kind", String(16), nullable=False),
    #: Enhanced status code (RFC 3463).
    Column("status", String(16)),
    Column("reply", Text),
    Column("action", String(16), nullable=False),
    #: Of the action, in a sentence.
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "subscriber_id"),
)

#: Who may do what only one may do at a time. The number grows with each holder; work under an older one is refused.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

#: When the next message of each scope may go (virtual scheduling, GCRA).
rates = Table("rates", metadata, Column("scope", Text, primary_key=True), Column("next", Instant, nullable=False))
