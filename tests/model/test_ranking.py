"""The order of an edition's stories: what each is worth, and each event once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.ranking import Weights, rank, source_of
from tests.build import NOW, article

if TYPE_CHECKING:
    from publisher.model.post import Article

_HOUR = timedelta(hours=1)
LONG = "<p>" + "Ten words that say nothing at all of any weight. " * 70 + "</p>"
LONG_THAI = "<p>" + "รายงานฉบับเต็มเรื่องน้ำท่วม" * 45 + "</p>"


def told(code: str, age: float, source: str = "", **values: Any) -> Article:
    """A story of an age in hours; each of a source of its own, unless one is named."""
    via = f"https://{source or code.lower() + '.example.com'}/{code}"
    return article(code, published=NOW - age * _HOUR, via=via, **values)


def order(*articles: Article, weights: Weights | None = None) -> list[str]:
    return [event.article.code for event in rank(articles, [], weights or Weights())]


def test_without_stories_there_is_no_order() -> None:
    assert rank([], [], Weights()) == []


def test_the_newer_comes_first() -> None:
    assert order(told("A", 5), told("B", 1), told("C", 3)) == ["B", "C", "A"]


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        ({"image": "https://pictures.example.com/a.jpg"}, 3),
        ({"html": LONG}, 3),
        ({"html": LONG_THAI}, 3),
        ({"html": f"<p>{LONG[:1503]}</p>"}, 1.5),
        ({"tags": ("Economy",)}, 6),
        ({"tags": ("Economy", "Sport")}, 2),
    ],
)
def test_a_picture_a_long_report_and_tags_are_worth_their_hours(values: dict[str, Any], hours: float) -> None:
    weights = Weights(tags={"economy": 6, "sport": -4})
    older = {"html": "", **values}
    assert order(told("A", 10, html=""), told("B", 10 + hours - 0.1, **older), weights=weights) == ["B", "A"]
    assert order(told("A", 10, html=""), told("B", 10 + hours + 0.1, **older), weights=weights) == ["A", "B"]


def test_a_source_is_worth_what_the_configuration_says_however_it_is_written() -> None:
    weights = Weights(sources={"wire.example.com": -20, "jane roe": 20})
    stories = [told("A", 1, "www.Wire.example.com"), told("B", 9), article("C", via=None, authors=("Jane Roe",))]
    assert order(*stories, weights=weights) == ["C", "B", "A"]


def test_a_source_that_has_spoken_waits_two_hours_for_each_time() -> None:
    same = [told(f"A{number}", number / 10, "wire.example.com") for number in range(4)]
    others = [told("B", 3), told("C", 5)]
    assert order(*same, *others) == ["A0", "A1", "B", "A2", "C", "A3"]


def test_what_tells_the_same_follows_its_best_telling_in_order() -> None:
    stories = [told("A", 3), told("B", 1), told("C", 2), told("D", 4)]
    events = rank(stories, [(0, 1), (1, 3)], Weights())
    assert [(event.article.code, [each.code for each in event.also]) for event in events] == [
        ("B", ["A", "D"]),
        ("C", []),
    ]


def test_what_is_like_another_telling_only_is_an_event_of_its_own() -> None:
    stories = [told("A", 1), told("B", 2), told("C", 3)]
    events = rank(stories, [(0, 1), (1, 2)], Weights())
    assert [(event.article.code, [each.code for each in event.also]) for event in events] == [("A", ["B"]), ("C", [])]


@given(st.permutations(range(12)))
def test_the_order_does_not_depend_on_that_of_the_candidates(shuffled: list[int]) -> None:
    stories = [told(f"A{number:02}", number % 3, f"{number % 4}.example.com") for number in range(12)]
    assert order(*(stories[at] for at in shuffled)) == order(*stories)


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({"via": "https://www.wire.example.com/a"}, "wire.example.com"),
        ({"via": None, "authors": ("Jane Roe", "John Doe")}, "Jane Roe"),
        ({"via": None, "authors": ()}, ""),
    ],
)
def test_a_source_is_the_host_of_the_origin_or_else_the_first_author(values: dict[str, Any], source: str) -> None:
    assert source_of(article("A", **values)) == source
