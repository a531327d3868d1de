"""`publish`: the commands, and the one place that turns errors into prose and exit codes."""

from __future__ import annotations

import gc
import importlib
import sys
import traceback
from typing import Any, NoReturn

import click

from publisher import __version__
from publisher.cli.options import Options, options_of, with_global_options
from publisher.model.errors import ConfigurationError, PublisherError, UsageError

#: Where each command lives; nothing is imported before it is used.
_COMMANDS = {
    "feeds": "publisher.cli.run:feeds",
    "digest": "publisher.cli.run:digest",
    "preview": "publisher.cli.preview:preview",
    "send": "publisher.cli.preview:send",
    "schedule": "publisher.cli.schedule:schedule",
    "serve": "publisher.cli.serve:serve",
    "status": "publisher.cli.ledger:status",
    "explain": "publisher.cli.explain:explain",
    "check": "publisher.cli.check:check",
    "translations": "publisher.cli.translations:translations",
    "quarantine": "publisher.cli.ledger:quarantine",
    "editions": "publisher.cli.ledger:editions",
    "subscribers": "publisher.cli.audience:subscribers",
    "bounces": "publisher.cli.bounces:bounces",
    "init": "publisher.cli.init:init",
}

USAGE = 2
NOTHING = 3
#: So many objects more than before, so many of these rounds, and so many of those, until garbage is looked for.
_SELDOM = (100_000, 20, 20)


class _Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  publish                                 do what is due: collect, write, compose, send
  publish --dry-run                       say what that would be
  publish digest world                    an edition now, whatever the schedule says
  publish explain ART2411101021PJMM6E     what happened to one post
""",
)
@click.option("--dry-run", is_flag=True, help="Say what would change; write and send nothing.")
@click.option("--force", is_flag=True, help="Withdraw posts however many are gone at once.")
@click.option("--adopt", is_flag=True, help="After var/ was lost: take ids and dates from the feeds that stand.")
@click.version_option(__version__, prog_name="publisher")
@with_global_options
@click.pass_context
def cli(context: click.Context, *, dry_run: bool, force: bool, adopt: bool) -> None:
    """Publish a folder of Markdown posts: feeds, and digests by e-mail.

    Without a command: one whole run. Posts are collected, feeds that changed are written, digests that are due are
    composed, and what waits is delivered. Run twice, the second run has nothing to do.

    Exit codes: 0 all well; 1 something was left out or failed, the rest was published; 2 wrong usage or
    configuration; 3 nothing could be published.
    """
    if context.invoked_subcommand is None:
        from publisher.cli.run import whole_run

        context.exit(whole_run(options_of(context), dry_run=dry_run, force=force, adopt=adopt))
    elif adopt:
        raise click.UsageError("--adopt stands alone: `publish --adopt`.")
    elif dry_run or force:
        name = "--dry-run" if dry_run else "--force"
        raise click.UsageError(f"{name} stands alone, or behind `publish feeds` and `publish digest`.")


def main() -> NoReturn:
    """Run the command line and exit."""
    options = Options()
    # Imports and a run make next to no cycles: looking for them as often as Python does would take a tenth of the time.
    often = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        result: Any = cli.main(prog_name="publish", standalone_mode=False, obj=options)
        code = result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = USAGE
    except (KeyboardInterrupt, click.Abort):
        _say("stopped")
        code = 130
    except PublisherError as error:
        _explain(error, options)
        code = USAGE if isinstance(error, UsageError | ConfigurationError) else NOTHING
    except Exception as error:  # noqa: BLE001 (the last wall: a person gets a sentence, not a traceback)
        if options.verbose > 1:
            traceback.print_exc()
        _say(f"{type(error).__name__}: {error} — this is a mistake in publisher; -vv shows where it happened")
        code = NOTHING
    finally:
        gc.set_threshold(*often)
    # Nor need they be looked for once more on the way out.
    gc.freeze()
    sys.exit(code)


def _explain(error: PublisherError, options: Options) -> None:
    if options.verbose > 1:
        traceback.print_exception(error)
    if isinstance(error, ConfigurationError):
        count = len(error.problems)
        _say(f"{error.source} has {'a mistake' if count == 1 else f'{count} mistakes'}:")
        for problem in error.problems:
            click.echo(f"  {problem}", err=True)
    else:
        _say(str(error))


def _say(sentence: str) -> None:
    click.echo(f"publish: {sentence}", err=True)
