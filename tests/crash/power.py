"""A power cut: what was not synced is gone, which no signal shows, for the system keeps what a process has written.

SQLite writes through a VFS of ours, which keeps a shadow of the database and its log: exactly what was synced. After
the run is killed, the shadow takes their place. Published files that were renamed before they were synced become empty,
and renames whose folder was not synced are undone.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

_DATABASE, _LOG = 0x100, 0x80000
_OK = 0
#: A note that is not finished: what it is about has not happened.
_PART = ".part"
_POINTER = ctypes.c_void_p
_OPEN = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, _POINTER, ctypes.c_int, _POINTER)
_DELETE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_char_p, ctypes.c_int)
_WRITE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER, ctypes.c_int, ctypes.c_int64)
_TRUNCATE = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int64)
_SYNC = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, ctypes.c_int)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, as far as it is the same in all versions since 3.7."""

    _fields_: ClassVar[Any] = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest_path", ctypes.c_int),
        ("next", _POINTER),
        ("name", ctypes.c_char_p),
        ("data", _POINTER),
        ("open", _POINTER),
        ("delete", _POINTER),
        ("others", _POINTER * 14),
    ]


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`."""

    _fields_: ClassVar[Any] = [
        ("version", ctypes.c_int),
        ("close", _POINTER),
        ("read", _POINTER),
        ("write", _POINTER),
        ("truncate", _POINTER),
        ("sync", _POINTER),
        ("others", _POINTER * 13),
    ]


class _File(ctypes.Structure):
    """`sqlite3_file`."""

    _fields_: ClassVar[Any] = [("methods", ctypes.POINTER(_Methods))]


def library() -> ctypes.CDLL | None:
    """Find the SQLite that Python works with; None where it is built in and has no names to find."""
    import _sqlite3

    try:
        found = ctypes.CDLL(_sqlite3.__file__)
        found.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        found.sqlite3_libversion.restype = ctypes.c_char_p
    except (AttributeError, OSError):
        return None
    return found if found.sqlite3_libversion().decode() == sqlite3.sqlite_version else None


class _Shadowed:
    """One open file: what was written and not synced, and where to write it then."""

    def __init__(self, shadow: Path) -> None:
        self.descriptor = os.open(shadow, os.O_RDWR | os.O_CREAT, 0o644)
        self.pending: list[tuple[int, bytes | None]] = []

    def sync(self) -> None:
        for place, data in self.pending:
            if data is None:
                os.ftruncate(self.descriptor, place)
            else:
                os.pwrite(self.descriptor, data, place)
        self.pending.clear()


class Shadow:
    """The VFS; keep it as long as the process lasts."""

    def __init__(self, folder: Path, passing: Callable[[str], None]) -> None:
        found = library()
        assert found is not None
        self._folder = folder
        self._passing = passing
        self._files: dict[int, _Shadowed] = {}
        self._kept: list[Any] = []
        self._before = found.sqlite3_vfs_find(None)
        self._vfs = _Vfs()
        ctypes.memmove(ctypes.byref(self._vfs), self._before, ctypes.sizeof(_Vfs))
        self._open, self._delete = _OPEN(self._before[0].open), _DELETE(self._before[0].delete)
        self._vfs.name = b"shadowed"
        self._vfs.open = self._keep(_OPEN(self._opened))
        self._vfs.delete = self._keep(_DELETE(self._deleted))
        #: By the address of what they stand for: a log has others than a database.
        self._methods: dict[int, _Methods] = {}
        assert found.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) == _OK

    def _keep(self, function: Any) -> int:
        self._kept.append(function)
        return ctypes.cast(function, _POINTER).value or 0

    def _opened(self, _vfs: int, name: int, file: int, flags: int, out: int) -> int:
        code: int = self._open(ctypes.cast(self._before, _POINTER), name, file, flags, out)
        if code == _OK and flags & (_DATABASE | _LOG) and name:
            path = ctypes.string_at(name).decode()
            self._files[file] = _Shadowed(self._folder / Path(path).name)
            opened = _File.from_address(file)
            original = ctypes.addressof(opened.methods[0])
            if original not in self._methods:
                self._methods[original] = self._shadowing(opened.methods[0])
            opened.methods = ctypes.pointer(self._methods[original])
        return code

    def _shadowing(self, original: _Methods) -> _Methods:
        methods = _Methods()
        # The older the version, the fewer there are of the others; they are never called then.
        ctypes.memmove(ctypes.byref(methods), ctypes.byref(original), ctypes.sizeof(_Methods))
        write, truncate, sync = _WRITE(original.write), _TRUNCATE(original.truncate), _SYNC(original.sync)

        def writing(file: int, data: int, size: int, place: int) -> int:
            self._files[file].pending.append((place, ctypes.string_at(data, size)))
            code: int = write(file, data, size, place)
            return code

        def truncating(file: int, size: int) -> int:
            self._files[file].pending.append((size, None))
            code: int = truncate(file, size)
            return code

        def syncing(file: int, flags: int) -> int:
            self._passing("sync:before:sqlite")
            code: int = sync(file, flags)
            self._files[file].sync()
            self._passing("sync:after:sqlite")
            return code

        methods.write = self._keep(_WRITE(writing))
        methods.truncate = self._keep(_TRUNCATE(truncating))
        methods.sync = self._keep(_SYNC(syncing))
        return methods

    def _deleted(self, _vfs: int, name: bytes, synced: int) -> int:
        code: int = self._delete(ctypes.cast(self._before, _POINTER), name, synced)
        (self._folder / Path(name.decode()).name).unlink(missing_ok=True)
        return code


class Folder:
    """What files would be after a power cut: told before each call, it writes down how to undo it."""

    def __init__(self, site: Path, notes: Path) -> None:
        self._site = site
        self._notes = notes
        self._number = 0
        self._synced: set[int] = set()
        self._renamed: dict[int, list[Path]] = {}

    def opened(self, descriptor: int) -> None:
        """A file is to be written."""
        self._synced.discard(os.fstat(descriptor).st_ino)

    def fsync(self, descriptor: int) -> None:
        """A file or a folder is on the disk."""
        number = os.fstat(descriptor).st_ino
        self._synced.add(number)
        for note in self._renamed.pop(number, []):
            note.unlink()

    def replace(self, source: Any, target: Any) -> None:
        """A file takes a name, until the folder is synced only in memory."""
        target = Path(target)
        if not target.is_relative_to(self._site):
            return
        self._number += 1
        number = Path(source).stat().st_ino
        if number not in self._synced:
            # The name may be on the disk before the bytes are.
            self._note(".empty", os.fsencode(target))
        if target.exists():
            note = self._note(".name", os.fsencode(target) + b"\0" + target.read_bytes())
        else:
            note = self._note(".new", os.fsencode(target))
        self._renamed.setdefault(target.parent.stat().st_ino, []).append(note)

    rename = replace

    def _note(self, kind: str, content: bytes) -> Path:
        """Write a note whole, whenever the run is killed."""
        part = self._notes / f"{self._number:06}{_PART}"
        part.write_bytes(content)
        return part.rename(part.with_suffix(kind))


def prepare(site: Path, shadow: Path) -> None:
    """Note what is on the disk when a run begins."""
    shutil.rmtree(shadow, ignore_errors=True)
    (shadow / "notes").mkdir(parents=True)
    for path in (site / "var").glob("publisher.db*"):
        if not path.name.endswith("-shm"):
            shutil.copy(path, shadow)


def cut(site: Path, shadow: Path) -> None:
    """Leave of a publication what was synced."""
    for path in (site / "var").glob("publisher.db*"):
        path.unlink()
    for path in shadow.glob("publisher.db*"):
        shutil.copy(path, site / "var")
    # Backwards, as they came.
    notes = [note for note in (shadow / "notes").iterdir() if note.suffix != _PART]
    for note in sorted(notes, reverse=True):
        content = note.read_bytes()
        if note.suffix == ".empty":
            target = Path(os.fsdecode(content))
            undone = any(note.with_suffix(suffix).exists() for suffix in (".name", ".new"))
            if target.exists() and not undone:
                target.write_bytes(b"")
            continue
        name, _, before = content.partition(b"\0")
        if note.suffix == ".new":
            Path(os.fsdecode(name)).unlink(missing_ok=True)
        else:
            Path(os.fsdecode(name)).write_bytes(before)
