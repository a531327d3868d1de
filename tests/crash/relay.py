"""A relay that misbehaves by chance: it puts off, hangs up before and after the final dot, at any byte, and stalls."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash import checks
from tests.mail.scripted import DROP, STALL, TAKE_AND_DROP, TAKE_AND_STALL, Answer, ScriptedServer, Taken

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

_LATER = Answer(b"451 4.3.0 later")
_BUSY = Answer(b"421 4.3.2 too busy", "close")
_BEFORE = {"CONNECT": (_BUSY, DROP), "EHLO": (_BUSY, DROP), "QUIT": (DROP,), "RSET": (DROP, _BUSY)}
_VERBS = (_LATER, _BUSY, DROP)
_DOT = (_LATER, _BUSY, DROP, TAKE_AND_DROP, TAKE_AND_DROP)


@dataclass(kw_only=True)
class Relay:
    """A server and its misdeeds. `share` is how many of its answers are bad, `cuts` how many of its connections."""

    chance: Random
    share: float = 0
    cuts: float = 0
    #: How many times it stalls at most.
    stalls: int = 0
    #: The messages that were taken and never answered, by their places among those taken.
    unanswered: list[int] = field(default_factory=list)
    #: How often a sender may not know whether a message was taken.
    misdeeds: int = 0
    _stalled: int = 0

    def __post_init__(self) -> None:
        chance = self.chance
        drops = [chance.randrange(1, 30_000) if chance.random() < self.cuts else None for _ in range(60)]
        self.server = ScriptedServer(decide=self._decide, drops=drops)
        self.misdeeds += sum(drop is not None for drop in drops)

    def behave(self) -> None:
        """Be a good relay from now on."""
        self.share = self.stalls = 0
        self.server._cuts.clear()

    def settle(self) -> None:
        """Wait until all that a dead sender had sent has come in."""
        give_up = time.monotonic() + 30
        while self.server.open > self._stalled:
            assert time.monotonic() < give_up, "the relay does not come to rest"
            time.sleep(0.001)

    def _decide(self, verb: str, _line: str) -> Answer | None:
        if self.share == 0 or self.chance.random() >= self.share:
            return None
        answer = self._bad(verb)
        if verb == "BODY":
            self.misdeeds += not answer.say
            if answer.take:
                self.unanswered.append(len(self.server.taken))
        return answer

    def _bad(self, verb: str) -> Answer:
        # Stalls are few, as each takes seconds.
        if self._stalled < self.stalls and verb != "QUIT":
            self._stalled += 1
            return self.chance.choice([STALL, TAKE_AND_STALL]) if verb == "BODY" else STALL
        return self.chance.choice(_DOT if verb == "BODY" else _BEFORE.get(verb, _VERBS))


@dataclass(frozen=True)
class Mailboxes:
    """What the readers have, by recipient and Message-ID: the bytes of every copy."""

    copies: dict[tuple[str, bytes], list[bytes]]
    #: How many copies were taken without an answer, by recipient and Message-ID.
    unanswered: Counter[tuple[str, bytes]]

    def messages_of(self, recipient: str) -> list[tuple[str, bytes]]:
        """List the different messages of one recipient."""
        return [key for key in self.copies if key[0] == recipient]


def mailboxes(relay: Relay) -> Mailboxes:
    """Sort what a relay took."""
    taken = list(relay.server.taken)
    copies: dict[tuple[str, bytes], list[bytes]] = defaultdict(list)
    for each in taken:
        copies[_key(each)].append(each.data)
    return Mailboxes(dict(copies), Counter(_key(taken[place]) for place in relay.unanswered if place < len(taken)))


def from_outbox(site: Path, before: Mailboxes | None) -> Mailboxes:
    """Sort what is written in the outbox; what was different in it `before` is another copy."""
    copies = dict(before.copies) if before else {}
    for path, data in checks.outbox(site).items():
        # EDITION/NUMBER-ADDRESS.eml
        key = path.rpartition("/")[2].partition("-")[2].removesuffix(".eml"), message_id(data)
        copies[key] = copies.get(key, []) + ([data] if data not in copies.get(key, []) else [])
    return Mailboxes(copies, Counter())


def _key(taken: Taken) -> tuple[str, bytes]:
    return taken.recipients[0], message_id(taken.data)


def message_id(data: bytes) -> bytes:
    """Give the Message-ID of a message."""
    return data.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]
