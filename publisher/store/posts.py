"""Posts, as the publication knows them, their categories, and their rendered bodies."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, literal_column, select, update

from publisher.model.naming import free_slug, slug
from publisher.model.post import KnownPost, Post, RenderedBody, State
from publisher.store.database import CHUNK, upsert, write
from publisher.store.rows import body_of, known_of, row_of, row_of_body
from publisher.store.schema import (
    archived,
    bodies,
    corrections,
    edition_posts,
    editions,
    files,
    post_sections,
    posts,
    sections,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from publisher.model.change import Change
    from publisher.model.feed import FeedKey, Selection


def known(connection: Connection, codes: Iterable[str]) -> dict[str, KnownPost]:
    """Read posts by their codes; those that are not known are missing."""
    wanted = sorted(set(codes))
    found: dict[str, KnownPost] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = connection.execute(select(posts).where(posts.c.code.in_(wanted[start : start + CHUNK])))
        found.update((row.code, known_of(row)) for row in rows)
    return found


def codes_by_id(connection: Connection, entry_ids: Iterable[str]) -> dict[str, str]:
    """Map ids to the codes of the posts that have them; those that no post has are missing."""
    wanted = sorted(entry_ids)
    found: dict[str, str] = {}
    for start in range(0, len(wanted), CHUNK):
        named = posts.c.entry_id.in_(wanted[start : start + CHUNK])
        found.update(connection.execute(select(posts.c.entry_id, posts.c.code).where(named)).all())
    return found


def by_path(connection: Connection, path: str) -> KnownPost | None:
    """Find the post that has this path now, or else one that had it last."""
    gone = posts.c.state == State.WITHDRAWN
    row = connection.execute(select(posts).where(posts.c.path == path).order_by(gone, posts.c.code)).first()
    return known_of(row) if row else None


def published(connection: Connection) -> Iterator[Post]:
    """Go through all published posts, as their files have them."""
    for row in connection.execute(select(posts).where(posts.c.state == State.PUBLISHED)):
        yield known_of(row).post


def codes_with_a_file(connection: Connection) -> list[str]:
    """List the codes of all posts but the withdrawn, in order of path."""
    return list(connection.scalars(select(posts.c.code).where(posts.c.state != State.WITHDRAWN).order_by(posts.c.path)))


def due(connection: Connection, now: datetime) -> list[KnownPost]:
    """List the posts whose date was in the future and has come."""
    statement = select(posts).where(posts.c.state == State.FUTURE, posts.c.date <= now).order_by(posts.c.code)
    return [known_of(row) for row in connection.execute(statement)]


def anything(connection: Connection) -> bool:
    """Say whether there is any post at all."""
    return connection.scalar(select(literal_column("1")).select_from(posts).limit(1)) is not None


def count_by_state(connection: Connection) -> dict[str, int]:
    """Count the posts in each state."""
    statement = select(posts.c.state, func.count()).group_by(posts.c.state)
    counted: dict[str, int] = dict(connection.execute(statement).all())
    return {state: counted.get(state, 0) for state in State}


def count_unshown(connection: Connection) -> int:
    """Count the published posts whose body never could be shown: no reader knows of them."""
    statement = (
        select(func.count())
        .select_from(files.join(posts, posts.c.code == files.c.code).outerjoin(bodies, bodies.c.code == posts.c.code))
        .where(files.c.reason.is_not(None), posts.c.state == State.PUBLISHED, bodies.c.code.is_(None))
    )
    return connection.scalar(statement) or 0


def apply(connection: Connection, changes: Iterable[Change]) -> None:
    """Write what was decided about posts, and give new categories their slugs."""
    changed = [change for change in changes if change.after != change.before]
    kept = [change.after for change in changed if change.after is not None]
    _name_sections(connection, kept)
    slugs = section_slugs(connection)
    upsert(connection, posts, [row_of(post) for post in kept])
    _forget(connection, [change.before.code for change in changed if change.after is None and change.before])
    came = [change.after for change in changed if change.before is None and change.after is not None]
    moved = [
        change.after
        for change in changed
        if change.before and change.after and change.before.post.categories != change.after.post.categories
    ]
    for start in range(0, len(moved), CHUNK):
        codes = [post.code for post in moved[start : start + CHUNK]]
        connection.execute(delete(post_sections).where(post_sections.c.code.in_(codes)))
    rows = [{"slug": slugs[slug(name)], "code": post.code} for post in came + moved for name in post.post.categories]
    if rows:
        write(connection, post_sections.insert(), post_sections, rows)


def rename(connection: Connection, before: str, after: str) -> None:
    """Give a post another code, with everything that is known of it; `after` must be free."""
    row = connection.execute(select(posts).where(posts.c.code == before)).mappings().one()
    # Its id follows with the next change: no two posts may have it, not even for a moment.
    connection.execute(posts.insert(), [{**row, "code": after, "entry_id": None}])
    for table in (post_sections, bodies, edition_posts, corrections, archived):
        connection.execute(update(table).where(table.c.code == before).values(code=after))
    connection.execute(update(edition_posts).where(edition_posts.c.told_with == before).values(told_with=after))
    connection.execute(update(posts).where(posts.c.story == before).values(story=after))
    connection.execute(delete(posts).where(posts.c.code == before))
    connection.execute(update(posts).where(posts.c.code == after).values(entry_id=row["entry_id"]))


def _forget(connection: Connection, codes: list[str]) -> None:
    for code in codes:
        connection.execute(delete(posts).where(posts.c.code == code))


def _name_sections(connection: Connection, kept: list[KnownPost]) -> None:
    """Record a slug for each category that has none yet."""
    recorded = section_slugs(connection)
    taken = set(recorded.values())
    # Of the posts with a new category the first by date and code: what it calls the category is what stands.
    fresh: dict[str, tuple[datetime, str, str]] = {}
    for post in kept:
        for name in post.post.categories:
            if (base := slug(name)) not in recorded:
                claim = (post.published or post.collected, post.code, name)
                fresh[base] = min(fresh.get(base, claim), claim)
    rows = []
    for base, (_, _, name) in sorted(fresh.items()):
        chosen = free_slug(base, taken)
        taken.add(chosen)
        rows.append({"base": base, "slug": chosen, "name": name})
    upsert(connection, sections, rows)


def section_slugs(connection: Connection) -> dict[str, str]:
    """Map each category, folded, to its recorded slug."""
    return dict(connection.execute(select(sections.c.base, sections.c.slug)).all())


def section_names(connection: Connection) -> dict[str, str]:
    """Map each recorded slug to the category's name."""
    return dict(connection.execute(select(sections.c.slug, sections.c.name)).all())


