"""A publication whose pages are served on loopback, and one reader of it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from publisher import config
from publisher.app import Publication
from publisher.jobs import subscriptions
from publisher.jobs.subscriptions import Enrolment
from publisher.mail.tokens import Signer, load_signer
from publisher.model.subscriber import ConsentEvent
from publisher.store import consents, subscribers
from publisher.web import server
from publisher.web.site import application
from tests.build import NOW
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from publisher.model.subscriber import Consent, ConsentRecord, Subscriber
    from publisher.store.database import Database


@dataclass
class Served:
    """A publication, and the address at which its pages are."""

    publication: Publication
    signer: Signer
    client: httpx2.Client
    port: int
    readers: int = 0

    @property
    def database(self) -> Database:
        return self.publication.database

    def reader(self, language: str | None = "en", digest: str = "world") -> int:
        """Let somebody new subscribe, and confirm; gives the id."""
        self.readers += 1
        address = f"reader{self.readers}@example.org"
        self.subscribe(address, digest, language)
        with self.database.read() as connection:
            found = subscribers.find(connection, address)
        assert found
        return found.id

    def subscribe(self, address: str, digest: str, language: str | None = None) -> None:
        wanted = Enrolment(address=address, digest=digest, language=language, confirmed=True)
        subscriptions.subscribe(self.database, wanted, now=NOW, fingerprint=str)

    def also(self, subscriber_id: int, digest: str) -> int:
        """Let a reader subscribe to another digest."""
        self.subscribe(self.of(subscriber_id).address, digest)
        return subscriber_id

    def of(self, subscriber_id: int) -> Subscriber:
        with self.database.read() as connection:
            found = subscribers.take(connection, subscriber_id)
        assert found
        return found

    def link(self, purpose: str, subscriber_id: int, digest: str = "world", **values: Any) -> str:
        return f"/{purpose[0]}/{self.signer.token(purpose, subscriber_id, digest, **values)}"

    def confirm_link(self, subscriber_id: int, age: timedelta = timedelta(0)) -> str:
        return self.link("confirm", subscriber_id, until=NOW + timedelta(days=30) - age)

    def consent(self, subscriber_id: int, digest: str = "world") -> Consent | None:
        with self.database.read() as connection:
            return subscribers.consent(connection, subscriber_id, digest)

    def records(self, subscriber_id: int) -> list[ConsentRecord]:
        """What is on record but for having subscribed."""
        with self.database.read() as connection:
            found = consents.of(connection, subscriber_id)
        return [record for record in found if record.event is not ConsentEvent.ATTESTED]

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are, and read whatever comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            # The server may have answered, and closed, before it had everything.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(request)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while some := connection.recv(65536):
                    answer += some
            return answer


@contextlib.contextmanager
def listening(app: ASGIApp) -> Iterator[int]:
    """Serve an application in a thread; gives the port."""
    with server.listen("127.0.0.1", 0) as opened:
        made = server.make(app)
        thread = threading.Thread(target=made.run, args=([opened],))
        thread.start()
        try:
            yield opened.getsockname()[1]
        finally:
            made.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the pages of the publication in a folder."""
    settings = config.load(folder / "config" / "publisher.toml")
    with Publication(folder=folder, settings=settings, clock=lambda: NOW) as publication:
        signer = load_signer(folder / "var" / "secret")
        with (
            listening(application(publication)) as port,
            httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers={"Accept-Language": "en"}) as client,
        ):
            yield Served(publication, signer, client, port)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The publication as shipped, served to all tests of a module: each has readers of its own."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "config").mkdir()
    shutil.copy(ROOT / "config" / "publisher.toml", folder / "config")
    with serving(folder) as made:
        yield made
