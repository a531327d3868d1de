"""The first tables: files, posts, feeds, editions, subscribers, deliveries."""

import sqlalchemy as sa
from alembic import op

from publisher.store.columns import Instant

revision = "0001"
down_revision = None

_Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "editions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("slot_at", Instant(), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("composed", Instant(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("preheader", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("digest", "slot", "language", name=op.f("uq_editions_digest_slot_language")),
    )
    op.create_index(op.f("ix_editions_state"), "editions", ["state"], unique=False)
    op.create_table(
        "facts",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "feeds",
        sa.Column("path", _Word, nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("updated", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_feeds")),
    )
    op.create_table(
        "files",
        sa.Column("path", _Word, nullable=False),
        sa.Column("stamp", sa.String(length=100), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("code", _Word, nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("quarantined_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_files")),
    )
    op.create_table(
        "posts",
        sa.Column("code", _Word, nullable=False),
        sa.Column("path", _Word, nullable=False),
        sa.Column("own_code", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("origin_url", sa.Text(), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.String(length=32), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("date", Instant(), nullable=True),
        sa.Column("edited", Instant(), nullable=True),
        sa.Column("collected", Instant(), nullable=False),
        sa.Column("published", Instant(), nullable=True),
        sa.Column("updated", Instant(), nullable=True),
        sa.Column("rank", Instant(), nullable=True),
        sa.Column("withdrawn", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_posts")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_posts_entry_id")),
    )
    op.create_index(op.f("ix_posts_path"), "posts", ["path"], unique=False)
    op.create_index(op.f("ix_posts_state_rank"), "posts", ["state", "rank"], unique=False)
    op.create_table(
        "sections",
        sa.Column("base", _Word, nullable=False),
        sa.Column("slug", _Word, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("base", name=op.f("pk_sections")),
        sa.UniqueConstraint("slug", name=op.f("uq_sections_slug")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("created", Instant(), nullable=False),
        sa.Column("suppressed", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
    )
    op.create_table(
        "bodies",
        sa.Column("code", _Word, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("removed", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["posts.code"], name=op.f("fk_bodies_code_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bodies")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("subscriber_id", _Serial, nullable=False),
        sa.Column("copy", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubts", sa.Integer(), nullable=False),
        sa.Column("queued", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_deliveries_edition_id_editions")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_deliveries_subscriber_id_subscribers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("edition_id", "subscriber_id", name=op.f("uq_deliveries_edition_id_subscriber_id")),
    )
    op.create_index(op.f("ix_deliveries_state_due"), "deliveries", ["state", "due"], unique=False)
    op.create_index(op.f("ix_deliveries_subscriber_id"), "deliveries", ["subscriber_id"], unique=False)
    op.create_table(
        "edition_posts",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("code", _Word, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("story", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["posts.code"], name=op.f("fk_edition_posts_code_posts")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_edition_posts_edition_id_editions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "code", name=op.f("pk_edition_posts")),
    )
    op.create_index(op.f("ix_edition_posts_code"), "edition_posts", ["code"], unique=False)
    op.create_table(
        "post_sections",
        sa.Column("slug", _Word, nullable=False),
        sa.Column("code", _Word, nullable=False),
        sa.ForeignKeyConstraint(["code"], ["posts.code"], name=op.f("fk_post_sections_code_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("slug", "code", name=op.f("pk_post_sections")),
    )
    op.create_index(op.f("ix_post_sections_code"), "post_sections", ["code"], unique=False)
    op.create_table(
        "subscriptions",
        sa.Column("subscriber_id", _Serial, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("consent", sa.String(length=16), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriptions_subscriber_id_subscribers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "digest", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_digest_consent"), "subscriptions", ["digest", "consent"], unique=False)
