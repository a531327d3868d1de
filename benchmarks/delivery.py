"""A whole run that delivers a Thai edition: from `publish digest` to Postfix's `smtp-sink`, every message signed.

`python -m benchmarks.delivery [--readers N]` times it beside `smtp-source`, which sends as many bytes as often and does
nothing else, and beside a plain script: EmailMessage, dkimpy and smtplib. All three send into the same sink, in turns.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.__main__ import ROOT, cells, megabytes, met, print_table, python
from benchmarks.generate import NOW
from benchmarks.measure import Usage, run
from benchmarks.messages import plain_message
from publisher import config, wiring
from publisher.mail.message import MessageTemplate
from publisher.mail.tokens import Signer
from publisher.model.delivery import Delivery, DeliveryState
from publisher.model.subscriber import Consent
from publisher.store import editions, subscribers
from publisher.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.model.edition import Edition
    from publisher.store.database import Transaction

READERS, CONNECTIONS, STORIES, ROUNDS, PLAIN_MESSAGES = 50_000, 20, 36, 2, 400
#: Times the plain script, part of `smtp-source`, and the most memory.
TIMES_PLAIN, PART_OF_SOURCE, MEMORY = 10, 1 / 3, 256 * 2**20
_CHUNK = 5_000


@dataclass(frozen=True, kw_only=True)
class Relay:
    """The sink that all of them send into."""

    port: int

    @classmethod
    @contextlib.contextmanager
    def running(cls) -> Iterator[Relay]:
        """Start it, and end it in the end. Raises SystemExit where it is not installed."""
        program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            raise SystemExit("there is no smtp-sink here: it comes with Postfix")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        # It wants no root.
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        with subprocess.Popen([program, *user, f"127.0.0.1:{port}", "1000"], stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(port)
                yield cls(port=port)
            finally:
                process.terminate()

    def source(self, messages: int, size: int) -> Usage:
        """Let `smtp-source` send as much, over as many connections."""
        program = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "smtp-source"
        counts = ["-s", str(CONNECTIONS), "-l", str(size), "-m", str(messages)]
        return run([program, "-d", *counts, f"127.0.0.1:{self.port}"], ROOT)[0]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A publication with an audience, whose next edition is due."""

    folder: Path
    key: Path

    @classmethod
    def prepare(cls, folder: Path, readers: int, port: int) -> Site:
        """Make a publication as `publish init` makes it, which has collected its posts already."""
        python("-m", "publisher", "init", str(folder))
        shutil.rmtree(folder / "posts")
        python("-m", "benchmarks.generate", str(folder / "posts"), str(10 * STORIES), "th")
        site = cls(folder=folder, key=folder / "config" / "dkim.pem")
        pem = generate_private_key(65537, 2048).private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        site.key.write_bytes(pem)
        site.key.chmod(0o600)
        path = folder / "config" / "publisher.toml"
        text = path.read_text("utf-8")
        for key, value in (("transport", "smtp"), ("rate", "100000/s"), ("max_stories", STORIES), ("max_age", "500w")):
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {json.dumps(value)}", text)
        text += (
            f'\n[mail.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nconnections = {CONNECTIONS}\n'
            '[mail.dkim]\ndomain = "news.example.org"\nselector = "bench"\nkey_file = "config/dkim.pem"\n'
        )
        path.write_text(text, "utf-8")
        site.publish("feeds")
        site.enrol(readers)
        return site

    def enrol(self, readers: int) -> None:
        """Let so many have said yes."""
        database = Database.open("sqlite:///var/publisher.db", self.folder)
        for first in range(0, readers, _CHUNK):
            numbers = range(first, min(first + _CHUNK, readers))
            addresses = [f"reader{number}@mail{number % 200}.example.org" for number in numbers]
            with database.begin() as connection:
                subscribers.add_all(
                    connection,
                    [{"address": each, "address_key": each, "language": "th", "created": NOW} for each in addresses],
                )
                known = subscribers.standing(connection, addresses, lock=False)
                subscribers.set_consents(
                    connection,
                    [
                        {"subscriber_id": each.id, "digest": "world", "consent": Consent.CONFIRMED.value, "since": NOW}
                        for each in known.values()
                    ],
                )
        database.close()

    def publish(self, *words: str) -> tuple[Usage, str]:
        """Run `publish`."""
        path = self.folder / "config" / "publisher.toml"
        command = [sys.executable, "-m", "publisher", "--config", str(path), "--now", NOW.isoformat(), *words]
        try:
            return run(command, ROOT)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{error}:\n{error.output}") from error

    def deliver(self, readers: int) -> Usage:
        """Compose the edition, freeze it and deliver it to everybody."""
        usage, said = self.publish("digest", "world", "--language", "th")
        with self.reading() as connection:
            rows = connection.exec_driver_sql("select state, count(*) from deliveries group by state").all()
        # With the editors' copy.
        if [tuple(row) for row in rows] != [("accepted", readers + 1)]:
            raise SystemExit(f"not everybody has it: {rows}; it said:\n{said}")
        return usage

    def edition(self) -> Edition:
        """Give what went out."""
        with self.reading() as connection:
            name = connection.exec_driver_sql("select id from editions").scalar_one()
            return editions.load(connection, name)

    def message_size(self) -> int:
        """Give the bytes of a message as it went out."""
        settings = config.load(self.folder / "config" / "publisher.toml", {})
        edition, sender = self.edition(), wiring.sender(settings, Signer("a secret of the benchmark"), self.folder)
        delivery = Delivery(
            id=1,
            edition_id=edition.id,
            subscriber_id=1,
            address="reader1@mail1.example.org",
            state=DeliveryState.CLAIMED,
            attempts=0,
            queued=NOW,
        )
        return len(MessageTemplate(edition, "World", sender).message_for(delivery).data)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Look into the database."""
        with (
            contextlib.closing(Database.open("sqlite:///var/publisher.db", self.folder)) as database,
            database.read() as connection,
        ):
            yield connection


def plain(site: Site, port: int, messages: int) -> float:
    """Send with a script as one writes it in an hour; returns messages a second."""
    content = site.edition().content
    pem = site.key.read_bytes()
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        for number in range(messages):
            data = plain_message(content.subject, content.html, content.text, number, pem)
            smtp.sendmail("digest@news.example.org", [f"reader{number}@example.org"], data)
    return messages / (time.perf_counter() - started)


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("smtp-sink does not start")


def measure(folder: Path, readers: int, rounds: int) -> None:
    """Measure and print."""
    ours: list[Usage] = []
    source: list[float] = []
    script: list[float] = []
    with Relay.running() as relay:
        for number in range(rounds):
            site = Site.prepare(folder / str(number), readers, relay.port)
            ours.append(site.deliver(readers))
            size = site.message_size()
            messages = min(readers, READERS)
            source.append(messages / relay.source(messages, size).wall)
            script.append(plain(site, relay.port, PLAIN_MESSAGES))
    best = min(ours, key=lambda usage: usage.wall)
    rate, limit, simple = readers / best.wall, max(source), max(script)
    html = len(site.edition().content.html.encode())
    print(
        f"{readers:,} readers, {html / 1000:.0f} KB of HTML, {size / 1000:.0f} KB as a message, RSA-2048, "
        f"{CONNECTIONS} connections; best of {rounds}\n"
    )
    print_table(
        [
            ("", "messages/s", "wall", "CPU", "memory"),
            ("publish digest", f"{rate:,.0f}", *cells(best)),
            ("smtp-source", f"{limit:,.0f}", "", "", ""),
            ("EmailMessage, dkimpy, smtplib", f"{simple:,.0f}", "", "", ""),
        ]
    )
    print(
        f"\n{rate / simple:.1f} times the script (target: {TIMES_PLAIN}, {met(rate >= TIMES_PLAIN * simple)}), "
        f"{rate / limit:.2f} of smtp-source (target: {PART_OF_SOURCE:.2f}, {met(rate >= PART_OF_SOURCE * limit)}), "
        f"{megabytes(best.memory)} (target: {megabytes(MEMORY)}, {met(best.memory < MEMORY)})"
    )


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery", description=__doc__)
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="publisher-bench-") as temporary:
        measure(Path(temporary), asked.readers, asked.rounds)


if __name__ == "__main__":
    main()
