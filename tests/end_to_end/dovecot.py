"""A Dovecot of the tests' own on loopback: people read their Maildirs by IMAP, and Postfix asks it who may send."""

from __future__ import annotations

import contextlib
import imaplib
from typing import TYPE_CHECKING

from tests.end_to_end.postfix import OWNER, daemon, listens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Everybody's.
PASSWORD = "a-secret"

_CONFIGURATION = """\
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
first_valid_uid = {owner.pw_uid}
# It does not know the limits of every container.
default_vsz_limit = 1G
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
}}
service auth {{
  unix_listener {folder}/queue/private/auth {{
    mode = 0600
    user = postfix
  }}
}}
"""


class Dovecot:
    """What reads the Maildirs of a Postfix in the same folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port
        (folder / "dovecot.conf").write_text(
            _CONFIGURATION.format(folder=folder, port=port, owner=OWNER, password=PASSWORD)
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it until the end of the block."""
        asked = self._folder / "queue/private/auth"
        command = ("/usr/sbin/dovecot", "-F", "-c", str(self._folder / "dovecot.conf"))
        with daemon(*command, ready=lambda: asked.exists() and listens(self._port)):
            yield

    def messages(self, address: str) -> list[bytes]:
        """Read an inbox as a mail program does: with the line ends of mail."""
        found = []
        with imaplib.IMAP4("127.0.0.1", self._port, timeout=30) as client:
            client.login(address, PASSWORD)
            client.select("INBOX", readonly=True)
            for number in client.search(None, "ALL")[1][0].split():
                _, answer = client.fetch(number.decode(), "(BODY.PEEK[])")
                found += [part[1] for part in answer if isinstance(part, tuple)]
        return found
