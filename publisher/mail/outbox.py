"""The transport that needs no server: one `.eml` file a message, to be looked at or passed on."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from publisher.kit.durable import sync_folder, write_synced
from publisher.model.delivery import Phase, Receipt
from publisher.model.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from publisher.model.mail import Message

_UNFIT = re.compile(r"[^A-Za-z0-9@.+_-]")


@dataclass(frozen=True)
class Outbox:
    """Writes messages below a folder, `EDITION/NUMBER-ADDRESS.eml`; one that is written again is the same file."""

    folder: Path
    #: Writing a file twice harms nobody: many may be under way when the machine dies.
    connections: int = 64

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, message: Message) -> Receipt:
        """Write one message. Raises UnreachableError if the folder does not take it."""
        return await asyncio.to_thread(self._write, message)

    def _write(self, message: Message) -> Receipt:
        folder = self.folder / _UNFIT.sub("_", message.edition_id)
        name = f"{message.delivery_id:06d}-{_UNFIT.sub('_', message.recipient)[:100].strip('.')}.eml"
        temporary = folder / f".{name}.part"
        try:
            if not folder.is_dir():
                folder.mkdir(parents=True, exist_ok=True)
                sync_folder(self.folder)
            write_synced(temporary, message.data)
            temporary.replace(folder / name)
            # The ledger is about to say that it is there.
            sync_folder(folder)
        except OSError as error:
            raise UnreachableError(
                f"the outbox {self.folder} cannot be written ({error.strerror}): mend it, then run publish again; "
                "what was not sent waits"
            ) from error
        return Receipt(250, f"written to {name}", Phase.BODY)
