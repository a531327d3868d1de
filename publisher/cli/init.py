"""`publish init`: a new publication from scratch."""

from __future__ import annotations

from pathlib import Path

import click

from publisher.cli.options import with_global_options
from publisher.cli.show import echo
from publisher.model.errors import OutputError, UsageError

_IGNORED = "/output/\n/var/\n/config/secrets/\n"


@click.command(
    epilog="""\b
Example:
  publish init site && cd site && publish
"""
)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@with_global_options
def init(directory: Path) -> None:
    """Make a new publication in DIR.

    It gets a configuration with every key explained, and two posts to begin with.
    """
    from publisher.kit.bundled import bundled

    target = directory / "config" / "publisher.toml"
    if target.exists():
        raise UsageError(f"{target} is there already: name another folder, or edit that file")
    names = ("publisher.toml", "cleaning.toml")
    files = {directory / "config" / name: (bundled("config") / name).read_bytes() for name in names}
    for post in sorted((bundled("templates") / "starter" / "posts").glob("*.md")):
        files[directory / "posts" / post.name] = post.read_bytes()
    files[directory / ".gitignore"] = _IGNORED.encode()
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be written ({error.strerror}): name another folder") from error
    echo(f"A publication is in {directory}. Next:")
    echo(f"  cd {directory}")
    echo("  publish                    and look at output/index.html")
    echo("  edit config/publisher.toml for your site, and put your posts into posts/")
