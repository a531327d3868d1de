"""What delivery and the audience need: consent records, suppressions, bounces, leases, rates, replies."""

import sqlalchemy as sa
from alembic import op

from publisher.store.columns import Instant
from publisher.store.triggers import CONSENTS_STAY

revision = "0005"
down_revision = "0004"

_Word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the columns and tables."""
    op.add_column("subscribers", sa.Column("suppressed_for", sa.String(length=16), nullable=True))
    op.add_column("deliveries", sa.Column("code", sa.Integer(), nullable=True))
    op.add_column("deliveries", sa.Column("tried", Instant(), nullable=True))
    op.add_column("deliveries", sa.Column("lease", sa.BigInteger(), nullable=True))
    op.add_column("editions", sa.Column("paused_for", sa.Text(), nullable=True))
    op.create_table(
        "consents",
        sa.Column("id", _Serial, autoincrement=True, nullable=False),
        sa.Column("subscriber_id", _Serial, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("version", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=40), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_subscriber_id"), "consents", ["subscriber_id"])
    for statement in CONSENTS_STAY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "suppressions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "bounces",
        sa.Column("report", sa.String(length=64), nullable=False),
        sa.Column("subscriber_id", _Serial, nullable=False),
        sa.Column("edition_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_bounces_subscriber_id_subscribers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report", name=op.f("pk_bounces")),
    )
    op.create_index(op.f("ix_bounces_subscriber_id"), "bounces", ["subscriber_id"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "rates",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("next", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_rates")),
    )
