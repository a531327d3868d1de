"""What a post says about itself."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from tests.build import known, post


@pytest.mark.parametrize(
    "edit",
    [
        {"body_hash": "other"},
        {"title": "Another title"},
        {"origin_url": None},
        {"image": "https://wire.example.com/a.jpg"},
        {"permalink": "https://news.example.org/a/"},
        {"context": "other"},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_what_a_rendered_body_depends_on_changes_its_key(edit: dict[str, Any]) -> None:
    assert post(**edit).body_key != post().body_key


@pytest.mark.parametrize(
    "edit",
    [{"description": "Other"}, {"categories": ("SPORT",)}, {"path": "elsewhere.md"}],
    ids=lambda edit: next(iter(edit)),
)
def test_what_a_rendered_body_does_not_depend_on_leaves_its_key(edit: dict[str, Any]) -> None:
    assert post(**edit).body_key == post().body_key


def test_a_known_post_is_called_by_the_code_of_its_file() -> None:
    assert known("A7").code == "A7"


def test_a_post_comes_back_from_another_process_as_it_was() -> None:
    sent = post("A1", tags=("river",), significant=False, permalink="https://news.example.org/a/")
    assert pickle.loads(pickle.dumps(sent)) == sent
