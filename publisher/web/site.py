"""The links that readers have in their mail: each shows its page, and acts when the button there is pressed."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from publisher.jobs import subscriptions
from publisher.mail.tokens import BadTokenError, ExpiredTokenError, load_signer
from publisher.model.errors import StoreError
from publisher.model.subscriber import Consent
from publisher.store import subscribers
from publisher.web.guard import Guard
from publisher.web.pages import Choice, ReaderPages

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from publisher.app import Publication
    from publisher.mail.tokens import Signer
    from publisher.model.subscriber import Subscriber
    from publisher.store.database import Database
    from publisher.web.pages import View

#: Requests that work with the database at once: SQLite has one writer anyway.
_THREADS = 8
#: Such an address is mailed nothing whatever its reader chooses.
_FINAL = {Consent.COMPLAINED, Consent.SUPPRESSED}
#: With these answers, there may be more of a body that nobody wants.
_UNREAD = {400, 408, 413}

log = logging.getLogger("publisher")


def application(publication: Publication) -> Guard:
    """Make the application of a publication. Raises PublisherError, and TemplateError for pages that are broken."""
    settings = publication.settings
    pages = ReaderPages(site=publication.pages, digests=publication.digests)
    site = ReaderSite(
        database=publication.database,
        signer=load_signer(publication.folder / settings.web.secret_file),
        pages=pages,
        clock=publication.clock,
    )
    pages.render("failed", pages.language())
    where = urlsplit(settings.site.url)
    return Guard(site.application(where.path), host=where.hostname or "", style=pages.style_hash)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One reader with a link, as the request tells."""

    token: str
    #: What the form says; None where the page is only looked at.
    form: FormData | None
    accepted: str
    #: Where the request came from, for the record of consent.
    source: str
    subscriber_id: int = 0
    digest: str = ""

    def said(self, name: str) -> str | None:
        """Give a value of the form."""
        value = self.form.get(name) if self.form else None
        return value if isinstance(value, str) else None


class _UnknownError(Exception):
    """There is no such reader."""


class _RefusedError(Exception):
    """There is such a reader, to whom nothing is mailed any more."""


