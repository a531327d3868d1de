"""`publish translations`: the catalogues of fixed words, as templates need them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo
from publisher.kit import catalogues, checks
from publisher.kit.catalogues import primary
from publisher.kit.templating import Templating
from publisher.model.errors import OutputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.settings import Settings


@click.command(
    epilog="""\b
Examples:
  publish translations              the languages of the site and its digests, and those with a file already
  publish translations fr de        begin a file for French, and one for German
  publish translations --check      say what would change, and write nothing
"""
)
@click.argument("languages", metavar="[LANGUAGE]...", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@json_option
@with_global_options
@click.pass_context
def translations(context: click.Context, *, languages: tuple[str, ...], check: bool, as_json: bool) -> None:
    """Bring the translations of fixed words up to date with the templates.

    The words are those of the bundled templates and of your own. Of each language,
    templates/translations/LANGUAGE/messages.po gets what is new, with nothing as its translation yet; what is
    translated stays; what no template needs any more is kept at the end, as a comment. Of the languages that travel
    with the program, the file needs only what you say in other words, and what your own templates add.
    """
    options = options_of(context)
    with options.publication() as publication:
        settings = publication.settings
        templating = Templating(publication.folder / "templates", settings.site.zone)
    there = [path.parent.name for path in templating.folder.glob("translations/*/messages.po")]
    chosen = [_checked(language) for language in languages] or sorted({*languages_of(settings), *there})
    done = [_bring_up_to_date(templating, each, asked=bool(languages), check=check) for each in dict.fromkeys(chosen)]
    if as_json:
        dump({"translations": done})
    elif not options.quiet:
        for each in done:
            new = "would be written" if check else "is written"
            state = (
                f"{each['path']} {new if each['changed'] else 'stays as it is'}" if each["path"] else "no file needed"
            )
            echo(f"{each['language']}: {each['words']} words, {len(each['missing'])} missing; {state}")
    context.exit(1 if check and any(each["changed"] for each in done) else 0)


def languages_of(settings: Settings) -> list[str]:
    """List the languages of the site and its digests."""
    spoken = (language for digest in settings.digests for language in digest.languages)
    return sorted({settings.site.language, *spoken})


def _checked(language: str) -> str:
    try:
        return checks.language(language)
    except ValueError as error:
        raise UsageError(f"LANGUAGE {error}") from error


def _bring_up_to_date(templating: Templating, language: str, *, asked: bool, check: bool) -> dict[str, Any]:
    """Update the file of one language, if it has or needs one."""
    path = catalogues.catalogue_path(templating.folder, language)
    needed = templating.needed(language)
    # Templates are written in English already.
    wanted = path.is_file() or bool(needed and (asked or primary(language) != "en"))
    content = catalogues.updated(path, language, needed) if wanted else b""
    changed = wanted and (not path.is_file() or path.read_bytes() != content)
    if changed and not check:
        _replace(path, content)
    return {
        "language": language,
        "path": str(path.relative_to(templating.folder.parent)) if wanted else None,
        "words": len(templating.phrases),
        "missing": templating.missing(language),
        "changed": changed,
    }


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written ({error.strerror}): mend the folder's permissions") from error
