"""What a subscriber would notice of a change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from publisher.model.notice import Notice, Shown, notice

DAY = timedelta(days=1)
MONDAY = datetime(2024, 11, 11, tzinfo=UTC)


def shown(entry_id: str, **values: Any) -> Shown:
    made: dict[str, Any] = {"title": f"Title of {entry_id}", "link": None, "published": MONDAY, "updated": MONDAY}
    return Shown(id=entry_id, **(made | values))


def ids(found: Notice) -> tuple[list[str], list[str], list[str]]:
    return tuple([each.id for each in part] for part in (found.new, found.edited, found.withdrawn))  # type: ignore[return-value]


def test_nothing_is_noticed_where_nothing_has_changed() -> None:
    assert not notice([shown("A")], [shown("A")], gone=(), full=50)


def test_what_was_not_there_is_new() -> None:
    assert ids(notice([shown("A")], [shown("B"), shown("A")], gone=(), full=50)) == (["B"], [], [])


def test_an_entry_is_edited_when_its_update_moves_and_not_when_its_title_does() -> None:
    after = [shown("A", updated=MONDAY + DAY), shown("B", title="A typo less")]
    assert ids(notice([shown("A"), shown("B")], after, gone=(), full=50)) == ([], ["A"], [])


def test_an_entry_that_left_is_withdrawn_only_if_its_post_was() -> None:
    assert ids(notice([shown("A"), shown("B")], [], gone={"A"}, full=50)) == ([], [], ["A"])


def test_an_entry_that_moves_up_from_below_a_full_feed_is_not_new() -> None:
    before = [shown("C", published=MONDAY + DAY), shown("B")]
    after = [shown("B"), shown("A", published=MONDAY - DAY)]
    assert ids(notice(before, after, gone={"C"}, full=2)) == ([], [], ["C"])
    assert ids(notice(before, after, gone={"C"}, full=3)) == (["A"], [], ["C"])
