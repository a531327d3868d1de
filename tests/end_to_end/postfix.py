"""A Postfix of the tests' own on loopback: it files mail in Maildirs, and reports what it cannot deliver."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Whose the mailboxes are: nobody that is of any importance.
OWNER = pwd.getpwnam("nobody")
DOMAINS = ("example.org", "news.example.org")
#: In seconds; more than a slow machine takes for what is waited for.
PATIENCE = 60.0
_PROGRAMS = {"postfix": "postfix", "dovecot": "dovecot-imapd", "opendkim": "opendkim"}
_DAEMONS = Path("/usr/lib/postfix/sbin")

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = relay.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
notify_classes =
in_flow_delay = 0
# Whatever it is told, nothing leaves this machine.
default_transport = error:5.1.2 nothing leaves this machine
local_transport = $default_transport
relay_domains =
virtual_mailbox_domains = {domains}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/mailboxes
virtual_mailbox_limit = 0
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_tls_loglevel = 0
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
milter_default_action = tempfail
"""

_SERVICES = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def missing(*programs: str) -> str | None:
    """Say in one line why these programs cannot be started here; None if they can."""
    packages = [_PROGRAMS[each] for each in programs if shutil.which(each, path="/usr/sbin:/usr/bin") is None]
    if packages:
        return f"{', '.join(packages)}: not installed, apt-get install {' '.join(packages)}"
    return None if os.geteuid() == 0 else f"only root may start {', '.join(programs)}"


def free_port() -> int:
    """Find a port on loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(done: Callable[[], bool], what: str) -> None:
    """Wait for something to happen, and fail if it does not in a minute."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def listens(port: int) -> bool:
    """Say whether somebody listens on loopback at that port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def daemon(*command: str, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server in the foreground until the end of the block."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            wait_until(lambda: ready() or process.poll() is not None, f"{command[0]} does not start")
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Postfix:
    """One instance, with everything that it needs below one folder."""

    def __init__(self, folder: Path, services: dict[int, dict[str, str]], *, mailboxes: list[str]) -> None:
        """`services` are the ports, and the settings that each has otherwise."""
        self.folder = folder
        self._ports = tuple(services)
        for name in ("etc", "queue", "queue/private", "data", "mail"):
            (folder / name).mkdir()
        postfix = pwd.getpwnam("postfix")
        os.chown(folder / "mail", OWNER.pw_uid, OWNER.pw_gid)
        for name in ("queue/private", "data"):
            os.chown(folder / name, postfix.pw_uid, -1)
            (folder / name).chmod(0o700)
        values = {"uid": OWNER.pw_uid, "gid": OWNER.pw_gid, "domains": ", ".join(DOMAINS)}
        (folder / "etc/main.cf").write_text(_MAIN.format(folder=folder, daemons=_DAEMONS, **values))
        lines = []
        for port, options in services.items():
            lines.append(f"127.0.0.1:{port} inet n - n - - smtpd")
            # A value with spaces stands in braces.
            lines += [f"  -o {{ {name} = {value} }}" for name, value in options.items()]
        (folder / "etc/master.cf").write_text("\n".join(lines) + "\n" + _SERVICES)
        (folder / "mailboxes").write_text("".join(f"{address} {address}/\n" for address in mailboxes), "utf-8")

    def __call__(self, command: str) -> subprocess.CompletedProcess[str]:
        """Start it, stop it, or let it read its configuration again."""
        return subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "etc"), command],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it until the end of the block."""
        started = self("start")
        try:
            assert started.returncode == 0, started.stderr + self.log
            for port in self._ports:
                wait_until(lambda port=port: listens(port), f"Postfix does not listen at {port}: {self.log}")  # type: ignore[misc]
            yield
        finally:
            pid = self._pid()
            self("stop")
            if pid is not None and _lives(pid):
                os.killpg(pid, signal.SIGKILL)

    def maildir(self, address: str) -> Path:
        """Say where the mail to an address is."""
        return self.folder / "mail" / address

    def messages(self, address: str) -> list[bytes]:
        """Give what an address has got, as it lies on the disk: with the line ends of files."""
        folder = self.maildir(address)
        # What is being made of it now may lack folders yet.
        found = sorted(path for name in ("new", "cur") for path in (folder / name).glob("*"))
        return [path.read_bytes() for path in found]

    @property
    def idle(self) -> bool:
        """Say whether no message is in its queue."""
        queues = ("maildrop", "incoming", "active", "deferred")
        return not any(path.is_file() for name in queues for path in (self.folder / "queue" / name).rglob("*"))

    @property
    def log(self) -> str:
        """What it has said so far."""
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.is_file() else ""

    def _pid(self) -> int | None:
        try:
            return int((self.folder / "queue/pid/master.pid").read_text())
        except (OSError, ValueError):
            return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def house() -> Iterator[Path]:
    """Give a folder for a while that users of mail servers can get into; those of pytest are for root alone."""
    with tempfile.TemporaryDirectory(prefix="mail-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
