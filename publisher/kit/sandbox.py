"""What a template may do: Jinja's sandbox with powers bounded, and its files, whose errors say where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jinja2.runtime import Context

#: Numbers above it, which no page has, would keep the processor busy in a way that nothing can end.
_LARGEST_EXPONENT = 1000


def environment(own: Path, bundled: Path) -> jinja2.Environment:
    """Make the environment: a publication's own files before the bundled ones, which `publisher/` always names."""
    theirs = _Files(bundled)
    return _Environment(
        loader=jinja2.ChoiceLoader([jinja2.PrefixLoader({"publisher": theirs}), _Files(own), theirs]),
        autoescape=lambda name: not (name or "").endswith(".txt"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


class _Environment(SandboxedEnvironment):
    intercepted_binops = frozenset({"**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if abs(right) > _LARGEST_EXPONENT:
            raise OverflowError(f"powers above {_LARGEST_EXPONENT} are not for templates")
        return super().call_binop(context, operator, left, right)


class _Files(jinja2.FileSystemLoader):
    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            path = f"{self.searchpath[0]}/{template}"
            raise jinja2.TemplateSyntaxError("this is not UTF-8", line, template, path) from None