def newest(connection: Connection, feed: FeedKey, limit: int, selection: Selection | None = None) -> list[KnownPost]:
    """Choose the posts of a feed: the first by rank. A feed that is configured by hand wants its selection."""
    statement = _in_feed(select(posts), feed, selection).order_by(
        posts.c.rank.desc(), posts.c.published.desc(), posts.c.code.desc()
    )
    if selection is None:
        return [known_of(row) for row in connection.execute(statement.limit(limit))]
    with connection.execute(statement.execution_options(yield_per=CHUNK)) as rows:
        return list(itertools.islice((known for known in map(known_of, rows) if selection.takes(known.post)), limit))


def withdrawn_since(
    connection: Connection, feed: FeedKey, rank: datetime, limit: int, selection: Selection | None = None
) -> list[KnownPost]:
    """List the posts that a feed would show if they had not been withdrawn: the latest that went first."""
    gone = (State.WITHDRAWN, State.DRAFT)
    statement = _in_feed(select(posts), feed, selection, gone)
    statement = statement.where(posts.c.rank >= rank, posts.c.withdrawn.is_not(None))
    found = map(known_of, connection.execute(statement.order_by(posts.c.withdrawn.desc(), posts.c.code)))
    taken = (known for known in found if selection is None or selection.takes(known.post))
    return list(itertools.islice(taken, limit))


def unarchived(connection: Connection, feed: FeedKey, selection: Selection | None = None) -> list[tuple[str, datetime]]:
    """List the posts of a feed that are on no page of its history yet, with the date of each."""
    columns = (posts.c.code, posts.c.published) if selection is None else (posts,)
    on_a_page: Select[Any] = select(literal_column("1")).where(
        archived.c.feed == feed.path, archived.c.code == posts.c.code
    )
    rows = connection.execute(_in_feed(select(*columns), feed, selection).where(~on_a_page.exists()))
    return [(row.code, row.published) for row in rows if selection is None or selection.takes(known_of(row).post)]


