"""`publish check`: is it all sound."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from publisher.cli.options import json_option, options_of, with_global_options
from publisher.cli.show import dump, echo, one_line, progress, table
from publisher.model.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import Publication
    from publisher.cli.options import Options
    from publisher.jobs.check_feeds import FeedsChecked
    from publisher.jobs.check_posts import Checked
    from publisher.mail.checked import Finding

#: Of the words that a language lacks, as many are shown.
_EXAMPLES = 3


@click.command(
    epilog="""\b
Examples:
  publish check             configuration, rules of cleaning, folders, database, templates, feeds
  publish check --posts     and every post, rendered as a feed would show it
  publish check --mail      and the mail: signature, DNS, headers, one click, the relay
"""
)
@click.option("--posts", "every_post", is_flag=True, help="Read and render every post.")
@click.option("--mail", is_flag=True, help="Check what providers ask of mail, in the DNS and at the relay, too.")
@click.option("--dns", metavar="ADDRESS[:PORT]", help="With --mail: the name server to ask.  [default: the system's]")
@json_option
@with_global_options
@click.pass_context
def check(context: click.Context, *, every_post: bool, mail: bool, dns: str | None, as_json: bool) -> None:
    """Check that everything is sound, without publishing.

    The feeds in the output folder are read back, in every format, with their history: no post twice, none under
    another id or date than the ledger has. With --posts, every body is rendered; what cannot be goes into quarantine,
    and is named. Words that a language of the site or of a digest lacks are said in English, and named, too. Exit code
    1 if a post is left out, a feed is not as it should be, or a template or a translation cannot be read.

    With --mail, the bytes of the newest edition, or of what would go out now, are held against what providers ask of
    bulk mail; domains are looked up, and the relay is greeted. Exit code 1 for what would keep mail from arriving.
    """
    options = options_of(context)
    mailed = _check_mail(options, dns) if mail else []
    with options.publication(progress=progress(quiet=options.quiet)) as publication:
        # Rules of cleaning that are wrong say so when they are read.
        _ = publication.bodies
        mailed += _check_maildir(publication)
        with publication.running(waiting=lambda pid: click.echo(f"publish: waiting for process {pid}", err=True)):
            found = _check_posts(publication) if every_post else None
        feeds = _check_feeds(publication)
        missing, broken = _check_words(publication)
        with publication.database.read() as connection:
            from publisher.store import sources

            left_out = [(file.path, file.line, file.reason) for file in sources.quarantine(connection)]
    if as_json:
        dump(
            {
                "rendered": found.rendered if found else None,
                "quarantined": [{"path": path, "line": line, "reason": reason} for path, line, reason in left_out],
                "feeds": {"files": feeds.files, "entries": feeds.entries, "findings": feeds.findings},
                "templates": broken,
                "mail": [asdict(finding) for finding in mailed] if mail or mailed else None,
                "translations": [{"language": language, "missing": words} for language, words in missing.items()],
                "warnings": [
                    {"path": path, "warning": each} for path, each in (found.warnings if found else {}).items()
                ],
            }
        )
    elif not options.quiet:
        for finding in mailed:
            echo(one_line(f"mail, {finding.severity}, {finding.rule}: {finding.message}: {finding.way_out}"))
        if mail and not mailed:
            echo("Nothing is found wrong with the mail.")
        _show_words(missing, broken)
        _show(found, feeds, left_out, sound=not broken)
    unmailable = any(finding.severity == "error" for finding in mailed)
    context.exit(1 if left_out or feeds.findings or broken or unmailable else 0)


def _check_mail(options: Options, dns: str | None) -> list[Finding]:
    from publisher.mail.resolver import Dns

    host, _, port = (dns or "").partition(":")
    if port and not port.isdecimal():
        raise UsageError(f"--dns {dns!r} is no name server: write 192.0.2.1, or 127.0.0.1:5353")
    with options.publication(rehearsal=True) as publication:
        found = publication.check_mail(Dns((host, int(port or 53)) if host else None))
    if found is None:
        raise UsageError("there is no edition to check, and no post for one: publish a post, and check again")
    return found


def _check_maildir(publication: Publication) -> list[Finding]:
    maildir = publication.settings.mail.bounces_maildir
    if maildir is None:
        return []
    from publisher.jobs.check_mail import check_maildir

    return check_maildir(publication.folder / maildir)


def _check_posts(publication: Publication) -> Checked:
    from publisher.jobs.check_posts import check_posts

    publication.collect()
    return check_posts(publication.database, publication.bodies, now=publication.now, progress=publication.progress)


def _check_feeds(publication: Publication) -> FeedsChecked:
    from publisher.jobs.check_feeds import FeedChecker

    return FeedChecker(
        database=publication.database,
        output=publication.output,
        plan=publication.feed_plan,
        progress=publication.progress,
    ).check()


def _check_words(publication: Publication) -> tuple[dict[str, list[str]], list[str]]:
    """Find the words that each language lacks, and what is wrong with templates and translations."""
    from publisher.cli.translations import languages_of
    from publisher.kit.templating import Templating
    from publisher.model.errors import TemplateError

    templating = Templating(publication.folder / "templates", publication.settings.site.zone)
    missing: dict[str, list[str]] = {}
    broken: list[str] = []
    for language in languages_of(publication.settings):
        try:
            missing[language] = templating.missing(language)
        except TemplateError as error:
            broken.append(str(error))
    return missing, list(dict.fromkeys(broken))


def _show_words(missing: dict[str, list[str]], broken: list[str]) -> None:
    for sentence in broken:
        echo(one_line(sentence))
    for language, words in missing.items():
        if words:
            shown = ", ".join(f"“{word}”" for word in words[:_EXAMPLES])
            more = "" if len(words) <= _EXAMPLES else " and others"
            echo(
                f"{language}: {len(words)} {'word is' if len(words) == 1 else 'words are'} said in English, {shown}"
                f"{more}: `publish translations {language}` lists them for you to translate."
            )


def _show(
    found: Checked | None, feeds: FeedsChecked, left_out: list[tuple[str, int | None, str | None]], *, sound: bool
) -> None:
    if found is not None:
        echo(f"{found.rendered:,} {'post' if found.rendered == 1 else 'posts'} can be rendered.")
        for path, warning in found.warnings.items():
            echo(one_line(f"{path}: {warning}"))
    for finding in feeds.findings:
        echo(one_line(finding))
    if not feeds.findings:
        echo(f"{feeds.files:,} feed files with {feeds.entries:,} entries agree with the ledger of ids.")
    if left_out:
        table(["file", "line", "reason"], left_out, right=[1])
    elif sound and not feeds.findings:
        echo("No post is left out. Configuration, folders, database and feeds are sound.")
