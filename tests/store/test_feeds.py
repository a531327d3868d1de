"""Feeds are stale from a change until their files are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.model.feed import FeedKey
from publisher.store import feeds
from publisher.store.feeds import FeedStatus
from tests.build import NOW

if TYPE_CHECKING:
    from publisher.store.database import Database

ALL, WORLD, THAI, BOTH = FeedKey(), FeedKey("world"), FeedKey(None, "th"), FeedKey("ต่างประเทศ", "th")


def _written(key: FeedKey) -> FeedStatus:
    return FeedStatus(key=key, stale=False, entries=3, updated=NOW)


def test_a_feed_comes_into_being_stale_and_empty(database: Database) -> None:
    with database.begin() as connection:
        feeds.mark_stale(connection, [])
        assert feeds.count(connection) == 0
        feeds.mark_stale(connection, [BOTH, ALL])
        assert feeds.count(connection) == 2
        assert feeds.everything(connection) == [
            FeedStatus(key=ALL, stale=True, entries=0, updated=None),
            FeedStatus(key=BOTH, stale=True, entries=0, updated=None),
        ]


def test_a_feed_that_was_written_is_not_stale_until_the_next_change(database: Database) -> None:
    stale = FeedStatus(key=WORLD, stale=True, entries=3, updated=NOW)
    with database.begin() as connection:
        feeds.mark_stale(connection, [ALL, WORLD])
        feeds.mark_written(connection, [_written(ALL), _written(WORLD)])
        assert feeds.everything(connection) == [_written(ALL), _written(WORLD)]
        feeds.mark_stale(connection, [WORLD, WORLD])
        assert feeds.everything(connection) == [_written(ALL), stale]


def test_every_feed_can_be_made_stale_at_once(database: Database) -> None:
    with database.begin() as connection:
        feeds.mark_written(connection, map(_written, [ALL, WORLD, THAI]))
        feeds.mark_all_stale(connection)
        assert [feed.stale for feed in feeds.everything(connection)] == [True, True, True]


def test_feeds_are_listed_by_language_with_everything_first_and_those_by_hand_last(database: Database) -> None:
    by_hand = [FeedKey(extra="all"), FeedKey(extra="asia")]
    expected = [ALL, FeedKey("sport"), WORLD, FeedKey(None, "en"), FeedKey("world", "en"), THAI, BOTH, *by_hand]
    with database.begin() as connection:
        feeds.mark_stale(connection, reversed(expected))
        assert [feed.key for feed in feeds.everything(connection)] == expected


def test_feeds_by_hand_are_those_that_are_configured(database: Database) -> None:
    asia, africa, others = (FeedKey(extra=name) for name in ("asia", "africa", "others"))
    with database.begin() as connection:
        feeds.mark_written(connection, [_written(WORLD)])
        feeds.keep_extras(connection, ["asia", "africa"])
        assert feeds.everything(connection) == [
            _written(WORLD),
            FeedStatus(key=africa, stale=True, entries=0, updated=None),
            FeedStatus(key=asia, stale=True, entries=0, updated=None),
        ]
        feeds.mark_written(connection, [_written(asia)])
        feeds.keep_extras(connection, ["others", "asia"])
        assert feeds.everything(connection) == [
            _written(WORLD),
            _written(asia),
            FeedStatus(key=others, stale=True, entries=0, updated=None),
        ]
        feeds.keep_extras(connection, [])
        assert feeds.everything(connection) == [_written(WORLD)]
