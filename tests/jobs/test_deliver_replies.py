"""Every reply code at every verb, and what the ledger says then of the one it was said to and of the others."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from publisher.jobs.deliver import Deliverer
from publisher.mail.smtp import Smtp
from tests.build import NOW
from tests.jobs.test_deliver import SENDER, WORLD, freeze, state_of_edition, states
from tests.mail.scripted import ScriptedServer

if TYPE_CHECKING:
    from publisher.store.database import Database

READERS = 3
#: RFC 5321 section 4.2.3, RFC 4954 section 6, RFC 7504, RFC 4468, and what relays say besides (571).
GOOD = (250, 251, 252)
GO_ON = (354,)
LATER = (421, 450, 451, 452, 454, 455)
NEVER = (500, 501, 502, 504, 521, 550, 551, 552, 553, 554, 555, 556, 571)
#: These speak of the session, whatever they answer.
SESSION = (503, 530, 534, 535, 538)
CODES = (211, *GOOD, *GO_ON, *LATER, *NEVER, *SESSION)

#: The state of the edition, that of the one whose message it was, and how many messages were taken.
ALL_TAKEN = ("finished", "accepted", 3)
ONE_LATER = ("sending", "deferred", 2)
ONE_NEVER = ("finished", "failed", 2)
ONE_DOUBTFUL = ("sending", "uncertain", 2)
NEXT_RUN = ("sending", "queued", 0)
PAUSED = ("paused", "queued", 0)

TABLE = [
    # A greeting that is not 220 is no way in; neither is an EHLO that is not 250. Somebody may mend it meanwhile.
    *(("CONNECT", code, NEXT_RUN) for code in CODES),
    *(("EHLO", code, ALL_TAKEN if code == 250 else NEXT_RUN) for code in CODES),
    # Nobody has been named yet: what is refused for good is refused to the sender.
    *(("MAIL", code, ALL_TAKEN) for code in (211, *GOOD)),
    *(("MAIL", code, ONE_LATER) for code in (*GO_ON, *LATER)),
    *(("MAIL", code, PAUSED) for code in (*NEVER, *SESSION)),
    *(("RCPT", code, ALL_TAKEN) for code in (211, *GOOD)),
    *(("RCPT", code, ONE_LATER) for code in (*GO_ON, *LATER)),
    *(("RCPT", code, ONE_NEVER) for code in NEVER),
    *(("RCPT", code, PAUSED) for code in SESSION),
    # Only 354 asks for the message. Whoever says 250 has nothing: nothing was handed over.
    *(("DATA", code, ALL_TAKEN) for code in GO_ON),
    *(("DATA", code, ONE_LATER) for code in (211, *GOOD, *LATER)),
    *(("DATA", code, PAUSED) for code in (*NEVER, *SESSION)),
    *(("BODY", code, ALL_TAKEN) for code in (211, *GOOD)),
    # Neither taken nor refused, after the final dot.
    *(("BODY", code, ONE_DOUBTFUL) for code in GO_ON),
    *(("BODY", code, ONE_LATER) for code in LATER),
    *(("BODY", code, ONE_NEVER) for code in NEVER),
    *(("BODY", code, PAUSED) for code in SESSION),
    # All is said by then.
    *(("QUIT", code, ALL_TAKEN) for code in CODES),
]


def test_the_table_has_every_code_at_every_verb() -> None:
    verbs = {verb for verb, _, _ in TABLE}
    assert Counter((verb, code) for verb, code, _ in TABLE) == {(verb, code): 1 for verb in verbs for code in CODES}


@pytest.mark.parametrize(("verb", "code", "outcome"), TABLE, ids=[f"{verb} {code}" for verb, code, _ in TABLE])
def test_every_reply_at_every_verb_has_its_state(
    sqlite: Database, verb: str, code: int, outcome: tuple[str, str, int]
) -> None:
    edition, state, taken = outcome
    freeze(sqlite, READERS)
    with ScriptedServer(script={verb: [f"{code} some words"]}) as server:
        transport = Smtp("127.0.0.1", server.port, security="none", connections=1)
        report = Deliverer(
            database=sqlite, transport=transport, sender=SENDER, digests={"world": WORLD}, clock=lambda: NOW
        ).deliver()
    assert state_of_edition(sqlite) == edition
    assert +states(sqlite) == +Counter({"accepted": taken}) + Counter({state: READERS - taken})
    assert sum(server.recipients.values()) == taken
    assert (report.trouble is not None) is (taken == 0)
