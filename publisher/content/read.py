"""A file becomes a post: one read, one hash, front matter only."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from typing import TYPE_CHECKING, Any

from publisher.content import extras, fields, frontmatter, limits
from publisher.content.liquid import has_liquid
from publisher.kit.urls import absolute
from publisher.model.errors import PostError
from publisher.model.naming import language_tag
from publisher.model.post import Post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from publisher.content.scan import SourceFile
    from publisher.content.sources import Source

#: The front matter with the lines around it.
_BLOCK = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*$", re.MULTILINE | re.DOTALL)


def read(file: SourceFile, source: Source) -> Post:
    """Read one file of a source. Raises PostError with the line and the reason."""
    text, offset = decode(file)
    try:
        metadata, body = frontmatter.parse(text)
        return _post(file.path, source, _Fields(metadata, source.names, text), body)
    except PostError as error:
        raise PostError(error.reason, line=error.line + offset) from error


def _post(path: str, source: Source, get: _Fields, body: str) -> Post:
    title = fields.text(get("title"), limits.TITLE_CHARS)
    if not title:
        raise PostError("has no title", line=get.line("title"))
    code = fields.text(get("code"), limits.CODE_CHARS)
    draft = not fields.flag(get("published"), default=True) or fields.flag(get("draft"), default=False)
    draft = draft or ("_drafts/" in path and "/_drafts/" in f"/{path}")
    when = get.date("date", source.zone) or fields.date_of_file(path, source.zone)
    if when is None and not draft:
        raise PostError("has no date, neither in the front matter nor in the file name")
    origin = fields.url(get("origin_url"))
    categories = _categories(path, source, get)
    return Post(
        code=code or path,
        own_code=bool(code),
        path=path,
        title=title,
        description=fields.text(get("description"), limits.DESCRIPTION_CHARS),
        language=_language(source, get),
        categories=categories,
        tags=fields.words(get("tags"), by_space=True),
        authors=fields.authors(get("author")) or source.authors,
        origin_url=origin,
        image=_image(get("image"), origin or source.site_url),
        date=when,
        updated=get.date("updated", source.zone),
        draft=draft,
        body_hash=hash_of(body),
        permalink=_permalink(path, source, get("permalink"), when, categories),
        significant=fields.flag(said, default=True) if (said := get("significant")) else None,
        story=fields.text(get("translation"), limits.CODE_CHARS) or None,
        extras=extras.of(get, source),
        context=hash_of(f"{get.metadata!r} {when}") if _asks_for_front_matter(body, source, get.metadata) else "",
    )


def _language(source: Source, get: _Fields) -> str:
    language = fields.text(get("language"), limits.ITEM_CHARS)
    tag = language_tag(language) if language else source.language
    if tag is None:
        raise PostError(f"has a language that is none: {language!r}; write th or en-GB", line=get.line("language"))
    return tag


def _categories(path: str, source: Source, get: _Fields) -> tuple[str, ...]:
    # Jekyll separates a `categories` string by spaces, a `category` is one.
    said = fields.categories(get("category"), by_space=get.key("category") == "categories")
    if source.folder_categories:
        above = fields.categories_of_folder(path.removeprefix(source.prefix))
        said = fields.categories([*above, *said], by_space=False)
    return said or source.categories


def _permalink(path: str, source: Source, value: Any, when: datetime | None, categories: tuple[str, ...]) -> str | None:
    if value is None:
        return None
    local = when.astimezone(source.zone) if when else None
    filled = fields.permalink(value, path, local, categories)
    return absolute(source.site_url, filled) if filled else None


def _image(value: Any, base: str) -> str | None:
    # Jekyll themes also write `image: {path: …}`.
    if isinstance(value, dict):
        value = value.get("path") or value.get("url")
    return absolute(base, value) if isinstance(value, str) and value.strip() else None


def _asks_for_front_matter(body: str, source: Source, metadata: dict[str, Any]) -> bool:
    return (source.liquid and has_liquid(body)) or "excerpt_separator" in metadata


def contents(file: SourceFile) -> tuple[dict[str, Any], str]:
    """Read the front matter, untyped, and the body. Raises PostError."""
    return frontmatter.parse(decode(file)[0])


def hash_of(body: str) -> str:
    """Hash a body, 128 bits in hexadecimal."""
    return hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def decode(source: SourceFile) -> tuple[str, int]:
    """Read a file as UTF-8 with plain line ends, and say how many lines were blank before its first.

    Raises PostError if it is no regular file, too large, empty, or not UTF-8.
    """
    if source.obstacle:
        raise PostError(source.obstacle)
    data = _bytes(source)
    try:
        text = data.decode("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")
    except UnicodeDecodeError as error:
        # Behind a byte order mark, which is not counted.
        at = error.start + len(data) - len(error.object)
        line = data.count(b"\n", 0, at) + 1
        raise PostError(f"is not UTF-8: byte 0x{data[at]:02x} at position {at}", line=line) from error
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    stripped = text.lstrip()
    if not stripped:
        raise PostError("is empty")
    return stripped, text.count("\n", 0, len(text) - len(stripped))


def _bytes(source: SourceFile) -> bytes:
    if source.size > limits.FILE_BYTES:
        raise PostError(f"has {source.size:,} bytes; a post may have {limits.FILE_BYTES:,}")
    try:
        # O_NONBLOCK: what was a file a moment ago may be a FIFO now, which nobody ever writes to.
        descriptor = os.open(source.full_path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise PostError("is not a regular file")
            data = os.read(descriptor, min(status.st_size, limits.FILE_BYTES) + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise PostError(f"cannot be opened ({error.strerror})") from error
    if len(data) > limits.FILE_BYTES:
        raise PostError(f"has more than {limits.FILE_BYTES:,} bytes")
    return data


class _Fields:
    """Finds the value of a field under any of its names, and the line it stands on."""

    __slots__ = ("_names", "_text", "metadata")

    def __init__(self, metadata: dict[str, Any], names: Mapping[str, tuple[str, ...]], text: str) -> None:
        self.metadata = metadata
        self._names = names
        self._text = text

    def key(self, field: str) -> str | None:
        for name in self._names[field]:
            if self.metadata.get(name):
                return name
        return None

    def __call__(self, field: str) -> Any:
        for name in self._names[field]:
            if value := self.metadata.get(name):
                return value
        return None

    def date(self, field: str, zone: ZoneInfo) -> datetime | None:
        try:
            return fields.date(self(field), zone)
        except PostError as error:
            raise PostError(error.reason, line=self.line(field)) from error

    def line(self, field: str) -> int:
        """Find the line of the key that was used, or of any that might have been."""
        key = self.key(field)
        names = "|".join(map(re.escape, (key,) if key else self._names[field]))
        block = _BLOCK.match(self._text)
        found = re.search(rf"^[\"']?(?:{names})[\"']?\s*:", block[0] if block else "", re.MULTILINE)
        return self._text.count("\n", 0, found.start()) + 1 if found else 1
