"""Which posts of a digest tell the same story."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain, combinations
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.similar import SETS, generated, score_of
from publisher.kit.similar import Telling, alike

if TYPE_CHECKING:
    from pathlib import Path

_LEAD = "Eleven villages on the upper Marren were cut off on Tuesday after the river broke a levee near Osterby."
_MORE = "Boats brought pensioners from a care home to a school, and 2,300 people were told to leave before nightfall."
_LAST = (
    "The levee was built in 1961 and was to be raised next year, but work had been delayed twice. Forecasters expect "
    "the water to fall by 40 centimetres from Thursday; the railway to Kellin stays closed until its embankment has "
    "been checked. The county pays for 85 hotel rooms, and asks all who have a pump to bring it to the fire station."
)
_BODY = f"{_LEAD}\n{_MORE}\n{_LAST}"
_TITLE = "Levee near Osterby breaks"
_FLOOD = Telling(title=_TITLE, text=_BODY)
_NEXT_WEEK = (
    "The council voted on Wednesday for a new levee, which is to stand behind the old one on land that four farmers "
    "have agreed to sell. Work begins in March, said its leader. Residents clapped in the gallery; many had come in "
    "rubber boots. The head of the building office was dismissed. " + _LAST.partition(" The county")[0]
)
#: What stands below every article of one newspaper.
_BELOW = (
    "The Harbour Courier is paid for by 6,400 members, who decide every spring what it writes about. Become one: a "
    "year costs as much as a pair of shoes. You may print this article elsewhere if you name its author and change "
    "nothing but the headline; photographs are excepted, and the desk answers whoever is in doubt."
)
_FINAL = (
    "{0} reach the final of the county cup after a quiet evening at the {1}, where they meet the winners of last year "
    "on Sunday. {2} scored before the break and once more from the spot. The police spoke of a cheerful crowd, and "
    "buses ran until midnight. The cup was first played for when the county was founded, and nobody has won it twice "
    "since. Its handle was lost in a flood and found by a dog; a goldsmith made another, and now there are two."
)

#: Bits of which near-duplicates come about, and what no text should have.
_BITS = [
    "",
    " ",
    "\n",
    "\ud800",
    "\x00",
    "'",
    "’",
    "3,000",
    "๓",
    "ﷺ",
    "É",
    "น้ำท่วม ",
    "大雨で",
    "مطر ",
    _LEAD,
    _MORE,
    _LAST,
]
_TEXTS = st.lists(st.sampled_from(_BITS) | st.text(max_size=8), max_size=8).map("".join)
_TELLINGS = st.lists(st.builds(Telling, title=_TEXTS, text=_TEXTS), max_size=6)


def _told(text: str, title: str = _TITLE) -> Telling:
    return Telling(title=title, text=text)


@pytest.mark.parametrize("path", sorted(chain(*SETS.values())), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_look_alike_of_the_labelled_news_is_taken_for_a_copy(path: Path) -> None:
    assert score_of(path).precision == 1.0


@pytest.mark.parametrize(("name", "least"), [("tuned", 0.85), ("unseen", 0.75), ("fresh", 0.75)])
def test_most_copies_of_the_labelled_news_are_found(name: str, least: float) -> None:
    scores = [score_of(path) for path in SETS[name]]
    assert sum(score.both for score in scores) >= least * sum(score.same for score in scores) > 0


@pytest.mark.parametrize(
    "copy",
    [
        _FLOOD,
        _told(_BODY.upper()),
        _told(_BODY.replace("2,300", "2300").replace(";", " –")),
        _told(_BODY.translate(dict(zip(map(ord, "0123456789"), "๐๑๒๓๔๕๖๗๘๙", strict=True)))),
        _told(f"{_BODY} ก\ud800"),
        _told(f"{_LEAD}\n{_MORE}\n{_MORE}\n{_LAST}"),
        _told(f"{_LEAD}\n{_LAST}"),
        _told(f"{_MORE}\n{_LAST}\n{_LEAD}"),
        _told(_BODY.replace("were told", "had").replace("pensioners", "the old")),
        _told(_BODY, "Eleven villages cut off on the Marren"),
        _told(_BODY, "A pump for Kellin"),
        _told(_BODY, "Levee near Osterby bursts"),
        _told(_BODY, ""),
        _told(f"The Marren is in flood, and a levee near Osterby could not hold it.\n{_MORE}\n{_LAST}"),
        _told(f"{_BODY}\n{'And here is more about it. ' * 5000}"),
    ],
    ids=[
        *(
            "itself",
            "capitals",
            "marks",
            "Thai digits",
            "a surrogate",
            "paragraph twice",
            "shortened",
            "other order",
            "edited",
        ),
        *("re-titled", "teasing title", "another verb", "no title", "another lead", "longer"),
    ],
)
def test_a_copy_tells_the_same_story(copy: Telling) -> None:
    assert alike([_FLOOD, copy]) == alike([copy, _FLOOD]) == [(0, 1)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_told(""), _told("")),
        (_told("Watch the video."), _told("Watch the video.")),
        (_told(_LEAD), _told(_LAST)),
        (
            _told(f"A levee near Osterby broke. {_BELOW}"),
            _told(f"Barn owls nest in Kellin. {_BELOW}", "Barn owls in Kellin"),
        ),
        (_FLOOD, _told(_NEXT_WEEK)),
        (_FLOOD, _told(_BODY.replace("2,300", "410").replace("1961", "1974"))),
        (
            _told(f"{_BODY} More on 9 and 10 May.", "Levee on 9 May"),
            _told(f"{_BODY} More on 9 and 10 May.", "Levee on 10 May"),
        ),
        (_told(_BODY, "What 7 pumps can do"), _told(_BODY, "Levee, part 2")),
        (
            _told(_FINAL.format("Kellin", "Mill Ground", "Ivo Strand"), "Kellin reach the final of the county cup"),
            _told(_FINAL.format("Rosk", "Quay Stadium", "Sven Dahl"), "Rosk reach the final of the county cup"),
        ),
    ],
    ids=["nothing", "a sentence", "same title", "same footer", "follow-up", "numbers", "dates", "parts", "names"],
)
def test_a_look_alike_tells_another_story(one: Telling, other: Telling) -> None:
    assert alike([one, other]) == alike([other, one]) == []


def test_a_short_text_has_to_be_nearly_the_same() -> None:
    short = f"{_LEAD} {_MORE}"
    assert alike([_told(short), _told(short.replace("pensioners", "children"))]) == [(0, 1)]
    assert (
        alike(
            [
                _told(short),
                _told(short.replace("pensioners", "children").replace("Osterby", "Rosk").replace("Marren", "Osk")),
            ]
        )
        == []
    )


@pytest.mark.parametrize("count", [0, 1])
def test_a_story_alone_is_like_no_other(count: int) -> None:
    assert alike([_FLOOD] * count) == []


def test_five_hundred_posts_of_one_text_are_all_alike() -> None:
    assert alike([_FLOOD] * 500) == list(combinations(range(500), 2))


@pytest.mark.parametrize("language", ["en", "th"])
def test_the_order_of_posts_changes_nothing(language: str) -> None:
    tellings = generated(60, language)
    found = alike(tellings, language)
    order = Random(1).sample(range(60), 60)
    shuffled = alike([tellings[at] for at in order], language)
    assert len(found) == 6
    assert sorted(tuple(sorted((order[i], order[j]))) for i, j in shuffled) == found


_ELSEWHERE = """
import json
from benchmarks.similar import generated
from publisher.kit.similar import alike
print(json.dumps(alike(generated(60, "th"), "th")))
"""


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_another_process_finds_the_same(seed: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
    )
    assert [tuple(pair) for pair in json.loads(done.stdout)] == alike(generated(60, "th"), "th")


@given(_TELLINGS, st.sampled_from(["", "en", "th", "ja", "zz"]))
@settings(max_examples=150, deadline=None)
def test_whatever_the_text_pairs_are_sorted_and_the_same_from_behind(tellings: list[Telling], language: str) -> None:
    found = alike(tellings, language)
    assert found == sorted(set(found))
    assert all(0 <= i < j < len(tellings) for i, j in found)
    last = len(tellings) - 1
    assert sorted((last - j, last - i) for i, j in alike(tellings[::-1], language)) == found
