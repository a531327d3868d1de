"""python-liquid behind walls: which tags and filters there are, and how much one body may ask of them.

The only file that imports python-liquid; `publisher.content.liquid` imports it when a body has Liquid.
"""

from __future__ import annotations

import functools
import re
import textwrap
from typing import TYPE_CHECKING, Any, cast

from liquid import BoundTemplate, Environment, Mode, Node, RenderContext, Tag, Token, TokenStream, Undefined
from liquid.builtin import content, illegal, output
from liquid.builtin import tags as builtin
from liquid.exceptions import LiquidError, LiquidInterrupt, OutputStreamLimitError, ResourceLimitError
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.token import TOKEN_CONTENT, TOKEN_EXPRESSION, TOKEN_OUTPUT, TOKEN_TAG
from liquid.undefined import UNDEFINED as MISSING

from publisher.content import limits
from publisher.content.jekyll.filters import FILTERS, shown
from publisher.content.jekyll.pieces import MEANT, UNDEFINED
from publisher.content.limits import FILE_BYTES
from publisher.kit.text import one_line
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from io import StringIO
    from typing import TextIO

    from liquid.ast import BlockNode

    from publisher.content.jekyll.pieces import Piece

_DEEP = re.compile(r"\b(?:and|or)\b|[\[(]")
#: What Markdown may take for more than a character, written as a number.
_ACTIVE = {code: f"&#{code};" for code in range(128) if not chr(code).isalnum() and chr(code) not in " .,-"}
_ACTIVE[ord(MEANT)] = _ACTIVE[ord("{")]


def code_block(code: str) -> str:
    """Make a listing that Markdown leaves alone wherever it stands: one line, and nothing in it is punctuation."""
    code = textwrap.dedent(code.strip("\n").rstrip())
    return f"<pre><code>{code.translate(_ACTIVE)}</code></pre>"


class Nothing(Undefined):
    """A value that is not defined: nothing, and a mark where it would have been shown."""

    __slots__ = ("_report",)

    def __init__(self, name: str, report: Callable[[str], object]) -> None:
        super().__init__(name)
        self._report = report

    def __str__(self) -> str:
        self._report(f"{self.name} is not defined")
        return UNDEFINED


class Context(RenderContext):
    """What one body may see, and what it has used up. Raises PostError where that is too much."""

    def __init__(
        self,
        template: BoundTemplate,
        names: Mapping[str, Any],
        link: Callable[[str], str],
        report: Callable[[str], object],
    ) -> None:
        super().__init__(template, globals=names)
        self.site: Mapping[str, Any] = names["site"]
        self.link = link
        self.report = report
        self._steps = 0
        self._held: dict[str, int] = {}
        self._weight = 0

    def spend(self, steps: int) -> None:
        """Count work."""
        self._steps += steps
        if self._steps > limits.LIQUID_STEPS:
            raise PostError(f"has Liquid that takes more than {limits.LIQUID_STEPS:,} steps")

    def touch(self, *values: object) -> None:
        """Count the work that values of such a size mean."""
        for value in values:
            weight = _weight(value)
            if weight > limits.LIQUID_VALUE:
                raise PostError("has Liquid that makes a value too large to work with")
            self.spend(1 + (weight >> 8))

    def get(self, path: list[object], *, token: Token | None, default: object = MISSING) -> object:
        """Look a name up; what is not there is Nothing."""
        value = super().get(path, token=token, default=default)
        self.touch(value)
        if not isinstance(value, Undefined):
            return value
        return Nothing(one_line(".".join(str(part) for part in path if isinstance(part, str | int)))[:100], self.report)

    def assign(self, key: str, val: Any) -> None:
        """Keep a value under a name."""
        weight = _weight(val)
        self._weight += weight - self._held.get(key, 0)
        self._held[key] = weight
        self.spend(1)
        if self._weight > limits.LIQUID_NAMES:
            raise PostError("has Liquid that assigns more than can be kept")
        self.locals[key] = val

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        """Find a filter; one that fails or is not known leaves the value as it is."""
        if name not in self.env.filters:
            self.report(f"the filter {name} is not known")
            return lambda value, *_, **__: value
        known = super().filter(name, token)

        def apply(value: object, *arguments: object, **named: object) -> object:
            self.touch(value, *arguments, *named.values())
            _refuse_growth(name, value, arguments)
            try:
                result = known(value, *arguments, **named)
            except Exception:  # noqa: BLE001 (a filter meets values of any kind)
                self.report(f"the filter {name} cannot be applied")
                return value
            self.touch(result)
            return result

        return apply


