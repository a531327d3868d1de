"""`publish serve`: the pages behind readers' own links, and the scheduler beside them if it is asked for."""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.options import options_of, with_global_options
from publisher.cli.show import echo

if TYPE_CHECKING:
    import socket

    from publisher.app import Publication
    from publisher.cli.options import Options

#: What a shell adds to the number of the signal that ended a program.
_BY_SIGNAL = 128
#: Between two looks at what ends, in seconds.
_PAUSE = 0.05


@click.command(
    epilog="""\b
Examples:
  publish serve                  where [web] says, until stopped (Ctrl-C, or SIGTERM)
  publish serve --schedule       and publish whenever it is time, as `publish schedule` does
  publish serve --port 8080      on another port
"""
)
@click.option("--host", help="The address to listen on.  [default: host in [web]]", metavar="ADDRESS")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: port in [web]]")
@click.option("--schedule", "scheduling", is_flag=True, help="Publish whenever it is time, too, beside the server.")
@with_global_options
@click.pass_context
def serve(context: click.Context, *, host: str | None, port: int | None, scheduling: bool) -> None:
    """Serve the pages behind readers' own links: to unsubscribe, to confirm, and their preferences.

    It answers for the host of site.url, and speaks plain HTTP: put a web server with a certificate in front of it.
    With --schedule, a process beside it does what `publish schedule` does; when one ends, so does the other.
    """
    options = options_of(context)
    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    from publisher.web import server

    with options.publication() as publication:
        settings = publication.settings.web
        with server.listen(host or settings.host, settings.port if port is None else port) as listening:
            if scheduling:
                context.exit(_serve_and_publish(options, publication, listening))
            _serve(options, publication, listening)


def _serve(options: Options, publication: Publication, listening: socket.socket, beside: _Beside | None = None) -> None:
    from publisher.web import server
    from publisher.web.site import application

    app = application(publication)
    if not options.quiet:
        echo(f"Serving {publication.settings.site.url} on {server.address_of(listening)}")
    server.run(app, listening, ended=beside.ended if beside else lambda: False)


def _serve_and_publish(options: Options, publication: Publication, listening: socket.socket) -> int:
    """Serve in this process and publish in another; gives the exit code of both.

    Whatever forks to render must have no threads beside it, and only a process of its own leaves in order on a signal.
    """
    stopped_by: list[int] = []
    before: dict[int, Any] = {
        number: signal.signal(number, lambda number, _frame: stopped_by.append(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    here = os.getpid()
    # Nobody has opened the database yet: SQLite's connections must not be carried across a fork.
    pid = os.fork()
    if not pid:  # pragma: no cover (in a child)
        # Ctrl-C is for all processes of a terminal, and a second signal would end what is in flight.
        os.setpgid(0, 0)
        listening.close()
        from publisher.cli.schedule import keep_publishing

        # Its errors become sentences where those of every command do.
        keep_publishing(options, wanted=lambda: not stopped_by and os.getppid() == here)
        return 0
    beside = _Beside(pid, stopped_by)
    try:
        _serve(options, publication, listening, beside)
    finally:
        code = beside.end()
        for number, handler in before.items():
            signal.signal(number, handler)
    if code and not beside.told:
        click.echo(f"publish: the scheduler has ended with exit code {code}, and the server with it", err=True)
    return code


class _Beside:
    """The process beside this one."""

    def __init__(self, pid: int, stopped_by: list[int]) -> None:
        self._pid = pid
        self._stopped_by = stopped_by
        self._code: int | None = None
        #: Whether it was told to end.
        self.told = False

    def ended(self) -> bool:
        """Say whether there is no reason to go on: it has ended, or a signal has come."""
        return bool(self._stopped_by) or self._has_ended()

    def end(self) -> int:
        """Let it finish what is under way, and give its exit code; further signals are passed on."""
        passed, self.told = len(self._stopped_by) - 1, not self._has_ended()
        while not self._has_ended():
            if passed < len(self._stopped_by):
                passed += 1
                os.kill(self._pid, signal.SIGTERM)
            time.sleep(_PAUSE)
        return self._code or 0

    def _has_ended(self) -> bool:
        if self._code is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self._code = code if code >= 0 else _BY_SIGNAL - code
        return self._code is not None
