"""What digests remember: the state in which a post was mailed, corrections, proofs, the words of pictures."""

import sqlalchemy as sa
from alembic import op

from publisher.store.columns import Instant

revision = "0004"
down_revision = "0003"

_Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the columns and tables."""
    op.add_column("bodies", sa.Column("image_alt", sa.Text(), nullable=True))
    op.add_column("editions", sa.Column("findings", sa.Text(), nullable=True))
    op.add_column("edition_posts", sa.Column("told_with", _Word, nullable=True))
    op.add_column("edition_posts", sa.Column("updated", Instant(), nullable=True))
    op.create_table(
        "corrections",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("code", _Word, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("moment", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["posts.code"], name=op.f("fk_corrections_code_posts")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_corrections_edition_id_editions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "code", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_code"), "corrections", ["code"])
    op.create_table(
        "proofs",
        sa.Column("edition_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("sent", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_proofs_edition_id_editions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("edition_id", "address", name=op.f("pk_proofs")),
    )
    op.create_index(op.f("ix_proofs_sent"), "proofs", ["sent"])