def _weight(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple):
        return 16 * len(value) + sum(len(item) for item in value if isinstance(item, str))
    if isinstance(value, range):
        return 16 * max(0, value.stop - value.start)
    if isinstance(value, int):
        return value.bit_length()
    return 1


def _refuse_growth(name: str, value: object, arguments: tuple[object, ...]) -> None:
    """Stop those filters that multiply before they do."""
    if name in {"join", "replace"} and isinstance(value, str | list | tuple):
        longest = max((len(argument) for argument in arguments if isinstance(argument, str)), default=0)
        if len(value) * longest > 8 * limits.LIQUID_VALUE:
            raise PostError("has Liquid that makes a value too large to work with")


class _Step(Node):
    """Stands first in every body of a block, and counts what is in it each time."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:  # noqa: ARG002
        cast("Context", context).spend(int(self.token.value))
        return 0


class _StepTag(Tag):
    name = "step"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        stream.eat(TOKEN_TAG)
        return _Step(stream.expect(TOKEN_EXPRESSION))


class _Highlight(Node):
    def __init__(self, token: Token, block: BlockNode) -> None:
        super().__init__(token)
        self._block = block
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        inner = context.get_buffer(buffer)
        self._block.render(context, inner)
        return buffer.write(code_block(inner.getvalue()))


class _HighlightTag(Tag):
    name = "highlight"
    end = "endhighlight"

    def parse(self, stream: TokenStream) -> Node:
        token = stream.eat(TOKEN_TAG)
        if stream.current.kind == TOKEN_EXPRESSION:
            next(stream)
        return _Highlight(token, get_parser(self.env).parse_block(stream, (self.end,)))


class _Link(Node):
    def __init__(self, token: Token, path: str) -> None:
        super().__init__(token)
        self._path = path
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(cast("Context", context).link(self._path))


class _LinkTag(Tag):
    name = "link"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        return _Link(stream.eat(TOKEN_TAG), stream.expect(TOKEN_EXPRESSION).value)


class _PostUrlTag(_LinkTag):
    name = "post_url"


class _For(builtin.for_tag.ForNode):
    """A loop that looks how long its range is before that is made a list."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        cast("Context", context).touch(self.expression.iterable.evaluate(context))
        return super().render_to_output(context, buffer)


class _ForTag(builtin.for_tag.ForTag):
    node_class = _For


class _Output(output.OutputNode):
    """An output that shows no mapping, which would be Python's."""

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        value = self.expression.evaluate(context)
        if isinstance(value, dict):
            cast("Context", context).report(f"{self.expression} is more than a value")
            return 0
        return sum(buffer.write(shown(item)) for item in (value if isinstance(value, list | tuple) else [value]))


class _OutputTag(output.Output):
    node_class = _Output


class _Environment(Environment):
    output_stream_limit = FILE_BYTES
    #: Of blocks; `publisher.content.liquid` holds them to less.
    block_nesting_limit = 100
    context_depth_limit = 100

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags.clear()
        for tag in _TAGS:
            self.add_tag(tag)
        self.filters.update(FILTERS)


