"""`publish check`: is it all sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import AT_NOON, tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Publish

TOO_DEEP = "<div>" * 150 + "deep" + "</div>" * 150


def test_a_sound_publication_is_told_so(publish: Publish) -> None:
    publish.post("A1")
    done = publish("check", "--posts", *AT_NOON)
    assert done.code == 0
    assert "1 post can be rendered." in done.out
    assert "No post is left out." in done.out


def test_a_body_that_cannot_be_rendered_is_named(publish: Publish) -> None:
    path = publish.post("A1")
    path.write_text(path.read_text("utf-8") + TOO_DEEP, "utf-8")
    publish.post("A2", title="")
    done = publish("check", "--posts", "--json", *AT_NOON)
    assert done.code == 1
    assert done.json["rendered"] == 0
    assert [(each["path"], each["line"]) for each in done.json["quarantined"]] == [("A1.md", 1), ("A2.md", 1)]
    assert "levels deep" in publish("check", *AT_NOON).out
    assert publish("status", "--json").json["posts"]["published"] == 0


def test_checking_publishes_nothing(publish: Publish) -> None:
    publish.post("A1")
    publish("feeds", *AT_NOON)
    before = tree(publish.folder / "output")
    publish.post("A2")
    publish("check", "--posts", "--quiet", *AT_NOON)
    assert tree(publish.folder / "output") == before


def test_a_wrong_rule_of_cleaning_is_one_sentence_with_its_key(publish: Publish) -> None:
    (publish.folder / "config/cleaning.toml").write_text('["wire.example.com"]\ndrop_matching = ["("]\n', "utf-8")
    done = publish("check")
    assert done.code == 2
    assert "drop_matching" in done.err
    assert "Traceback" not in done.err
    assert publish(*AT_NOON).code == 2


def test_a_warning_is_shown_to_editors(publish: Publish) -> None:
    path = publish.post("A1")
    links = "\n".join(f"- [Another report, number {number}](https://wire.example.com/{number})" for number in range(30))
    path.write_text(path.read_text("utf-8") + f"\n## Related news\n\n{links}\n", "utf-8")
    assert "A1.md: " in publish("check", "--posts", *AT_NOON).out


def test_words_that_a_language_lacks_are_named_with_the_way_out(publish: Publish) -> None:
    path = publish.folder / "templates" / "mine.html"
    path.parent.mkdir()
    path.write_text("{{ _('Ours') }}", "utf-8")
    done = publish("check", *AT_NOON)
    assert done.code == 0
    assert (
        "th: 1 word is said in English, “Ours”: `publish translations th` lists them for you to translate." in done.out
    )
    assert "en: " not in done.out
    path.write_text("{{ _('A') }}{{ _('B') }}{{ _('C') }}{{ _('D') }}", "utf-8")
    assert "th: 4 words are said in English, “A”, “B”, “C” and others: " in publish("check", *AT_NOON).out
    found = [{"language": "en", "missing": []}, {"language": "th", "missing": ["A", "B", "C", "D"]}]
    assert publish("check", "--json", *AT_NOON).json["translations"] == found


def test_a_template_and_a_translation_that_cannot_be_read_are_found(publish: Publish) -> None:
    folder = publish.folder / "templates"
    (folder / "translations" / "th").mkdir(parents=True)
    (folder / "translations" / "th" / "messages.po").write_text("hello", "utf-8")
    done = publish("check", *AT_NOON)
    assert done.code == 1
    assert f"{folder}/translations/th/messages.po, line 1: this is not how a catalogue is written" in done.out
    assert "are sound" not in done.out
    (folder / "mine.html").write_text("{% if %}", "utf-8")
    broken = publish("check", "--json", *AT_NOON).json["templates"]
    assert [sentence.partition(": ")[0] for sentence in broken] == [f"{folder}/mine.html, line 1"]


def test_a_maildir_that_is_not_there_yet_is_a_warning(publish: Publish, tmp_path: Path) -> None:
    publish.configure("# bounces_maildir", f'bounces_maildir = "{tmp_path / "bounces"}" #')
    done = publish("check")
    assert done.code == 0
    assert f"mail, warning, bounces: there is no {tmp_path / 'bounces'} yet" in done.out
    (finding,) = publish("check", "--json").json["mail"]
    assert finding["severity"] == "warning"
    (tmp_path / "bounces" / "new").mkdir(parents=True)
    assert publish("check", "--json").json["mail"] is None


def test_a_folder_that_is_no_maildir_is_an_error(publish: Publish) -> None:
    publish.configure("# bounces_maildir", 'bounces_maildir = "posts" #')
    done = publish("check")
    assert done.code == 1
    assert "mail, error, bounces: " in done.out
    assert "is no Maildir, its folder new cannot be read (No such file or directory)" in done.out
