"""What hubs have not been told is kept, once for each hub and topic, until it is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.ping import Ping
from publisher.store import pings
from publisher.store.database import CHUNK
from tests.build import NOW

if TYPE_CHECKING:
    from publisher.store.database import Database

HUB, OTHER = "https://a.example.org/", "https://b.example.org/"
FEED, THAI = "https://example.org/feed.xml", "https://example.org/feeds/ข่าว.xml"
LATER = NOW + timedelta(minutes=1)


def ping(hub: str = HUB, topic: str = FEED) -> Ping:
    return Ping(hub=hub, topic=topic, attempts=0, since=NOW, due=NOW)


def test_each_hub_is_to_be_told_of_each_topic_once(database: Database) -> None:
    with database.begin() as connection:
        pings.queue(connection, [OTHER, HUB, HUB], [THAI, FEED, FEED], NOW)
    with database.read() as connection:
        expected = [ping(HUB, FEED), ping(HUB, THAI), ping(OTHER, FEED), ping(OTHER, THAI)]
        assert pings.due(connection, NOW, 10) == expected
        assert pings.due(connection, NOW, 3) == expected[:3]
        assert pings.due(connection, NOW - timedelta(seconds=1), 10) == []
        assert pings.waiting(connection) == 4


def test_nothing_waits_without_hubs_or_topics(database: Database) -> None:
    with database.begin() as connection:
        pings.queue(connection, [], [FEED], NOW)
        pings.queue(connection, [HUB], [], NOW)
        pings.settle(connection, [])
        assert pings.waiting(connection) == 0


def test_what_is_settled_is_gone_or_waits_for_its_time(database: Database) -> None:
    told, failed, untouched = ping(HUB), ping(OTHER), ping(HUB, THAI)
    again = replace(failed, attempts=1, due=LATER, reply="ไม่ว่าง")
    with database.begin() as connection:
        pings.queue(connection, [HUB, OTHER], [FEED], NOW)
        pings.queue(connection, [HUB], [THAI], NOW)
        pings.settle(connection, [(told, None), (failed, again)])
    with database.read() as connection:
        assert pings.due(connection, NOW, 10) == [untouched]
        assert pings.due(connection, LATER, 10) == [untouched, again]


def test_a_topic_that_changes_while_it_waits_starts_anew(database: Database) -> None:
    with database.begin() as connection:
        pings.queue(connection, [HUB], [FEED], NOW)
        pings.settle(connection, [(ping(), replace(ping(), attempts=7, due=NOW + timedelta(hours=4), reply="no"))])
        pings.queue(connection, [HUB], [FEED], LATER)
        assert pings.due(connection, LATER, 10) == [replace(ping(), since=LATER, due=LATER)]


def test_a_topic_that_changes_while_its_hub_is_told_is_told_again(database: Database) -> None:
    anew = replace(ping(), since=LATER, due=LATER)
    with database.begin() as connection:
        pings.queue(connection, [HUB], [FEED], LATER)
        pings.settle(connection, [(ping(), None)])
        assert pings.due(connection, LATER, 10) == [anew]
        pings.settle(connection, [(ping(), replace(ping(), attempts=1, due=NOW + timedelta(days=1)))])
        assert pings.due(connection, LATER, 10) == [anew]


def test_hubs_that_are_no_longer_configured_are_forgotten(database: Database) -> None:
    with database.begin() as connection:
        pings.queue(connection, [HUB, OTHER], [FEED, THAI], NOW)
        pings.forget_hubs(connection, {OTHER})
        assert [each.hub for each in pings.due(connection, NOW, 10)] == [OTHER, OTHER]
        pings.forget_hubs(connection, ())
        assert pings.waiting(connection) == 0


def test_any_number_of_topics_can_wait(database: Database) -> None:
    topics = [f"https://example.org/{number}.xml" for number in range(2 * CHUNK + 1)]
    with database.begin() as connection:
        pings.queue(connection, [HUB], topics, NOW)
        found = pings.due(connection, NOW, 2 * CHUNK)
        assert len(found) == 2 * CHUNK
        pings.settle(connection, [(each, None) for each in found])
        assert pings.waiting(connection) == 1
