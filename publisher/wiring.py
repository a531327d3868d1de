"""Settings become what rooms and jobs take: plain values, and ways out for messages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.content.fields import FIELDS
from publisher.content.sources import Library, Source
from publisher.kit.colour import readable
from publisher.model.post import Origin
from publisher.settings import ACCENT, ACCENT_DARK, DARK, SourceSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from publisher.digest.render import DigestRenderer
    from publisher.jobs.feed_plan import FeedPlan
    from publisher.jobs.ports import Transport
    from publisher.kit.templating import Templating
    from publisher.mail.message import Sender
    from publisher.mail.tokens import Signer
    from publisher.model.feed import Selection
    from publisher.settings import LookSettings, MailSettings, ReadingSettings, Settings


def feed_plan(settings: Settings, selections: Sequence[Selection], rendering: tuple[str, ...]) -> FeedPlan:
    """Say what all feeds have in common; `rendering` is what else decides about their bytes."""
    from publisher.jobs.feed_plan import FeedPlan

    site, feeds = settings.site, settings.feeds
    return FeedPlan(
        site_title=site.title,
        site_url=site.url,
        authority=site.authority,
        author_name=site.author.name,
        author_email=site.author.email,
        formats=feeds.formats,
        shape=feeds.shape(),
        shapes=feeds.shapes(),
        selections={selection.name: selection for selection in selections},
        archives=frozenset(feeds.archives),
        descriptions=site.descriptions,
        rights=site.copyright,
        icon=site.icon,
        logo=site.logo,
        hubs=feeds.hubs,
        ttl=max(1, round(feeds.ttl / timedelta(minutes=1))),
        rendering=rendering,
    )


def library(settings: Settings, folder: Path) -> Library:
    """Say where the posts are, and how they are written."""
    posts = settings.posts
    sources = tuple(_source(settings, source, folder) for source in posts.sources)
    return Library(sources or (_source(settings, posts, folder),))


def _source(settings: Settings, reading: ReadingSettings, folder: Path) -> Source:
    site = settings.site
    own = reading if isinstance(reading, SourceSettings) else None
    return Source(
        name=own.name if own else "",
        folder=folder / reading.directory,
        names=FIELDS | dict(reading.fields or {}),
        zone=ZoneInfo(own.timezone) if own and own.timezone else site.zone,
        language=own.language if own and own.language else site.language,
        site_url=own.site_url if own and own.site_url else site.url,
        page_url=reading.url,
        categories=own.categories if own else (),
        authors=(own.author,) if own and own.author else (),
        origin=Origin(own.author or own.name, own.feed_url) if own and own.feed_url else None,
        folder_categories=reading.category_from_folder,
        excerpt_separator=reading.excerpt_separator,
        liquid=reading.liquid,
    )


def accents(look: LookSettings) -> tuple[str, str]:
    """Give the accent on light paper and on dark."""
    derived = ACCENT_DARK if look.accent == ACCENT else readable(look.accent, DARK)
    return look.accent, look.accent_dark or derived


def digest_renderer(settings: Settings, templating: Templating) -> DigestRenderer:
    """Say how editions look."""
    from publisher.digest.look import Look
    from publisher.digest.render import DigestRenderer

    site, look = settings.site, settings.look
    accent, accent_dark = accents(look)
    return DigestRenderer(
        templating=templating,
        site_title=site.title,
        postal_address=site.postal_address,
        look=Look(accent=accent, accent_dark=accent_dark, logo=look.logo, masthead=look.masthead),
    )


def transport(mail: MailSettings, folder: Path) -> Transport:
    """Open the way out for messages."""
    if mail.transport == "smtp" and mail.smtp is not None:
        from publisher.mail.smtp import Smtp

        smtp = mail.smtp
        return Smtp(
            smtp.host,
            smtp.port,
            security=smtp.security,
            username=smtp.username,
            password=smtp.password,
            connections=smtp.connections,
            ca_file=folder / smtp.ca_file if smtp.ca_file else None,
            hostname=smtp.hostname,
        )
    from publisher.mail.outbox import Outbox

    return Outbox(folder / "var" / "outbox")


def sender(settings: Settings, signer: Signer, folder: Path) -> Sender:
    """Say who sends. Raises ConfigurationError for a key that cannot be used."""
    from publisher.digest.render import PREFERENCES, UNSUBSCRIBE
    from publisher.mail.message import Sender

    site, mail = settings.site, settings.mail
    key = None
    if mail.dkim is not None:
        from publisher.mail.dkim import load_dkim

        key = load_dkim(folder / mail.dkim.key_file, mail.dkim.domain, mail.dkim.selector)
    return Sender(
        address=mail.sender,
        reply_to=mail.reply_to,
        site_url=site.url,
        authority=site.authority,
        signer=signer,
        unsubscribe_place=UNSUBSCRIBE,
        preferences_place=PREFERENCES,
        unsubscribe_mailto=mail.unsubscribe_mailto,
        complaints_to=mail.complaints_to,
        dkim=key,
        return_path=mail.return_path,
    )
