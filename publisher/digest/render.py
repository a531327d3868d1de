"""An edition becomes what readers get: subject, preheader, HTML and plain text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.digest.budget import fit, measure
from publisher.digest.inline import inline, require
from publisher.digest.look import Look
from publisher.digest.plain import plain
from publisher.digest.story import Story, notice_of, story_of
from publisher.kit.scripts import direction_of, script_of
from publisher.kit.text import clip, one_line
from publisher.kit.wrap import width
from publisher.model.edition import NAMED_CORRECTIONS, RenderedEdition

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from publisher.kit.templating import Templating
    from publisher.model.edition import Draft

#: Where the reader's own links go, until the message is made. The host can never exist (RFC 2606).
UNSUBSCRIBE = "https://reader.invalid/unsubscribe"
PREFERENCES = "https://reader.invalid/preferences"

#: What no edition goes without, beside its stories.
_PLACES = ('id="footer"', "<!--reader-->", "<!--/reader-->", UNSUBSCRIBE)

#: What no mail program shows more of.
_SUBJECT_COLUMNS = 78
#: More stories never fit; they need not be tried.
_MOST_STORIES = 80
_PREHEADER_CHARS = 140


@dataclass(frozen=True, kw_only=True)
class DigestRenderer:
    """Renders the editions of one publication."""

    templating: Templating
    site_title: str
    postal_address: str
    look: Look = field(default_factory=Look)

    def render(
        self, *, digest_title: str, language: str, draft: Draft, date: datetime, web_url: str, feed_url: str
    ) -> RenderedEdition:
        """Render one edition, once for all its readers. Raises TemplateError."""
        local = date.astimezone(self.templating.zone)
        told, listed = (
            [story_of(event, local, self.site_title) for event in events]
            for events in (draft.stories[:_MOST_STORIES], draft.stories[_MOST_STORIES:] + draft.more)
        )
        subject = _within(one_line(f"{digest_title}: {told[0].title}"), _SUBJECT_COLUMNS, language)
        values: dict[str, Any] = {
            "subject": subject,
            "preheader": _preheader(told, language),
            "site_title": self.site_title,
            "masthead": self.look.masthead or self.site_title,
            "look": self.look,
            "digest_title": digest_title,
            "postal_address": self.postal_address,
            "date": date,
            "web_url": web_url,
            "feed_url": feed_url,
            "script": script_of("", language),
            "direction_of": direction_of,
            "corrections": [notice_of(correction) for correction in draft.corrections[:NAMED_CORRECTIONS]],
            "uncorrected": len(draft.corrections[NAMED_CORRECTIONS:]),
            "reader": {"unsubscribe": UNSUBSCRIBE, "preferences": PREFERENCES},
        }
        return self._fitting(language, told, listed, values)

    def confirmation(self, *, digest_title: str, language: str, link: str) -> RenderedEdition:
        """Render the mail that asks a reader to confirm. Raises TemplateError."""
        values: dict[str, Any] = {
            "site_title": self.site_title,
            "masthead": self.look.masthead or self.site_title,
            "look": self.look,
            "digest_title": digest_title,
            "postal_address": self.postal_address,
            "script": script_of("", language),
            "direction_of": direction_of,
            "stories": (),
            "link": link,
        }
        values["subject"] = one_line(self.templating.render("digest/confirm-subject.txt", language, **values))
        page = self.templating.render("digest/confirm.html", language, **values).strip()
        return RenderedEdition(
            subject=values["subject"],
            preheader="",
            html=inline(page, required=[link]) + "\n",
            text=plain(self.templating, language, values, "digest/confirm.txt"),
        )

    def _fitting(
        self, language: str, told: Sequence[Story], listed: Sequence[Story], values: dict[str, Any]
    ) -> RenderedEdition:
        """Tell and list as many as there is room for; who is not told leads the list."""
        probe = self._html(language, values | {"stories": told, "more": [*told[1:], *listed], "beyond": len(listed)})
        require(_PLACES, probe)
        room = fit(measure(probe))
        rest = [*told[room.stories :], *listed]
        values |= {"stories": told[: room.stories], "more": rest[: room.titles], "beyond": len(rest[room.titles :])}
        html = self._html(language, values)
        places = [f'id="story-{number + 1}"' for number in range(room.stories)]
        return RenderedEdition(
            subject=values["subject"],
            preheader=values["preheader"],
            html=inline(html, required=[*_PLACES, *places]).rstrip() + "\n",
            text=plain(self.templating, language, values),
            stories=room.stories,
        )

    def _html(self, language: str, values: dict[str, Any]) -> str:
        return self.templating.render("digest/digest.html", language, **values).lstrip()


def _within(text: str, columns: int, language: str) -> str:
    """Cut a text to so many columns of display."""
    limit = columns
    while width(cut := clip(text, limit, language)) > columns:
        limit -= max(1, (width(cut) - columns) // 2)
    # Marks take no columns: more characters than columns may fit.
    while len(cut) < len(text) and width(longer := clip(text, limit + 1, language)) <= columns:
        cut, limit = longer, limit + 1
    return cut


def _preheader(told: Sequence[Story], language: str) -> str:
    """Say what the subject does not: the titles after the lead, or what the only story is about."""
    others = " · ".join(story.title for story in told[1:4])
    lead = told[0]
    return clip(one_line(others or lead.summary or f"{lead.source}: {lead.title}"), _PREHEADER_CHARS, language)


def web_edition(edition: RenderedEdition) -> str:
    """Give the edition for everybody to read: as mailed, less the reader's own links."""
    before, _, rest = edition.html.rpartition("<!--reader-->")
    return before + rest.partition("<!--/reader-->")[2]
