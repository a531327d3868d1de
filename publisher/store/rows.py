"""Posts and their rendered bodies as rows of the database, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from publisher.model.post import NO_EXTRAS, Enclosure, Extras, KnownPost, Origin, Post, Removed, RenderedBody, State

if TYPE_CHECKING:
    from sqlalchemy import Row


def row_of(known: KnownPost) -> dict[str, Any]:
    """Write a post as a row."""
    post = known.post
    return {
        "code": post.code,
        "path": post.path,
        "own_code": post.own_code,
        "state": known.state.value,
        "entry_id": known.entry_id,
        "title": post.title,
        "description": post.description,
        "language": post.language,
        "categories": post.categories,
        "tags": post.tags,
        "authors": post.authors,
        "origin_url": post.origin_url,
        "image": post.image,
        "body_hash": post.body_hash,
        "draft": post.draft,
        "date": post.date,
        "edited": post.updated,
        "collected": known.collected,
        "published": known.published,
        "updated": known.updated,
        "rank": known.rank,
        "withdrawn": known.withdrawn,
        "permalink": post.permalink,
        "significant": post.significant,
        "context": post.context,
        "story": post.story,
        "extras": _written(post.extras),
    }


def known_of(row: Row[Any]) -> KnownPost:
    """Read a post from its row."""
    return KnownPost(
        post=Post(
            code=row.code,
            own_code=row.own_code,
            path=row.path,
            title=row.title,
            description=row.description,
            language=row.language,
            categories=tuple(row.categories),
            tags=tuple(row.tags),
            authors=tuple(row.authors),
            origin_url=row.origin_url,
            image=row.image,
            date=row.date,
            updated=row.edited,
            draft=row.draft,
            body_hash=row.body_hash,
            permalink=row.permalink,
            significant=row.significant,
            context=row.context or "",
            story=row.story,
            extras=_extras(row.extras) if row.extras else NO_EXTRAS,
        ),
        state=State(row.state),
        collected=row.collected,
        entry_id=row.entry_id,
        published=row.published,
        updated=row.updated,
        rank=row.rank,
        withdrawn=row.withdrawn,
    )


def _written(extras: Extras) -> str | None:
    return None if extras == NO_EXTRAS else json.dumps(asdict(extras), ensure_ascii=False)


def _extras(written: str) -> Extras:
    said = json.loads(written)
    return Extras(
        enclosures=tuple(Enclosure(**each) for each in said["enclosures"]),
        image_size=tuple(said["image_size"]) if said["image_size"] else None,
        rights=said["rights"],
        replies=said["replies"],
        source=Origin(**said["source"]) if said["source"] else None,
        # What was written by an earlier version does not have these.
        image_alt=said.get("image_alt"),
        correction=said.get("correction"),
    )


def body_of(row: Row[Any]) -> RenderedBody:
    """Read a rendered body from its row."""
    return RenderedBody(
        html=row.html,
        lead=row.lead,
        image=row.image,
        removed=tuple(Removed(rule=rule, text=text) for rule, text in row.removed),
        credit=row.credit,
        authors=tuple(row.authors or ()),
        warning=row.warning,
        image_alt=row.image_alt,
        image_size=(row.image_width, row.image_height) if row.image_width and row.image_height else None,
    )


def row_of_body(code: str, key: str, body: RenderedBody) -> dict[str, Any]:
    """Write a rendered body as a row; `key` names what it was made of."""
    return {
        "code": code,
        "key": key,
        "html": body.html,
        "lead": body.lead,
        "image": body.image,
        "removed": tuple((removed.rule, removed.text) for removed in body.removed),
        "credit": body.credit,
        "authors": body.authors,
        "warning": body.warning,
        "image_width": body.image_size[0] if body.image_size else None,
        "image_height": body.image_size[1] if body.image_size else None,
        "image_alt": body.image_alt,
    }
