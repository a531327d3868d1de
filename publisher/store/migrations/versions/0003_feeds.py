"""What complete feeds need: the guid ledger, archives, pings of hubs, translations, and what few posts say."""

import sqlalchemy as sa
from alembic import op

from publisher.store.columns import Instant
from publisher.store.triggers import APPEND_ONLY

revision = "0003"
down_revision = "0002"

_Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables and columns, and enter into the ledger what was published before there was one."""
    op.add_column("posts", sa.Column("story", _Word, nullable=True))
    op.add_column("posts", sa.Column("extras", sa.Text(), nullable=True))
    named = sa.text("story IS NOT NULL")
    op.create_index("ix_posts_story", "posts", ["story"], sqlite_where=named, postgresql_where=named)
    op.add_column("bodies", sa.Column("image_width", sa.Integer(), nullable=True))
    op.add_column("bodies", sa.Column("image_height", sa.Integer(), nullable=True))
    op.add_column("feeds", sa.Column("extra", sa.Text(), nullable=True))
    op.create_table(
        "guids",
        sa.Column("entry_id", _Word, nullable=False),
        sa.Column("code", _Word, nullable=False),
        sa.Column("published", Instant(), nullable=False),
        sa.Column("recorded", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "code", name=op.f("pk_guids")),
    )
    op.execute(
        "insert into guids (entry_id, code, published, recorded) select entry_id, code, published, collected "
        "from posts where entry_id is not null"
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "archive_pages",
        sa.Column("feed", _Word, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "month", "number", name=op.f("pk_archive_pages")),
    )
    op.create_index(op.f("ix_archive_pages_stale"), "archive_pages", ["stale"])
    op.create_table(
        "archived",
        sa.Column("feed", _Word, nullable=False),
        sa.Column("code", _Word, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["posts.code"], name=op.f("fk_archived_code_posts"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed", "code", name=op.f("pk_archived")),
    )
    op.create_index(op.f("ix_archived_code"), "archived", ["code"])
    op.create_index(op.f("ix_archived_feed_month_number"), "archived", ["feed", "month", "number"])
    op.create_table(
        "pings",
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("hub", "topic", name=op.f("pk_pings")),
    )
    op.create_index(op.f("ix_pings_due"), "pings", ["due"])