def ids_shown_in(connection: Connection, feed: FeedKey, selection: Selection | None = None) -> list[str]:
    """List the ids of a feed's posts that have a body to show, however old they are."""
    columns = (posts.c.entry_id,) if selection is None else (posts,)
    statement = _in_feed(select(*columns), feed, selection).where(posts.c.code.in_(select(bodies.c.code)))
    rows = connection.execute(statement.order_by(posts.c.entry_id))
    return [row.entry_id for row in rows if selection is None or selection.takes(known_of(row).post)]


def codes_in_feed(
    connection: Connection, feed: FeedKey, codes: Iterable[str], selection: Selection | None = None
) -> set[str]:
    """Say which of these posts a feed may show."""
    wanted, found = sorted(codes), set[str]()
    for start in range(0, len(wanted), CHUNK):
        statement = _in_feed(select(posts), feed, selection).where(posts.c.code.in_(wanted[start : start + CHUNK]))
        rows = map(known_of, connection.execute(statement))
        found |= {known.code for known in rows if selection is None or selection.takes(known.post)}
    return found


def _in_feed(
    statement: Select[Any],
    feed: FeedKey,
    selection: Selection | None = None,
    states: tuple[State, ...] = (State.PUBLISHED,),
) -> Select[Any]:
    statement = statement.where(posts.c.state.in_(states))
    if selection is not None and selection.taken.languages:
        statement = statement.where(posts.c.language.in_(selection.taken.languages))
    if selection is not None and selection.taken.categories:
        named = select(post_sections.c.code).join(sections, sections.c.slug == post_sections.c.slug)
        statement = statement.where(posts.c.code.in_(named.where(sections.c.base.in_(selection.taken.categories))))
    if feed.language is not None:
        statement = statement.where(posts.c.language == feed.language)
    if feed.category is not None:
        statement = statement.join(post_sections, post_sections.c.code == posts.c.code)
        statement = statement.where(post_sections.c.slug == feed.category)
    return statement


def anything_translated(connection: Connection) -> bool:
    """Say whether any post is a translation of another."""
    return connection.scalar(select(literal_column("1")).where(posts.c.story.is_not(None)).limit(1)) is not None


def of_stories(connection: Connection, stories: Iterable[str]) -> list[KnownPost]:
    """List the published posts of these stories: those that name one, and those whose code it is."""
    wanted = sorted(set(stories))
    found: dict[str, KnownPost] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        named = posts.c.story.in_(chunk) | posts.c.code.in_(chunk)
        rows = connection.execute(select(posts).where(posts.c.state == State.PUBLISHED, named))
        found.update((row.code, known_of(row)) for row in rows)
    return [found[code] for code in sorted(found)]


def candidates(
    connection: Connection, digest: str, section: str, language: str, now: datetime, since: datetime | None = None
) -> list[KnownPost]:
    """List the published posts of a category and language that no edition of the digest has had.

    With `since`, only those that were collected later.
    """
    mailed: Select[Any] = (
        select(literal_column("1"))
        .select_from(edition_posts.join(editions, editions.c.id == edition_posts.c.edition_id))
        .where(edition_posts.c.code == posts.c.code, editions.c.digest == digest, editions.c.state != "cancelled")
    )
    statement = (
        select(posts)
        .join(post_sections, post_sections.c.code == posts.c.code)
        .where(post_sections.c.slug == section, posts.c.state == State.PUBLISHED, posts.c.language == language)
        .where(posts.c.published <= now, ~mailed.exists())
    )
    if since is not None:
        statement = statement.where(posts.c.collected > since)
    return [known_of(row) for row in connection.execute(statement)]


def rendered(connection: Connection, codes: Iterable[str]) -> dict[str, tuple[str, RenderedBody]]:
    """Read the last good rendering of bodies, with the key of what each was rendered from."""
    wanted = sorted(set(codes))
    found: dict[str, tuple[str, RenderedBody]] = {}
    for start in range(0, len(wanted), CHUNK):
        for row in connection.execute(select(bodies).where(bodies.c.code.in_(wanted[start : start + CHUNK]))):
            found[row.code] = (row.key, body_of(row))
    return found


def keep_rendered(connection: Connection, renderings: Mapping[str, tuple[str, RenderedBody]]) -> None:
    """Keep renderings, each in place of the one before."""
    rows = [row_of_body(code, key, body) for code, (key, body) in renderings.items()]
    upsert(connection, bodies, rows)
