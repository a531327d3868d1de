"""`publish serve`: the pages behind readers' own links."""

from __future__ import annotations

import gc
import logging

import click

from publisher.cli.options import options_of, with_global_options
from publisher.cli.show import echo


@click.command(
    epilog="""\b
Examples:
  publish serve                  where [web] says, until stopped (Ctrl-C, or SIGTERM)
  publish serve --port 8080      on another port
"""
)
@click.option("--host", help="The address to listen on.  [default: host in [web]]", metavar="ADDRESS")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.  [default: port in [web]]")
@with_global_options
@click.pass_context
def serve(context: click.Context, *, host: str | None, port: int | None) -> None:
    """Serve the pages behind readers' own links: to unsubscribe, to confirm, and their preferences.

    It answers for the host of site.url, and speaks plain HTTP: put a web server with a certificate in front of it.
    """
    options = options_of(context)
    # This goes on for months.
    gc.enable()
    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO, format="%(asctime)s %(levelname)s %(message)s"
    )
    with options.publication() as publication:
        from publisher.web import server
        from publisher.web.site import application

        settings = publication.settings.web
        app = application(publication)
        with server.listen(host or settings.host, settings.port if port is None else port) as listening:
            if not options.quiet:
                echo(f"Serving {publication.settings.site.url} on {server.address_of(listening)}")
            server.run(app, listening)
