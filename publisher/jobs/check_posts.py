"""Check: every body is rendered, and those that cannot be are named; nothing is published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from publisher.jobs.ports import silent
from publisher.model.errors import PostError
from publisher.store import posts

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.jobs.ports import Progress
    from publisher.jobs.render_bodies import Bodies
    from publisher.store.database import Database

_BATCH = 2_000


@dataclass(kw_only=True, slots=True)
class Checked:
    """What rendering everything found."""

    rendered: int = 0
    #: The line and the reason by path.
    broken: dict[str, tuple[int, str]] = field(default_factory=dict)
    #: What an editor should look at, by path.
    warnings: dict[str, str] = field(default_factory=dict)


def check_posts(database: Database, bodies: Bodies, *, now: datetime, progress: Progress = silent) -> Checked:
    """Render every post that has a file, and put those that cannot be rendered into quarantine."""
    found = Checked()
    with database.read() as connection:
        codes = posts.codes_with_a_file(connection)
    for start in range(0, len(codes), _BATCH):
        progress("rendering posts", start, len(codes))
        with database.read() as connection:
            batch = [known.post for known in posts.known(connection, codes[start : start + _BATCH]).values()]
            outcomes = list(bodies.render(connection, batch))
        rejected = {post.path: each for post, each in zip(batch, outcomes, strict=True) if isinstance(each, PostError)}
        for post, each in zip(batch, outcomes, strict=True):
            if not isinstance(each, PostError) and each.warning:
                found.warnings[post.path] = each.warning
        found.rendered += len(batch) - len(rejected)
        found.broken |= {path: (error.line, error.reason) for path, error in rejected.items()}
        if rejected:
            with database.begin() as connection:
                bodies.quarantine(connection, rejected, now)
    progress("rendering posts", len(codes), len(codes))
    return found