@dataclass(frozen=True, kw_only=True)
class ReaderSite:
    """Answers readers; what they choose is in the database before they see that it is."""

    database: Database
    signer: Signer
    pages: ReaderPages
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(_THREADS))

    def application(self, prefix: str = "/") -> Starlette:
        """Make the application; the links begin at the root, and at the path of the site's address."""
        roots = dict.fromkeys(("", prefix.rstrip("/")))
        answers = {"unsubscribe": self.unsubscribe, "confirm": self.confirm, "preferences": self.preferences}
        routes = [
            Route(f"{root}/{purpose[0]}/{{token}}", partial(self._answer, purpose, answer), methods=["GET", "POST"])
            for root in roots
            for purpose, answer in answers.items()
        ]
        handlers = {HTTPException: self._refuse, StoreError: self._postpone, ClientDisconnect: _gone}
        made = Starlette(routes=routes, exception_handlers=handlers)
        # A link with a slash too many is a wrong one; a POST that is sent on elsewhere may get lost (RFC 8058).
        made.router.redirect_slashes = False
        return made

    async def _answer(self, purpose: str, answer: Callable[[Visit], Response], request: Request) -> Response:
        visit = Visit(
            token=request.path_params["token"],
            form=await _form(request, purpose) if request.method == "POST" else None,
            accepted=request.headers.get("accept-language", ""),
            source=f"web, {_address(request)}",
        )
        return await anyio.to_thread.run_sync(self._admitted, purpose, answer, visit, limiter=self._limiter)

    def _admitted(self, purpose: str, answer: Callable[[Visit], Response], visit: Visit) -> Response:
        """Answer whoever has a token for that; all others get one of two pages, whatever is wrong."""
        try:
            subscriber_id, digest = self.signer.read(purpose, visit.token, now=self.clock())
            return answer(replace(visit, subscriber_id=subscriber_id, digest=digest))
        except ExpiredTokenError:
            return self._page("expired", visit, status=410)
        except (BadTokenError, _UnknownError):
            return self._page("unknown", visit, status=404)
        except _RefusedError:
            return self._page("refused", visit, status=403)

    def unsubscribe(self, visit: Visit) -> Response:
        """Let a reader leave a digest. Any POST does, whatever its body (RFC 8058): the link is the proof."""
        if visit.form is None:
            return self._page("unsubscribe", visit, self._reader(visit))
        subscriptions.unsubscribe(
            self.database, visit.subscriber_id, visit.digest, source=visit.source, now=self.clock()
        )
        log.info("subscriber %d left %s", visit.subscriber_id, visit.digest)
        return self._page("unsubscribed", visit, self._reader(visit))

    def confirm(self, visit: Visit) -> Response:
        """Take a reader's word for a digest, with the words that it was given to."""
        reader = self._known(visit)
        language = self._language(visit, reader)
        wording = self.pages.wording(language, self.pages.title(visit.digest, language), asked=True)
        if visit.form is None:
            return self._page("confirm", visit, reader, wording=wording.text)
        after = subscriptions.confirm(
            self.database,
            visit.subscriber_id,
            visit.digest,
            source=visit.source,
            now=self.clock(),
            wording=wording,
            language=language,
        )
        if after is not Consent.CONFIRMED:
            raise _RefusedError
        log.info("subscriber %d confirmed %s", visit.subscriber_id, visit.digest)
        return self._page("confirmed", visit, reader)

    def preferences(self, visit: Visit) -> Response:
        """Take a reader's choice of language and digests."""
        reader = self._known(visit)
        if visit.form is None:
            return self._choices("preferences", visit, reader)
        if visit.said("leave"):
            # The digest of the link as well: who gets copies of it has no subscription.
            for digest in (visit.digest, None):
                subscriptions.unsubscribe(
                    self.database, visit.subscriber_id, digest, source=visit.source, now=self.clock()
                )
            log.info("subscriber %d left everything", visit.subscriber_id)
            return self._choices("left", visit, reader)
        self._save(visit, reader)
        log.info("subscriber %d saved preferences", visit.subscriber_id)
        return self._choices("saved", replace(visit, form=FormData()), self._known(visit))

    def _save(self, visit: Visit, reader: Subscriber) -> None:
        language = visit.said("language")
        if visit.form is None or language not in dict(self.pages.choices(reader.language)):
            raise HTTPException(400)
        ticked = visit.form.getlist("digest")
        shown = self._language(visit, reader)
        offered = self._offered(visit, reader, shown)
        titles = [choice.title for choice in offered if choice.name in ticked]
        subscriptions.set_preferences(
            self.database,
            visit.subscriber_id,
            language=language or None,
            digests={each.name: each.name in ticked for each in offered if each.on != (each.name in ticked)},
            source=visit.source,
            now=self.clock(),
            wording=self.pages.wording(shown, *titles, asked=False),
            shown=shown,
        )

    def _choices(self, view: View, visit: Visit, reader: Subscriber) -> Response:
        language = self._language(visit, reader)
        return self._page(
            view,
            visit,
            reader,
            choices=self._offered(visit, reader, language),
            languages=self.pages.choices(reader.language),
            chosen=reader.language or "",
            wording=self.pages.wording(language, asked=False).text,
        )

    def _offered(self, visit: Visit, reader: Subscriber, language: str) -> list[Choice]:
        """List the digests that a reader knows of: there may be others, which are not for everybody."""
        with self.database.read() as connection:
            consents = subscribers.of(connection, reader.id)
        mailed = {name for name, consent in consents.items() if consent is Consent.CONFIRMED and not reader.suppressed}
        return [
            Choice(name=name, title=self.pages.title(name, language), on=name in mailed)
            for name in self.pages.digests
            if name in consents or name == visit.digest
        ]

    def _reader(self, visit: Visit) -> Subscriber | None:
        with self.database.read() as connection:
            return subscribers.get(connection, visit.subscriber_id)

    def _known(self, visit: Visit) -> Subscriber:
        reader = self._reader(visit)
        if reader is None:
            raise _UnknownError
        if reader.suppressed_for in _FINAL:
            raise _RefusedError
        return reader

    def _language(self, visit: Visit, reader: Subscriber | None) -> str:
        return self.pages.language(visit.said("shown"), reader.language if reader else None, accepted=visit.accepted)

    def _page(
        self, view: View, visit: Visit, reader: Subscriber | None = None, status: int = 200, **values: object
    ) -> Response:
        language = self._language(visit, reader)
        title = self.pages.title(visit.digest, language)
        return HTMLResponse(self.pages.render(view, language, digest=title, **values), status)

    async def _refuse(self, request: Request, error: Any) -> Response:
        """Answer what is no request for a page, or no form."""
        headers = dict(error.headers or {}) | ({"Connection": "close"} if error.status_code in _UNREAD else {})
        return self._failed(request, error.status_code, headers)

    async def _postpone(self, request: Request, error: Exception) -> Response:
        """Answer while the database cannot be used."""
        log.error("%s", error)
        return self._failed(request, 503, {"Retry-After": "60"})

    def _failed(self, request: Request, status: int, headers: dict[str, str]) -> Response:
        language = self.pages.language(accepted=request.headers.get("accept-language", ""))
        view: View = "unknown" if status == 404 else "failed"
        return HTMLResponse(self.pages.render(view, language), status, headers)


async def _form(request: Request, purpose: str) -> FormData:
    """Read a form, whichever way it is written; of a POST that unsubscribes, nothing matters but that it came."""
    if purpose == "unsubscribe":
        await request.body()
        return FormData()
    return await request.form(max_files=0, max_fields=100)


def _address(request: Request) -> str:
    """Give the reader's IP address; what a proxy says that is none is not repeated."""
    try:
        return str(ipaddress.ip_address(request.client.host if request.client else ""))
    except ValueError:
        return "unknown"


async def _gone(_request: Request, _error: Exception) -> Response:
    """Answer a client that is no longer there."""
    return Response(status_code=400)
