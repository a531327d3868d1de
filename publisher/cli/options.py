"""The options that every command has, wherever on the line they stand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from publisher.app import Publication

_Function = TypeVar("_Function", bound="Callable[..., Any]")


@dataclass
class Options:
    """What was said on the command line for all commands."""

    config: Path = Path("config/publisher.toml")
    now: str | None = None
    verbose: int = 0
    quiet: bool = False

    def publication(self, *, rehearsal: bool = False, progress: Any = None) -> Publication:
        """Open the publication. Raises ConfigurationError, and UsageError for a `--now` that is no moment."""
        from publisher import config
        from publisher.app import Publication

        settings = config.load(self.config)
        publication = Publication(folder=self.config.resolve().parent.parent, settings=settings, rehearsal=rehearsal)
        if self.now is not None:
            publication.now = _moment(self.now, settings.site.zone)
        if progress is not None:
            publication.progress = progress
        return publication


def _moment(text: str, zone: ZoneInfo) -> datetime:
    from datetime import UTC, datetime

    from publisher.model.errors import UsageError

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text!r} is no moment: write 2024-11-10T18:00, or with a zone +07:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def options_of(context: click.Context) -> Options:
    """Give the options of this call."""
    return context.find_root().ensure_object(Options)


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        options = options_of(context)
        if value:
            setattr(options, name, getattr(options, name) + value if name == "verbose" else value)

    return keep


def with_global_options(function: _Function) -> _Function:
    """Give a command the options that every command has."""
    for decorate in reversed(
        [
            click.option(
                "--config",
                "config",
                metavar="FILE",
                type=click.Path(path_type=Path, dir_okay=False),
                help="The publication's configuration.  [default: config/publisher.toml]",
                expose_value=False,
                callback=_keep("config"),
            ),
            click.option(
                "--now",
                metavar="INSTANT",
                help="Act as if it were this moment, such as 2024-11-10T18:00.",
                expose_value=False,
                callback=_keep("now"),
            ),
            click.option(
                "-v",
                "--verbose",
                count=True,
                help="Say more; -vv shows where a failure happened.",
                expose_value=False,
                callback=_keep("verbose"),
            ),
            click.option(
                "--quiet", is_flag=True, help="Say nothing but errors.", expose_value=False, callback=_keep("quiet")
            ),
        ]
    ):
        function = decorate(function)
    return function


json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON, for programs.")
