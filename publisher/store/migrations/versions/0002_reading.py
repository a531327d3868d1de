"""What is read of posts besides: permalinks, bylines, credits, and what an editor says of an edit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns, and drop an index that cost every new post more than it ever saved."""
    op.add_column("posts", sa.Column("permalink", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("significant", sa.Boolean(), nullable=True))
    op.add_column("posts", sa.Column("context", sa.String(length=32), nullable=True))
    op.add_column("bodies", sa.Column("credit", sa.Text(), nullable=True))
    op.add_column("bodies", sa.Column("authors", sa.JSON(), nullable=True))
    op.add_column("bodies", sa.Column("warning", sa.Text(), nullable=True))
    op.drop_index(op.f("ix_posts_path"), table_name="posts")
