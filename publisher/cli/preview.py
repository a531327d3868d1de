"""`publish preview`: what a digest would send now, to look at and to hold against mail programs."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from os.path import relpath
from pathlib import Path
from typing import TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, one_line, progress, table
from publisher.model.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from publisher.app import Publication
    from publisher.digest.preview import Previewed


@click.command(
    epilog="""\b
Examples:
  publish preview world                         write the editions to var/preview/
  publish preview world --open                  and look at them side by side
  publish preview world --lint                  say what mail programs would make wrong of them
  publish preview world --png pictures          photograph them in Chromium
  publish preview world --now 2024-11-10T07:00  as they would have been
"""
)
@click.argument("name")
@click.option("--language", metavar="LANGUAGE", help="Only the edition in this language.")
@click.option("--open", "look", is_flag=True, help="Open the page with all of them in a browser.")
@click.option("--lint", is_flag=True, help="List what is wrong with them; exit with 1 if that would stop a send.")
@click.option(
    "--png", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), help="Write a PNG of each view."
)
@json_option
@with_global_options
@click.pass_context
def preview(
    context: click.Context, name: str, *, language: str | None, look: bool, lint: bool, png: Path | None, as_json: bool
) -> None:
    """Show the editions of digest NAME that would go out now.

    They are written as HTML and text below var/preview/, and all together as one page: in the inbox, wide and narrow,
    light and dark, with pictures off, as plain text, with their faults. Nothing is recorded or sent. Your browser, and
    --png, load the pictures that they show from the web, as their readers do; --png needs publisher[pictures].
    """
    options = options_of(context)
    tell = not (options.quiet or as_json)
    with options.publication(rehearsal=True, progress=progress(quiet=options.quiet)) as publication:
        previews = _compose(publication, name, language)
        folder = publication.folder / "var" / "preview"
        with _writing():
            page = _write(publication, folder, name, previews) if previews else None
        if as_json:
            dump([_as_json(each, folder) for each in previews])
        if tell:
            _list(name, previews, folder, page)
            if lint and previews:
                _show_findings(previews)
        if png and previews:
            with _writing():
                _photograph(publication, previews, png, tell=tell)
    if look and page is not None and click.launch(str(page)):
        click.echo(f"publish: nothing here opens pages: open {relpath(page)} in a browser yourself", err=True)
    context.exit(1 if lint and any(each.stops_a_send for each in previews) else 0)


@click.command(
    epilog="""\b
Examples:
  publish send world --to you@example.org
  publish send world --to you@example.org --language th
"""
)
@click.argument("name")
@click.option("--to", "address", metavar="ADDRESS", required=True, help="Who gets it.")
@click.option("--language", metavar="LANGUAGE", help="Only the edition in this language.")
@with_global_options
@click.pass_context
def send(context: click.Context, name: str, *, address: str, language: str | None) -> None:
    """Send what digest NAME would send now to one address, as a test.

    It goes the way that mail goes, but nothing is recorded, and the reader's own links in it lead nowhere.
    """
    options = options_of(context)
    with options.publication(rehearsal=True, progress=progress(quiet=options.quiet)) as publication:
        sent = publication.send_test(name, address, language.lower() if language else None)
    if options.quiet:
        return
    for edition, reply in sent:
        echo(one_line(f"{edition}: {reply}"))
    if not sent:
        echo(f"{name}: no new posts for an edition")


def _compose(publication: Publication, name: str, language: str | None) -> list[Previewed]:
    from publisher.digest.preview import Previewed

    composed = publication.preview(name, language.lower() if language else None)
    return [Previewed(edition=each.edition, findings=each.findings) for each in composed]


def _write(publication: Publication, folder: Path, name: str, previews: Sequence[Previewed]) -> Path:
    """Write the editions and the page of all; gives the page's path."""
    from publisher.digest.preview import preview_page

    page = preview_page(
        publication.composer.renderer.templating,
        previews,
        title=publication.digest(name).title("en"),
        sender=publication.settings.mail.sender,
        date=publication.now,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for edition in (each.edition for each in previews):
        (folder / f"{edition.id}.html").write_text(edition.content.html, "utf-8")
        (folder / f"{edition.id}.txt").write_text(edition.content.text, "utf-8")
    (folder / f"{name}.html").write_text(page, "utf-8")
    return folder / f"{name}.html"


def _list(name: str, previews: Sequence[Previewed], folder: Path, page: Path | None) -> None:
    for edition in (each.edition for each in previews):
        echo(one_line(edition.content.subject))
        echo(f"  {relpath(folder / f'{edition.id}.html')}")
        echo(f"  {relpath(folder / f'{edition.id}.txt')}")
    echo(f"Look at {relpath(page)}" if page else f"{name}: no new posts for an edition")


def _as_json(preview: Previewed, folder: Path) -> dict[str, object]:
    edition = preview.edition
    return {
        "edition": edition.id,
        "subject": edition.content.subject,
        "size": preview.size,
        "path": relpath(folder / f"{edition.id}.html"),
        "findings": [asdict(finding) for finding in preview.findings],
    }


def _show_findings(previews: Sequence[Previewed]) -> None:
    rows = [
        (each.edition.id, finding.severity, finding.line or "", finding.rule, finding.message)
        for each in previews
        for finding in each.findings
    ]
    if rows:
        table(["edition", "severity", "line", "rule", "message"], rows, right=[2])
    else:
        echo("nothing found")


def _photograph(publication: Publication, previews: Sequence[Previewed], folder: Path, *, tell: bool) -> None:
    from publisher.kit.browser import Shot, photograph

    shots = [
        Shot(html=html, path=folder / f"{each.edition.id}-{view.name}.png", width=view.width, dark=view.dark)
        for each in previews
        for view, html in each.frames
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for done, path in enumerate(photograph(shots), start=1):
        publication.progress("Pictures", done, len(shots))
        if tell:
            echo(relpath(path))


@contextlib.contextmanager
def _writing() -> Iterator[None]:
    """Turn what the file system says into a sentence."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written ({error.strerror}): mend it, or name another") from error