_TAGS: tuple[type[Tag], ...] = (
    *(content.Literal, illegal.Illegal, _OutputTag, _StepTag, _HighlightTag, _LinkTag, _PostUrlTag, _ForTag),
    *(builtin.for_tag.BreakTag, builtin.for_tag.ContinueTag, builtin.if_tag.IfTag, builtin.unless_tag.UnlessTag),
    *(builtin.case_tag.CaseTag, builtin.capture_tag.CaptureTag, builtin.assign_tag.AssignTag),
    *(builtin.cycle_tag.CycleTag, builtin.ifchanged_tag.IfChangedTag),
    *(builtin.increment_tag.IncrementTag, builtin.decrement_tag.DecrementTag),
)


@functools.cache
def _environment() -> Environment:
    return _Environment(tolerance=Mode.LAX)


@functools.lru_cache(maxsize=4_096)
def understood(name: str, expression: str) -> bool:
    """Say whether a tag, or an output, which is called `{{`, can be read with such an expression."""
    if len(expression) > limits.EXPRESSION_CHARS or len(_DEEP.findall(expression)) > limits.EXPRESSION_DEPTH:
        return False
    if name in {"link", "post_url"}:
        return bool(expression) and "{" not in expression
    before = {"when": [_token("case"), _token("1", TOKEN_EXPRESSION)]}.get(name, [])
    ends = {"elsif": "if", "when": "case"}
    tag = ends.get(name, name)
    tokens = [*before, *_tokens_of({"elsif": "if"}.get(name, name), expression), _token("end" + tag)]
    parser = _environment().tags[TOKEN_OUTPUT if name == "{{" else tag]
    try:
        parser.parse(TokenStream(iter(tokens)))
    except (LiquidError, ArithmeticError, ValueError, RecursionError):
        return False
    return True


def _token(value: str, kind: str = TOKEN_TAG) -> Token:
    return Token(kind, value, 0, value)


def _tokens_of(name: str, expression: str) -> list[Token]:
    head = _token("{{", TOKEN_OUTPUT) if name == "{{" else _token(name)
    return [head, _token(expression, TOKEN_EXPRESSION)] if expression else [head]


def run(
    pieces: Iterable[Piece], names: Mapping[str, Any], link: Callable[[str], str], report: Callable[[str], object]
) -> str:
    """Render pieces that are balanced and understood. Raises PostError where they ask for too much."""
    environment = _environment()
    nodes = get_parser(environment).parse(TokenStream(iter(_counted(pieces))))
    context = Context(BoundTemplate(environment, nodes), names, link, report)
    buffer: StringIO = LimitedStringIO(limit=FILE_BYTES)
    for node in nodes:
        try:
            node.render(context, buffer)
        except OutputStreamLimitError as error:
            raise PostError(f"has Liquid that writes more than {FILE_BYTES:,} bytes") from error
        except ResourceLimitError as error:
            raise PostError(f"has Liquid that is too deep: {error.message}") from error
        except (LiquidError, LiquidInterrupt, ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
            report(f"{{% {node.token.value} %}} cannot be carried out")
    return buffer.getvalue()


def _counted(pieces: Iterable[Piece]) -> list[Token]:
    """Make tokens, with a step at the start of every body that says how many pieces stand in it."""
    tokens: list[Token] = []
    bodies = [[0, 0]]
    for piece in pieces:
        if piece.closes:
            at, count = bodies.pop()
            # Between `case` and its first `when` there is no body.
            if at:
                tokens[at] = _token(str(count), TOKEN_EXPRESSION)
        bodies[-1][1] += 1
        if piece.name:
            tokens += _tokens_of(piece.name, piece.expression)
        else:
            tokens.append(_token(piece.source, TOKEN_CONTENT))
        if piece.name == "case":
            bodies.append([0, 0])
        elif piece.opens:
            tokens += [_token("step"), _token("1", TOKEN_EXPRESSION)]
            bodies.append([len(tokens) - 1, 1])
    return tokens
