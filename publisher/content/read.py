"""A file becomes a post: one read, one hash, front matter only."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.content import fields, frontmatter, limits
from publisher.kit.urls import absolute
from publisher.model.errors import PostError
from publisher.model.naming import language_tag
from publisher.model.post import Post

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from publisher.content.scan import SourceFile

#: Raised by one whenever the same file would be read as another post.
READER = 1

#: The front matter with the lines around it.
_BLOCK = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class PostReader:
    """Reads posts as one publication writes them."""

    #: Where front matter says what; see `fields.FIELDS`.
    names: Mapping[str, tuple[str, ...]]
    #: Of dates without one.
    zone: ZoneInfo
    #: Of posts that do not say.
    language: str
    #: What relative pictures of posts without an origin are relative to.
    site_url: str

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would be read as another post."""
        words = repr((READER, sorted(self.names.items()), str(self.zone), self.language, self.site_url))
        return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()

    def read(self, source: SourceFile) -> Post:
        """Read one file. Raises PostError with the line and the reason."""
        text, offset = decode(source)
        try:
            metadata, body = frontmatter.parse(text)
            return self._post(source, metadata, body, text)
        except PostError as error:
            raise PostError(error.reason, line=error.line + offset) from error

    def _post(self, source: SourceFile, metadata: dict[str, Any], body: str, text: str) -> Post:
        get = _Fields(metadata, self.names, text)
        title = fields.text(get("title"), limits.TITLE_CHARS)
        if not title:
            raise PostError("has no title", line=get.line("title"))
        code = fields.text(get("code"), limits.CODE_CHARS)
        draft = not fields.flag(get("published"), default=True) or fields.flag(get("draft"), default=False)
        draft = draft or "/_drafts/" in f"/{source.path}"
        when = get.date("date", self.zone) or fields.date_of_file(source.path, self.zone)
        if when is None and not draft:
            raise PostError("has no date, neither in the front matter nor in the file name")
        language = fields.text(get("language"), limits.ITEM_CHARS)
        tag = language_tag(language) if language else self.language
        if tag is None:
            line = get.line("language")
            raise PostError(f"has a language that is none: {language!r}; write th or en-GB", line=line)
        origin = fields.url(get("origin_url"))
        return Post(
            code=code or source.path,
            own_code=bool(code),
            path=source.path,
            title=title,
            description=fields.text(get("description"), limits.DESCRIPTION_CHARS),
            language=tag,
            # Jekyll separates a `categories` string by spaces, a `category` is one.
            categories=fields.categories(get("category"), by_space=get.key("category") == "categories"),
            tags=fields.words(get("tags"), by_space=True),
            authors=fields.authors(get("author")),
            origin_url=origin,
            image=self._image(get("image"), origin),
            date=when,
            updated=get.date("updated", self.zone),
            draft=draft,
            body_hash=hash_of(body),
        )

    def _image(self, value: Any, origin: str | None) -> str | None:
        # Jekyll themes also write `image: {path: …}`.
        if isinstance(value, dict):
            value = value.get("path") or value.get("url")
        return absolute(origin or self.site_url, value) if isinstance(value, str) and value.strip() else None


def body_of(source: SourceFile) -> str:
    """Read the body alone. Raises PostError."""
    return frontmatter.parse(decode(source)[0])[1]


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

    def __init__(self, metadata: dict[str, Any], names: Mapping[str, tuple[str, ...]], text: str) -> None:
        self._metadata = metadata
        self._names = names
        self._text = text

    def key(self, field: str) -> str | None:
        for name in self._names[field]:
            if self._metadata.get(name):
                return name
        return None

    def __call__(self, field: str) -> Any:
        key = self.key(field)
        return None if key is None else self._metadata[key]

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
