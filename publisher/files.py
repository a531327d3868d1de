"""The only place that writes below `output/`: whole files, or none, and a manifest of what each one is."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher.kit.durable import sync_folder, write_synced
from publisher.model.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

MANIFEST = "manifest.json"
_TEMPORARY = ".publisher-"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file to be: its path below the output folder, its bytes, and when what it says last changed."""

    path: str
    content: bytes
    changed: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """The paths that were written, and those that were right already."""

    written: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()

    def __add__(self, other: Written) -> Written:
        return Written(self.written + other.written, self.unchanged + other.unchanged)

    def of(self, paths: Container[str]) -> Written:
        """Give what it says of these paths."""
        return Written(*(tuple(path for path in part if path in paths) for part in (self.written, self.unchanged)))


@dataclass(slots=True)
class Output:
    """The output folder; with `rehearsal`, it says what it would write and writes nothing."""

    folder: Path
    rehearsal: bool = False
    _manifest: dict[str, dict[str, Any]] | None = field(default=None, init=False)

    @property
    def was_published(self) -> bool:
        """Say whether a publication stands here already."""
        return (self.folder / MANIFEST).exists()

    def has(self, path: str) -> bool:
        """Say whether a file of this path stands."""
        return (self.folder / path).is_file()

    def paths(self) -> list[str]:
        """List every file that was written, as the manifest has them."""
        return sorted(self._load())

    def read(self, path: str) -> bytes | None:
        """Read a file; None where there is none."""
        try:
            return (self.folder / path).read_bytes()
        except OSError:
            return None

    def differing(self, files: Iterable[OutputFile]) -> list[str]:
        """Name the files that do not stand as they should. Raises OutputError."""
        with self._translated():
            return [file.path for file in files if self._differs(file)]

    def write(self, files: Iterable[OutputFile]) -> Written:
        """Put every file in place that differs from what stands there.

        All new bytes are on the disk before the first file is replaced, the manifest last; a reader never sees
        half a file. Raises OutputError.
        """
        with self._translated():
            return self._write(list(files))

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what the file system says into a sentence."""
        try:
            yield
        except OSError as error:
            where = error.filename or self.folder
            raise OutputError(
                f"{where} cannot be written ({error.strerror}): what was published before still stands; "
                "free the space or mend the folder's permissions, then run publish again"
            ) from error

    def _write(self, files: list[OutputFile]) -> Written:
        changed = [file for file in files if self._differs(file)]
        if not self.rehearsal:
            self._replace([(file.path, file.content) for file in changed])
            self._record(files)
        paths = {file.path for file in changed}
        return Written(
            written=tuple(file.path for file in changed),
            unchanged=tuple(file.path for file in files if file.path not in paths),
        )

    def _differs(self, file: OutputFile) -> bool:
        target = self.folder / file.path
        try:
            return target.stat().st_size != len(file.content) or target.read_bytes() != file.content
        except FileNotFoundError:
            return True

    def _replace(self, files: list[tuple[str, bytes]]) -> None:
        """Write beside, sync, rename, sync the folder."""
        moves: list[tuple[Path, Path]] = []
        try:
            for path, content in files:
                target = self.folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary = target.with_name(f"{_TEMPORARY}{target.name}")
                moves.append((temporary, target))
                write_synced(temporary, content)
            for temporary, target in moves:
                temporary.replace(target)
        except BaseException:
            for temporary, _ in moves:
                temporary.unlink(missing_ok=True)
            raise
        for folder in {target.parent for _, target in moves}:
            sync_folder(folder)

    def _record(self, files: list[OutputFile]) -> None:
        """Bring the manifest up to date, if anything in it changes."""
        before = self._load()
        manifest = dict(before)
        for file in files:
            digest = hashlib.sha256(file.content).hexdigest()
            entry = {"etag": f'"{digest[:32]}"', "bytes": len(file.content), "changed": file.changed.isoformat()}
            old = manifest.get(file.path)
            if old is None or old["etag"] != entry["etag"]:
                manifest[file.path] = entry
        if manifest != before or not self.was_published:
            document = {"files": dict(sorted(manifest.items()))}
            content = (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
            self._replace([(MANIFEST, content)])
            self._manifest = manifest

    def _load(self) -> dict[str, dict[str, Any]]:
        if self._manifest is None:
            try:
                entries = dict(json.loads((self.folder / MANIFEST).read_bytes())["files"])
                self._manifest = {path: entry for path, entry in entries.items() if "etag" in dict(entry)}
            except (FileNotFoundError, ValueError, KeyError, TypeError):
                # Missing or spoilt: it is made again from the files as they are written.
                self._manifest = {}
        return self._manifest
