"""`publish init`: a publication from scratch that works as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import AT_NOON

if TYPE_CHECKING:
    from tests.cli.conftest import Publish


def test_a_new_publication_works_as_it_is(publish: Publish) -> None:
    done = publish("init", "new/site")
    assert done.code == 0
    assert "cd new/site" in done.out
    site = publish.folder / "new/site"
    assert (site / ".gitignore").read_text("utf-8").splitlines() == ["/output/", "/var/", "/config/secrets/"]
    assert (site / "config/cleaning.toml").is_file()
    run = publish("--config", "new/site/config/publisher.toml", *AT_NOON)
    assert run.code == 0
    assert (site / "output/index.html").is_file()
    assert publish("--config", "new/site/config/publisher.toml", "quarantine", "--json").json == []


def test_a_publication_that_is_there_is_not_touched(publish: Publish) -> None:
    before = (publish.folder / "config/publisher.toml").read_bytes()
    done = publish("init", ".")
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert (publish.folder / "config/publisher.toml").read_bytes() == before


def test_files_that_are_there_are_kept(publish: Publish) -> None:
    site = publish.folder / "site"
    site.mkdir()
    (site / ".gitignore").write_text("mine")
    assert publish("init", "site").code == 0
    assert (site / ".gitignore").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_sentence(publish: Publish) -> None:
    (publish.folder / "taken").write_text("a file")
    done = publish("init", "taken/site")
    assert (done.code, done.is_one_sentence()) == (3, True)
    assert "name another folder" in done.err
