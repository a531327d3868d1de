"""An opendkim of the tests' own on loopback: it looks at what a Postfix takes in, and writes down what it thinks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.end_to_end.postfix import daemon, listens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIGURATION = """\
Mode v
UserID opendkim
Socket inet:{port}@127.0.0.1
TestDNSData file:{folder}/keys
AlwaysAddARHeader yes
AuthservID relay.example.org
Syslog no
"""


@contextlib.contextmanager
def verifying(folder: Path, port: int, keys: dict[str, str]) -> Iterator[None]:
    """Verify mail until the end of the block; `keys` are TXT records by their names, instead of those in DNS."""
    (folder / "keys").write_text("".join(f"{name} {record}\n" for name, record in keys.items()))
    (folder / "opendkim.conf").write_text(_CONFIGURATION.format(folder=folder, port=port))
    (folder / "opendkim.conf").chmod(0o644)
    with daemon("/usr/sbin/opendkim", "-f", "-x", str(folder / "opendkim.conf"), ready=lambda: listens(port)):
        yield
