"""A post becomes what an edition shows of it: all of it plain text of bounded length."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from publisher.kit.scripts import direction_of, script_of
from publisher.kit.text import clip
from publisher.model.ranking import source_of

if TYPE_CHECKING:
    from datetime import datetime

    from publisher.model.edition import Correction
    from publisher.model.post import Article
    from publisher.model.ranking import Event

#: Kinds of pictures that many mail programs do not show.
_KINDS = r"svgz?|webp|avif|hei[cf]|jxl|tiff?|bmp"
_EXTENSION = re.compile(rf"\.(?:{_KINDS})$", re.IGNORECASE)
#: As image services are asked for them: `?format=webp`, `/f_avif,w_600/`.
_KIND = re.compile(_KINDS, re.IGNORECASE)
_STEP = re.compile(rf"/(?:[^/]*,)?f_(?:{_KINDS})[,/]", re.IGNORECASE)

_TITLE_CHARS = 240
_SUMMARY_CHARS = 280
_NOTE_CHARS = 300
_SOURCE_CHARS = 60
#: Who else tells the story, at most.
_ALSO = 5
#: What is smaller, in pixels, or taller than twice its width is no picture of a story.
_SMALLEST = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """A post as a digest shows it; all of it plain text."""

    title: str
    summary: str
    link: str | None
    image: str | None
    #: Width and height in pixels, where known.
    size: tuple[int, int] | None
    #: For a reader who does not see the picture; empty where nobody said.
    alt: str
    source: str
    #: Who else tells it, each with a page of theirs or None.
    also: tuple[tuple[str, str | None], ...]
    published: datetime
    #: True if it was published on the day of the edition: then its time is shown, else its date.
    today: bool
    language: str
    #: As of its text, whatever its language: see `kit.scripts`.
    script: str
    direction: str

    def height(self, width: int) -> int | None:
        """How high its picture is at a width."""
        return max(1, round(width * self.size[1] / self.size[0])) if self.size else None


def story_of(event: Event, date: datetime, site_title: str) -> Story:
    """Make a story for the edition of a date, which is in the publication's zone."""
    article = event.article
    title = clip(article.title, _TITLE_CHARS, article.language)
    summary = clip(article.summary, _SUMMARY_CHARS, article.language)
    script = script_of(f"{title} {summary}", article.language)
    image = article.image if _is_shown(article.image, article.extras.image_size) else None
    source = _named(article, site_title)
    others = {_named(other, site_title): other.link or other.via for other in reversed(event.also)}
    others.pop(source, None)
    return Story(
        title=title,
        summary=summary,
        link=article.link or article.via,
        image=image,
        size=article.extras.image_size if image else None,
        alt=article.extras.image_alt or "",
        source=source,
        also=tuple(reversed(others.items()))[:_ALSO],
        published=article.published,
        today=article.published.astimezone(date.tzinfo).date() == date.date(),
        language=article.language,
        script=script,
        # A headline in Arabic may well begin with a name in Latin letters.
        direction="rtl" if script in {"arabic", "hebrew"} else direction_of(f"{title} {summary}"),
    )


def _named(article: Article, site_title: str) -> str:
    return clip(source_of(article) or site_title, _SOURCE_CHARS)


def notice_of(correction: Correction) -> Correction:
    """Bound the words of a correction."""
    title, note = clip(correction.title, _TITLE_CHARS), clip(correction.note, _NOTE_CHARS)
    return replace(correction, title=title, note=note)


def _is_shown(url: str | None, size: tuple[int, int] | None) -> bool:
    """Say whether mail programs can show a picture, and it is worth it."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    fits = size is None or (min(size) >= _SMALLEST and size[1] <= 2 * size[0])
    asked = any(_KIND.fullmatch(value) for _, value in parse_qsl(parts.query))
    known = _EXTENSION.search(parts.path) or _STEP.search(parts.path) or asked
    return fits and not known and parts.scheme in {"http", "https"} and bool(parts.hostname)
