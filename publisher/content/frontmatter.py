"""Front matter: what stands between the lines of dashes becomes strings, lists and mappings of strings.

Plain `key: value` lines, which is what nearly every post has, are read by a strict fast path; anything else goes
through PyYAML behind limits. A differential test holds the two equal. Nothing is typed here: `lang: no` and
`code: 012` stay what the editor wrote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from publisher.content.limits import FRONT_MATTER_BYTES, YAML_DEPTH, YAML_EVENTS
from publisher.kit.text import one_line
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from yaml.nodes import Node

#: A scalar that means the same however it is read; outside ASCII only quoted ones do: which spaces and marks YAML folds
#: is for YAML to say.
_DOUBLE = r'"([^"\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]*)"'
_SINGLE = r"'([^'\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]*)'"
_PLAIN = r"([a-zA-Z0-9](?:[\w ./+()!?;@=-]|,(?=.)|:(?=[^\s:]))*)"
_LINE = re.compile(rf"^([A-Za-z][\w-]{{0,99}}):(?:[ ]+(?:{_DOUBLE}|{_SINGLE}|{_PLAIN}))?[ ]*$", re.ASCII | re.MULTILINE)
#: The groups of `_LINE`: its key, and a value that is not quoted.
_KEY, _UNQUOTED = 1, 4
_PLAIN_LINES = 500
_NULLS = frozenset({"null", "Null", "NULL"})


#: What libyaml was doing when it met the end of something else.
_UNENDED = ("while scanning a simple key", "while parsing a flow", "while scanning a quoted")


class _Loader(yaml.CSafeLoader):
    """YAML in which every scalar is a string, and an empty one None."""


# Only the resolver for null stays: no implicit int, float, bool, timestamp or merge.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class _Handler(YAMLHandler):
    """python-frontmatter's YAML handler, strict about where the block ends and careful about what is in it."""

    def split(self, text: str) -> tuple[str, str]:
        start = text.find("\n") + 1 or len(text) + 1
        if text[: start - 1].rstrip() != "---":
            raise PostError("has no front matter: the first line must be ---")
        line = text.find("\n---", start - 1)
        while line >= 0:
            after = text.find("\n", line + 4) + 1 or len(text)
            if not text[line + 4 : after].strip(" \t\n"):
                return text[start : line + 1], text[after:]
            line = text.find("\n---", line + 4)
        raise PostError("has front matter that never ends: a line of --- is missing")

    def load(self, fm: str, **_: object) -> dict[str, Any]:
        if len(fm) > FRONT_MATTER_BYTES or len(fm.encode("utf-8", "replace")) > FRONT_MATTER_BYTES:
            raise PostError(f"has front matter of more than {FRONT_MATTER_BYTES // 1024} KB")
        fields = read_plain(fm)
        return read_yaml(fm) if fields is None else fields


_HANDLER = _Handler()


def parse(text: str) -> tuple[dict[str, Any], str]:
    """Split a post into its fields and its body.

    Values are str, None, or lists and dicts of them. Raises PostError with the line in the file.
    """
    metadata, body = frontmatter.parse(text, handler=_HANDLER)
    return dict(metadata), body


def read_plain(block: str) -> dict[str, Any] | None:
    """Read a block of nothing but plain `key: value` lines; None if it is anything more."""
    fields: dict[str, Any] = {}
    count = 0
    for match in _LINE.finditer(block):
        count += 1
        kind = match.lastindex or 0
        value = match[kind] if kind != _KEY else None
        if kind == _UNQUOTED and value is not None:
            value = value.rstrip(" ")
            value = None if value in _NULLS else value
        fields[match[_KEY]] = value
    # Fewer keys than lines: one comes twice, or a line is something else.
    return fields if count == len(fields) and count == _lines(block) <= _PLAIN_LINES else None


def _lines(block: str) -> int:
    """Count the lines that are not empty."""
    return sum(map(bool, block.split("\n")))


def read_yaml(block: str) -> dict[str, Any]:
    """Read a block with PyYAML, behind limits of events and depth; aliases and merge keys are refused."""
    try:
        _inspect(block)
        fields = yaml.load(block, Loader=_Loader)  # noqa: S506 (a CSafeLoader, narrowed further)
    except yaml.MarkedYAMLError as error:
        raise PostError(f"has front matter that is not YAML: {error.problem}", line=_line_of(error, block)) from error
    except yaml.reader.ReaderError as error:
        line = block.count("\n", 0, error.position) + 2
        raise PostError(f"has front matter that is not YAML: {error.reason}", line=line) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PostError(f"has front matter that is not YAML: {one_line(str(error))}", line=2) from error
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise PostError("has front matter that is not a list of `key: value` lines", line=2)
    return {str(key): value for key, value in fields.items()}


def _line_of(error: yaml.MarkedYAMLError, block: str) -> int:
    """Say where to look: where a thing begins that never ends, else where the trouble is."""
    unended = "end of stream" in (error.problem or "") or (error.context or "").startswith(_UNENDED)
    mark = (error.context_mark if unended else None) or error.problem_mark or error.context_mark
    # libyaml counts other line ends, too, such as U+2028.
    return block.count("\n", 0, mark.index if mark else 0) + 2


def _inspect(block: str) -> None:
    """Walk the events first: they are cheap, and tell what building the values would cost."""
    depth = 0
    for count, event in enumerate(yaml.parse(block, Loader=_Loader)):
        line = (event.start_mark.line if event.start_mark else 0) + 2
        if isinstance(event, yaml.AliasEvent):
            raise PostError("has front matter with an alias (*name), which is not read", line=line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > YAML_DEPTH or count > YAML_EVENTS:
            raise PostError("has front matter that is too deep or too long to be one", line=line)


def _mapping(loader: _Loader, node: Node) -> dict[str, Any]:
    """Build a mapping of string keys; a key that comes twice is an error, as YAML 1.2 has it."""
    if not isinstance(node, yaml.MappingNode):
        raise yaml.constructor.ConstructorError(None, None, "expected a mapping", node.start_mark)
    fields: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key is not a word", key_node.start_mark)
        if key_node.value in fields:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key_node.value!r} comes twice", key_node.start_mark
            )
        fields[key_node.value] = loader.construct_object(value_node, deep=True)
    return fields


def _scalar(loader: _Loader, node: Node) -> str:
    """Take a scalar as it is written, whatever tag it claims."""
    return str(loader.construct_scalar(node))  # type: ignore[arg-type]


_Loader.yaml_constructors = {
    "tag:yaml.org,2002:null": lambda _loader, _node: None,
    "tag:yaml.org,2002:str": _scalar,
    "tag:yaml.org,2002:seq": lambda loader, node: loader.construct_sequence(node, deep=True),
    "tag:yaml.org,2002:map": _mapping,
    "tag:yaml.org,2002:int": _scalar,
    "tag:yaml.org,2002:float": _scalar,
    "tag:yaml.org,2002:bool": _scalar,
    "tag:yaml.org,2002:timestamp": _scalar,
    None: yaml.CSafeLoader.construct_undefined,
}
