"""An edition becomes what readers get: subject, preheader, HTML and plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.digest.inline import inline
from publisher.kit.text import clip, fit_for_xml, one_line
from publisher.kit.urls import host_of
from publisher.model.edition import RenderedEdition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.kit.templating import Templating
    from publisher.model.post import Article

#: Where the reader's own links go, until the message is made. The host can never exist (RFC 2606).
UNSUBSCRIBE = "https://reader.invalid/unsubscribe"
PREFERENCES = "https://reader.invalid/preferences"

#: Pictures that many mail programs do not show: their stories go without.
_NOT_SHOWN = re.compile(r"\.(?:svgz?|webp|avif|heic|tiff?|bmp)$", re.IGNORECASE)

_SUBJECT_CHARS = 150
_PREHEADER_CHARS = 140
_SUMMARY_CHARS = 280


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """A post as a digest shows it; all of it plain text."""

    title: str
    summary: str
    link: str | None
    image: str | None
    #: For a reader who does not see the picture.
    alt: str
    source: str
    published: datetime
    #: True if it was published on the day of the edition: then its time is shown, else its date.
    today: bool
    language: str


@dataclass(frozen=True, kw_only=True)
class DigestRenderer:
    """Renders the editions of one publication."""

    templating: Templating
    site_title: str
    postal_address: str

    def render(
        self,
        *,
        digest_title: str,
        language: str,
        stories: Sequence[Article],
        more: Sequence[Article],
        date: datetime,
        web_url: str,
    ) -> RenderedEdition:
        """Render one edition, once for all its readers. Raises TemplateError."""
        shown = [self._story(article, date) for article in stories]
        subject = clip(one_line(f"{digest_title}: {shown[0].title}"), _SUBJECT_CHARS)
        others = " · ".join(story.title for story in shown[1:4])
        preheader = clip(others or shown[0].summary or digest_title, _PREHEADER_CHARS)
        values = {
            "subject": subject,
            "preheader": preheader,
            "site_title": self.site_title,
            "digest_title": digest_title,
            "postal_address": self.postal_address,
            "date": date,
            "web_url": web_url,
            "stories": shown,
            "more": [self._story(article, date) for article in more],
            "reader": {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES},
        }
        html = self.templating.render("digest/digest.html", language, **values)
        places = [f'id="story-{number + 1}"' for number in range(len(shown))]
        places += ['id="footer"', "<!--reader-->", "<!--/reader-->", UNSUBSCRIBE]
        text = self.templating.render("digest/digest.txt", language, **values)
        return RenderedEdition(
            subject=subject,
            preheader=preheader,
            html=inline(html.lstrip(), required=places).rstrip() + "\n",
            text=fit_for_xml(text).strip() + "\n",
        )

    def _story(self, article: Article, date: datetime) -> Story:
        zone = self.templating.zone
        link = article.link or article.via
        # A post of one's own has no origin to name.
        source = host_of(article.via) if article.via else next(iter(article.authors), self.site_title)
        return Story(
            title=article.title,
            summary=clip(article.summary, _SUMMARY_CHARS),
            link=link,
            image=article.image if article.image and not _NOT_SHOWN.search(urlsplit(article.image).path) else None,
            alt="",
            source=source,
            published=article.published,
            today=article.published.astimezone(zone).date() == date.astimezone(zone).date(),
            language=article.language,
        )


def web_edition(edition: RenderedEdition) -> str:
    """Give the edition for everybody to read: as mailed, less the reader's own links."""
    before, _, rest = edition.html.rpartition("<!--reader-->")
    return before + rest.partition("<!--/reader-->")[2]
