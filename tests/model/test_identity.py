"""Which file is which post, whatever is renamed, moved, copied or given a code."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.identity import Claims, has_got_code, identify, match_renames
from publisher.model.post import KnownPost, Post, State
from tests.build import known, post


def _settled(claims: list[tuple[str, str]], owners: dict[str, str], unread: set[str]) -> dict[str, str]:
    """Who has which code when files are read in order of path, and those that had to wait afterwards."""
    seen = {path for path, _ in claims} | {path for path in owners.values() if path not in unread}
    state = Claims(seen, {path for path, _ in claims})
    waiting: list[Post] = []
    known_posts = {code: known(code, path=path) for code, path in owners.items()}
    for path, code in sorted(claims):
        state.reading(path)
        file = post(code, path=path)
        if state.settle(file, known_posts.get(code)) is None:
            waiting.append(file)
    for file in waiting:
        assert state.settle(file, known_posts.get(file.code)) is not None
    return state.holders


def test_a_file_that_was_not_to_be_read_has_no_turn() -> None:
    claims = Claims({"a"}, set())
    claims.reading("a")
    assert claims.settle(post("X", path="b"), known("X", path="a")) == "a"


def test_of_several_new_files_the_first_by_path_has_the_code() -> None:
    assert _settled([("b", "X"), ("a", "X"), ("c", "Y")], {}, set()) == {"X": "a", "Y": "c"}


def test_the_file_that_had_the_code_keeps_it_though_it_is_read_last() -> None:
    assert _settled([("a", "X"), ("b", "X")], {"X": "b"}, set()) == {"X": "b"}


def test_a_new_file_loses_to_one_that_did_not_have_to_be_read() -> None:
    assert _settled([("a", "X")], {"X": "b"}, set()) == {"X": "b"}


def test_a_file_that_says_another_code_now_leaves_its_old_one_to_others() -> None:
    assert _settled([("a", "X"), ("b", "Y")], {"X": "b"}, set()) == {"X": "a", "Y": "b"}


def test_two_files_may_exchange_their_codes() -> None:
    assert _settled([("a", "Y"), ("b", "X")], {"X": "a", "Y": "b"}, set()) == {"X": "b", "Y": "a"}


def test_a_code_whose_file_is_gone_is_free() -> None:
    claims = Claims({"a"}, {"a"})
    claims.reading("a")
    assert claims.settle(post("X", path="a"), known("X", path="gone")) == "a"


def test_a_code_that_was_withdrawn_is_free_although_its_last_file_is_there() -> None:
    claims = Claims({"a", "b"}, {"a"})
    claims.reading("a")
    assert claims.settle(post("X", path="a"), known("X", path="b", state=State.WITHDRAWN)) == "a"


def test_a_file_that_broke_keeps_its_code() -> None:
    claims = Claims({"a", "b"}, {"a", "b"})
    claims.reading("a")
    claims.keep("X", "a")
    claims.reading("b")
    assert claims.settle(post("X", path="b"), known("X", path="a")) == "a"


_CLAIMS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("XYZ")), unique_by=lambda claim: claim[0])
_OWNERS = st.dictionaries(st.sampled_from("XYZ"), st.sampled_from("abcdefgh"))


@given(_CLAIMS, _OWNERS)
@settings(max_examples=300, deadline=None)
def test_every_code_that_is_claimed_has_one_file_and_the_owner_comes_first(
    claims: list[tuple[str, str]], owners: dict[str, str]
) -> None:
    owners = {code: path for code, path in owners.items() if list(owners.values()).count(path) == 1}
    read = dict(claims)
    holders = _settled(claims, owners, set())
    assert holders.keys() == {code for _, code in claims}
    for code, path in holders.items():
        owner = owners.get(code)
        keeps = owner is not None and read.get(owner, code) == code
        assert path == (owner if keeps else min(each for each, said in claims if said == code))


def test_a_post_without_a_code_is_the_one_its_file_was() -> None:
    file = _pathless("new.md")
    assert identify(file, None, None, {"new.md"}).code == "new.md"
    assert identify(file, "old.md", None, {"new.md"}).code == "old.md"
    assert identify(file, "new.md", None, {"new.md"}) is file


def test_a_post_with_a_code_is_the_one_it_says() -> None:
    assert identify(post("B2"), "A1", None, {"B2.md"}).code == "B2"


def test_a_file_whose_path_is_the_code_of_a_post_that_moved_is_another_post() -> None:
    moved = known("a.md", own_code=False, path="b.md")
    assert identify(_pathless("a.md"), None, moved, {"a.md", "b.md"}).code == "a.md-2"
    assert identify(_pathless("a.md"), None, moved, {"a.md"}).code == "a.md"


def test_a_post_known_by_its_path_may_be_given_a_code_where_it_stands() -> None:
    before = known("a.md", own_code=False, path="a.md")
    assert has_got_code(post("A1", path="a.md"), before)
    assert not has_got_code(post("A1", path="b.md"), before)
    assert not has_got_code(post("A1", path="a.md"), known("A0", path="a.md"))
    assert not has_got_code(replace(before.post, code="c.md"), before)
    assert not has_got_code(post("A1", path="a.md"), None)


def _pathless(path: str, body: str = "body", title: str = "Title") -> Post:
    """A post that is called by its path."""
    return post(path, own_code=False, path=path, body_hash=body, title=title)


def _gone(path: str, body: str = "body", title: str = "Title") -> KnownPost:
    return known(path, own_code=False, path=path, body_hash=body, title=title)


def test_a_file_that_goes_and_one_with_the_same_body_that_comes_are_one_post() -> None:
    assert match_renames([_gone("old.md")], [_pathless("new.md", title="Another title")]) == {"new.md": "old.md"}


def test_a_file_with_another_body_is_another_post() -> None:
    assert match_renames([_gone("old.md")], [_pathless("new.md", body="another")]) == {}


def test_a_post_with_a_code_of_its_own_needs_no_match() -> None:
    assert match_renames([known("A1", body_hash="body")], [_pathless("new.md")]) == {}


def test_a_post_may_be_given_a_code_as_it_moves() -> None:
    assert match_renames([_gone("old.md")], [post("A1", body_hash="body")]) == {"A1.md": "old.md"}
    both = [post("A1", body_hash="body"), _pathless("new.md")]
    assert match_renames([_gone("old.md")], both) == {"new.md": "old.md"}


def test_of_several_with_one_body_those_with_one_title_are_one_post() -> None:
    gone = [_gone("old/1.md", title="One"), _gone("old/2.md", title="Two")]
    come = [_pathless("new/1.md", title="Two"), _pathless("new/2.md", title="One")]
    assert match_renames(gone, come) == {"new/1.md": "old/2.md", "new/2.md": "old/1.md"}


def test_a_post_with_a_new_title_does_not_take_the_place_of_one_that_kept_its_own() -> None:
    gone = [_gone("old/1.md", title="One"), _gone("old/2.md", title="Two")]
    come = [_pathless("new/1.md", title="Two, edited"), _pathless("new/2.md", title="One")]
    assert match_renames(gone, come) == {"new/1.md": "old/2.md", "new/2.md": "old/1.md"}


_FILES = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from("xy"), st.sampled_from("TU")),
    max_size=8,
    unique_by=lambda file: file[0],
)


@given(_FILES, _FILES)
@settings(max_examples=200, deadline=None)
def test_renames_are_one_to_one_between_equal_bodies_whatever_the_order(
    before: list[tuple[int, str, str]], now: list[tuple[int, str, str]]
) -> None:
    gone = [_gone(f"old/{number:02}.md", body, title) for number, body, title in before]
    come = [_pathless(f"new/{number:02}.md", body, title) for number, body, title in now]
    renamed = match_renames(gone, come)
    assert match_renames(gone[::-1], come[::-1]) == renamed
    assert len(set(renamed.values())) == len(renamed)
    bodies_gone = {each.code: each.post.body_hash for each in gone}
    bodies_come = {each.path: each.body_hash for each in come}
    assert all(bodies_come[path] == bodies_gone[code] for path, code in renamed.items())
    # As many as there can be: none is left over on both sides.
    for body in "xy":
        matched = sum(bodies_come[path] == body for path in renamed)
        assert matched == min(list(bodies_gone.values()).count(body), list(bodies_come.values()).count(body))


def test_ten_thousand_files_with_one_body_are_matched_without_comparing_each_with_all() -> None:
    count = 10_000
    gone = [_gone(f"old/{number:05}.md", "", f"Title {number}") for number in range(count)]
    come = [_pathless(f"new/{number:05}.md", "", f"Title {count - number}") for number in range(count)]
    renamed = match_renames(gone, come)
    assert len(renamed) == count
    assert renamed["new/00001.md"] == f"old/{count - 1:05}.md"
