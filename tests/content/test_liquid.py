"""Liquid: tags are carried out as Jekyll does, what cannot be is gone and reported, and no body takes long."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.content.jekyll.pieces import UNDEFINED
from publisher.content.liquid import Liquid, Rendered, default_address, has_liquid
from publisher.model.errors import PostError

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SITE = {"url": "https://example.org", "baseurl": "", "title": "Orla Post"}
PAGE: dict[str, Any] = {
    "title": "The ferry",
    "date": "2019-10-01 23:30:00 -0500",
    "ports": ["Orla", "Brannel", "Celta"],
    "boat": {"name": "Wren", "size": None},
}


def no_link(path: str) -> str | None:
    return None


def rendered(
    body: str, folder: Path | None = None, link: Callable[[str], str | None] = no_link, page: dict[str, Any] = PAGE
) -> Rendered:
    return Liquid(site=SITE, data_folder=folder).render(body, page, link)


def text(body: str) -> str:
    return rendered(body).text


def reports(body: str) -> list[str]:
    return [removed.text for removed in rendered(body).removed]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{{ site.title }}: {{ page.title }}", "Orla Post: The ferry"),
        ("{% assign a = page.ports | join: ', ' %}{{ a }}", "Orla, Brannel, Celta"),
        ("{% if page.boat.name == 'Wren' %}yes{% else %}no{% endif %}", "yes"),
        ("{% if page.missing %}yes{% elsif page.title %}maybe{% endif %}", "maybe"),
        ("{% unless page.missing %}none{% endunless %}", "none"),
        ("{% for port in page.ports limit: 2 %}{{ forloop.index }}{{ port }} {% endfor %}", "1Orla 2Brannel "),
        ("{% for port in page.ports %}{% if port == 'Brannel' %}{% break %}{% endif %}{{ port }}{% endfor %}", "Orla"),
        ("{% case page.title %} lost {% when 'x' %}a{% when 'The ferry', 'y' %}b{% else %}c{% endcase %}", "b"),
        ("{% capture c %}<{{ page.title }}>{% endcapture %}{{ c }}{{ c }}", "<The ferry><The ferry>"),
        ("{% increment n %}{% increment n %}{% cycle 'a', 'b' %}", "01a"),
        ("a {% comment %}{{ b }} {% comment %}c{% endcomment %} d{% endcomment %}e", "a e"),
        ("a \n{%- if true -%}\n b {%- endif %} c {{- 'd' -}} e", "ab cde"),
        ("{% raw %}{{ a }} {% if %}{% endraw %}!", "{{ a }} {% if %}!"),
        ("a {%- raw -%} {{ b }} {%- endraw -%} c", "a{{ b }}c"),
        ("{{ '2020-02-03' | date: '%-d.%-m.%Y' }} {{ page.date | date_to_string }}", "3.2.2020 01 Oct 2019"),
        ("{{ page.date | date_to_long_string }}", "01 October 2019"),
        ("{{ page.date | date_to_xmlschema }}", "2019-10-01T23:30:00-05:00"),
        ("{{ page.date | date_to_rfc822 }}", "Tue, 01 Oct 2019 23:30:00 -0500"),
        ("{{ 'soon' | date: '%Y' }}{{ 'now' | date: '%Y' }}{{ 'x' | date_to_xmlschema | date_to_rfc822 }}", "soonx"),
        ("{{ 'a/b' | relative_url }} {{ '/a' | absolute_url }}", "/a/b https://example.org/a"),
        ("{{ 'https://example.net/a' | absolute_url }}", "https://example.net/a"),
        ("{{ 'A b, c!' | slugify }} {{ 'a & b' | cgi_escape }} {{ 'ä b' | uri_escape }}", "a-b-c a+%26+b %C3%A4%20b"),
        ("{{ '<b>' | xml_escape }} {{ '&lt;&' | escape_once }} {{ '<b>x</b>' | strip_html }}", "&lt;b&gt; &lt;&amp; x"),
        ("{{ page.ports | array_to_sentence_string }} {{ page.ports | jsonify }}", None),
        ("{{ 'one two  three' | number_of_words }} {{ ' a  b ' | normalize_whitespace }}", "3 a b"),
        ("{{ '*a*' | markdownify | smartify }} {{ 'b,a,b' | split: ',' | uniq | sort }}", "*a* ab"),
        ("{{ true }} {{ 2 | times: 3 }} {{ page.boat.size }} {{ (1..3) }}", "true 6  1..3"),
        ("[a]({% link about.md %}) [b]({%link a/index.html%})", "[a](/about.html) [b](/a/)"),
    ],
)
def test_liquid_is_carried_out_as_jekyll_does(body: str, expected: str | None) -> None:
    if expected is None:
        expected = 'Orla, Brannel, and Celta ["Orla", "Brannel", "Celta"]'
    result = rendered(body)
    assert result.text == expected
    assert result.removed == ()


def test_nothing_assigned_leaks_into_the_next_post() -> None:
    liquid = Liquid(site=SITE)
    assert liquid.render("{% assign a = 1 %}{% increment b %}", {}, no_link).text == "0"
    assert liquid.render("{% if a %}leaked{% endif %}{% increment b %}", {}, no_link).text == "0"


def test_link_and_post_url_ask_for_an_address_first() -> None:
    asked: list[str] = []

    def link(path: str) -> str | None:
        asked.append(path)
        return "https://example.org/p" if path.startswith("2016") else None

    result = rendered("{% post_url 2016-07-26-x %} {% link _posts/2016-07-26-x.md %}", link=link)
    assert result.text == "https://example.org/p /2016/07/26/x.html"
    assert asked == ["2016-07-26-x", "_posts/2016-07-26-x.md"]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("en/downloads/index.md", "/en/downloads/"),
        ("index.markdown", "/"),
        ("/about.md", "/about.html"),
        ("assets/a.pdf", "/assets/a.pdf"),
        ("en/news/_posts/2020-01-02-a-b.md", "/en/news/2020/01/02/a-b.html"),
        ("_posts/old/2020-01-02-a.md", "/2020/01/02/a.html"),
        ("2020-01-02-a", "/2020/01/02/a.html"),
    ],
)
def test_a_file_that_is_no_known_post_has_the_address_jekyll_gives_it(path: str, address: str) -> None:
    assert default_address(path) == address


def test_a_listing_is_one_line_of_html_in_which_markdown_finds_nothing() -> None:
    code = "    def a\n\n      *b* < {{ site.title }}\n"
    body = f"* An item:\n\n    {{% highlight ruby linenos %}}\n{code}    {{% endhighlight %}}\n"
    line = text(body).splitlines()[2]
    assert line == "    <pre><code>def a&#10;&#10;  &#42;b&#42; &#60; Orla Post</code></pre>"
    assert text("{% highlight liquid %}{% raw %}{{ a }}{% endraw %}{% endhighlight %}") == (
        "<pre><code>&#123;&#123; a &#125;&#125;</code></pre>"
    )


@pytest.mark.parametrize(
    ("body", "expected", "reported"),
    [
        ("a {% gist 123 %} b", "a  b", ["{% gist 123 %}"]),
        ('{% include a.html url="{{ site.url }}" %}b', "b", ['{% include a.html url="{{ site.url }}" %}']),
        ("{% foo %}in{% endfoo %}", "in", ["{% foo %}", "{% endfoo %}"]),
        ("{% if a %}never ended", "never ended", ["{% if a %}"]),
        ("{% if %}a{% else %}b{% endif %}", "ab", ["{% if %}", "{% else %}", "{% endif %}"]),
        ("{% for a %}b{% break %}{% endfor %}", "b", None),
        (
            "a{% endif %}{% else %}{% when 1 %}{% break %}",
            "a",
            ["{% endif %}", "{% else %}", "{% when 1 %}", "{% break %}"],
        ),
        ("{% if true %}{% for a in b %}c{% endif %}", "c", ["{% for a in b %}"]),
        ("{% if true %}a{% elsif | %}b{% endif %}", "ab", ["{% elsif | %}"]),
        ("{% case 1 %}{% if true %}x{% endif %}{% when 1 %}a{% endcase %}", "a", ["{% if true %}", "{% endif %}"]),
        ("{% case 1 %}{{ 2 }}{% when 1 %}a{% endcase %}", "a", ["{{ 2 }}"]),
        ("{{ a | }} {{ }} {{ {1,2},{3} }}", "  ", ["{{ a | }}", "{{ }}", "{{ {1,2},{3} }}"]),
        ("A {{ alone\n\nand {% alone", "A  alone\n\nand  alone", ["{{", "{%"]),
        ("{% raw %}a", "a", ["{% raw %}"]),
        ("{% comment %}a", "a", ["{% comment %}"]),
        ("{% %}a{% | %}", "a", ["{% %}", "{% | %}"]),
        ("{% step 0 %}a", "a", ["{% step 0 %}"]),
        ("{% link {{ page.a }} %}", "", ["{% link {{ page.a }} %}"]),
        ("{{% foo %}{ x }}", "{ x }}", ["{% foo %}"]),
        ("{{% x %}", "{", ["{% x %}"]),
        ("{" + "{% a %}" + "{ b }", "{ b }", ["{% a %}"]),
        ("{{ 'a' | frob }}{{ 1 | divided_by: 0 }}", "a1", None),
        ("{{ page.boat }}a", "a", ["page.boat is more than a value"]),
        ("{{ page.ports.first.x }} {{ site.title.__class__ }}b", " b", None),
        ("{% if page.title < 1 %}a{% endif %}b", "b", ["{% if %} cannot be carried out"]),
        ("{{ a" + "[b" * 50 + "]" * 50 + " }}c", "c", None),
    ],
)
def test_what_cannot_be_carried_out_is_gone_and_reported(body: str, expected: str, reported: list[str] | None) -> None:
    assert text(body) == expected
    found = reports(body)
    assert found
    assert reported is None or found == reported


def test_a_filter_that_is_not_known_or_fails_leaves_the_value() -> None:
    assert reports("{{ 'a' | frob }}{{ 'a' | frob }}{{ 1 | divided_by: 0 }}") == [
        "the filter frob is not known",
        "the filter divided_by cannot be applied",
    ]


def test_code_of_other_languages_that_only_looks_alike_stays() -> None:
    body = 'Ruby: "%{a}" {:b=>2} and }} or %} in C: if (a) {b[{1}];}'
    assert text(body) == body
    assert not has_liquid(body)


def test_lines_that_are_there_for_what_is_not_defined_go() -> None:
    body = (
        "## Download\n\n* <{{ r.url.gz }}>\n\n      SIZE: {{ r.size }}\n      **File size (bytes)**: {{ r.size }}\n\n"
        "| {{ r.a }} | {{ r.b }} |\n1. [{{ r.a }}](https://example.org/{{ r.a }})\n"
        "The new {{ r.name }} has {{ r.count }} files.\n[Notes]({{ r.notes }})\n\n[1]: {{ r.link }}"
    )
    assert text(body) == (
        "## Download\n\n\n\n1. [](https://example.org/)\nThe new  has  files.\nNotes\n\n[1]:  <>".replace(
            "1. [](https://example.org/)\n", ""
        )
    )
    assert reports(body)[:3] == ["r.url.gz is not defined", "r.size is not defined", "r.a is not defined"]
    assert UNDEFINED not in text(f"{UNDEFINED}a {{{{ b }}}}")


def test_what_is_not_defined_may_be_asked_for_and_replaced() -> None:
    assert reports("{% if a.b %}{% endif %}{{ a | default: 'c' }}{% for a in b %}{% endfor %}") == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crew").mkdir()
    (tmp_path / "boats.yml").write_text("- name: Wren\n  built: 1987\n  sold: 2024-01-02\n- {name: Tern}\n")
    (tmp_path / "crew" / "desk one.json").write_text('{"a": [1, true, null]}')
    (tmp_path / "ports.csv").write_text("name,berths\nOrla,3\n")
    (tmp_path / "tides.tsv").write_text("high\tlow\n9\t3\n")
    (tmp_path / "broken.yml").write_text("a: *b\n")
    (tmp_path / "notes.txt").write_text("no data")
    (tmp_path / "link.yml").symlink_to("/etc/hostname")
    return tmp_path


def test_data_files_are_values(folder: Path) -> None:
    body = (
        "{% assign boat = site.data.boats | where: 'built', '1987' | first %}{{ boat.name }} {{ boat.sold }} "
        "{{ site.data.boats[0].built | plus: 1 }} {{ site.data.crew.desk_one.a[0] }} "
        "{{ site.data.ports[0].berths }} {{ site.data.tides.first.low }}"
    )
    assert rendered(body, folder) == Rendered(text="Wren 2024-01-02 1988 1 3 3", removed=())


def test_a_broken_data_file_is_not_defined_and_reported_where_it_is_used(folder: Path) -> None:
    result = rendered("{{ site.data.broken.a }}{{ site.data.notes }}{{ site.data.link }}x", folder)
    assert result.text == "x"
    texts = [removed.text for removed in result.removed]
    assert texts[0].startswith("_data: broken.yml cannot be read: ")
    assert texts[1] == "site.data.broken.a is not defined"
    assert rendered("{{ site.data.boats.size }}", folder).removed == ()


def test_data_files_too_large_or_too_deep_are_broken(folder: Path) -> None:
    (folder / "deep.json").write_text('{"a":' * 40 + "1" + "}" * 40)
    (folder / "deeper.json").write_text("[" * 100_000)
    (folder / "large.json").write_text(" " * (4 * 1024 * 1024) + "1")
    result = rendered("{{ site.data.deep }}{{ site.data.deeper }}{{ site.data.large }}", folder)
    assert sum("cannot be read" in removed.text for removed in result.removed) == 3


def test_the_fingerprint_changes_with_the_data_and_the_site(folder: Path) -> None:
    one = Liquid(site=SITE, data_folder=folder)
    before = one.fingerprint
    assert before == Liquid(site=dict(SITE), data_folder=folder).fingerprint
    assert before != Liquid(site={**SITE, "title": "x"}, data_folder=folder).fingerprint
    (folder / "boats.yml").write_text("[]")
    assert before != one.fingerprint
    assert Liquid(site=SITE, data_folder=folder / "none").fingerprint == Liquid(site=SITE).fingerprint


def test_a_run_without_liquid_imports_no_liquid() -> None:
    code = (
        "import sys; from publisher.content.liquid import Liquid; Liquid(site={}).render('a {{', {}, str); "
        "sys.exit('liquid' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


PIECES = [
    *(
        "{%",
        "%}",
        "{{",
        "}}",
        "{",
        "}",
        "%",
        "-",
        " ",
        "\n\n",
        "a",
        "'",
        '"',
        "|",
        ":",
        "[",
        "(",
        "1..9",
        "if",
        "endif",
    ),
    *(
        "{% if a %}",
        "{% endif %}",
        "{% else %}",
        "{% for a in (1..3) %}",
        "{% endfor %}",
        "{% case a %}",
        "{% when 1 %}",
    ),
    *("{% endcase %}", "{% comment %}", "{% endcomment %}", "{% highlight x %}", "{% endhighlight %}", "{{ a.b }}"),
    *(
        "{%- assign a = 'b' -%}",
        "{% capture a %}",
        "{% endcapture %}",
        "{{ a | join }}",
        "{% link a %}",
        "{% include x %}",
    ),
    *("{% break %}", "{% unless a %}", "{% endunless %}", "{% ifchanged %}", "{% endifchanged %}", "\x00", "คำ"),
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("{{%- assign a = 'b' -%}%}")
@example("{{% comment %}x{% endcomment %}{ a }}")
def test_no_tag_is_ever_left_for_a_reader(body: str) -> None:
    found = text(body)
    assert "{%" not in found
    assert "{{" not in found
    assert UNDEFINED not in found


BIG = "{% capture x %}" + "a b<" * 200_000 + "{% endcapture %}"
HOSTILE = {
    "nested loops": "{% for a in (1..1000) %}" * 4 + "{% assign z = 1 %}" + "{% endfor %}" * 4,
    "loops in a row": "{% for a in (1..9999) %}{% endfor %}" * 2_400,
    "a wide loop": "{% for a in (1..1000) %}" + "{% if false %}{% endif %}" * 2_400 + "{% endfor %}",
    "a long range": "{% for a in (1..1000000000) reversed %}{% endfor %}",
    "a range joined": "{{ (1..1000000000) | join: ',' }}",
    "doubling captures": "{% capture x %}abcdefgh{% endcapture %}"
    + "{% capture x %}{{ x }}{{ x }}{% endcapture %}" * 60,
    "doubling appends": "{% assign x = 'ab' %}" + "{% assign x = x | append: x %}" * 99,
    "doubling numbers": "{% assign x = 99999 %}" + "{% assign x = x | times: x %}" * 99 + "{{ x }}",
    "doubling lists": "{% assign x = 'a,b' | split: ',' %}" + "{% assign x = x | concat: x %}" * 99,
    "many large names": BIG + "".join(f"{{% assign a{n} = x | append: '{n}' %}}" for n in range(99)),
    "replacing nothing": "{{ 'a'" + " | replace: '', 'aaaa'" * 80 + " }}",
    "cases that match twice": "{% case 1 %}{% when 1, 1, 1 %}" * 29 + "x" + "{% endcase %}" * 29,
    "much output": BIG + "{{ x }}" * 999,
    "looking into much": BIG + "{% if x contains 'zz' %}{% endif %}" * 2_400,
    "many tags": "{{ a }}" * 100_000,
    "as many tags as may be": "{{ a | upcase }}" * 4_999,
    "many ifs": "{% if true %}" * 30_000,
    "deep ifs": "{% if true %}" * 31,
    "long tags": ("{{ a" + " | upcase" * 190 + " }}") * 5_000,
    "brackets": ("{{ " + "(" * 1_900 + "[" * 90 + " }}") * 100,
    "openings": "{%" * 2_000_000,
    "openings far from their ends": "{{ a \n" * 9_000 + "x" * 3_900_000,
    "braces": "{" * 4_000_000,
    "a tag that never ends": "{% " + "a" * 4_000_000,
    "spaces": "{% if " + " " * 4_000_000 + " %}",
    "raw that never ends": "{% raw %}" * 9_000 + "endraw" + "x" * 3_900_000,
    "a long line": "{{ a }}" + "[<(1" * 900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_body_takes_much_time_or_memory(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        found = text(HOSTILE[name])
    except PostError as error:
        found = error.reason
    assert "{%" not in found
    after = resource.getrusage(resource.RUSAGE_SELF)
    # A machine under load is slower than the second or so that the slowest takes.
    assert after.ru_utime - before.ru_utime < 10
    assert after.ru_maxrss - before.ru_maxrss < 200 * 1024
