"""The configuration: what is right becomes settings, and what is wrong is named by its key, all at once."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from publisher.config import load
from publisher.model.errors import ConfigurationError, UsageError
from publisher.model.feed import Selection, Shape, Sieve
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publisher.settings import Settings

#: The least that a configuration can say.
LEAST = """
[site]
title = "World Desk"
url = "https://news.example.org"
authority = "news.example.org"
author = { name = "World Desk" }
language = "th"
timezone = "Asia/Bangkok"
postal_address = "1 Example Road, Bangkok"
[mail]
sender = "World Desk <digest@news.example.org>"
"""
DIGEST = """
[[digests]]
name = "world"
title = "World briefing"
category = "WORLD"
languages = ["th", "en"]
schedule = "0 7 * * *"
"""
#: As the design shows it, with everything that this version takes.
WHOLE = """
[site]
title = "World Desk"
url = "https://news.example.org/"
authority = "news.example.org"        # stands in entry ids: never change it
author = { name = "World Desk", email = "desk@news.example.org" }
language = "th"                       # of posts that do not say
timezone = "Asia/Bangkok"
postal_address = "1 Example Road, Bangkok"

[posts]
directory = "posts"
url = "https://news.example.org/{category}/{code}"
fields = { language = ["language", "lang"] }

[feeds]
entries = 50
max_bytes = 524288
formats = ["rss", "atom", "json"]
archives = []
hubs = []

[[digests]]
name = "world"
title = { th = "ข่าวโลก", en = "World briefing" }
category = "WORLD"
languages = ["th", "en"]
schedule = "0 7 * * *"
max_age = "7d"
max_stories = 12
min_posts = 1
approval = "auto"
copies_to = ["desk@news.example.org"]

[mail]
sender = "World Desk <digest@news.example.org>"
reply_to = "desk@news.example.org"
transport = "outbox"
on_uncertain = "resend"
rate = "50/s"

[mail.smtp]
host = "localhost"
port = 587
security = "starttls"
username = "digest"
password_file = "config/secrets/smtp"
connections = 8

[mail.dkim]
domain = "news.example.org"
selector = "2026"
key_file = "config/secrets/dkim.pem"

[store]
url = "sqlite:///var/publisher.db"

[web]
host = "127.0.0.1"
port = 8000
secret_file = "var/secret"

[schedule]
collect_every = "5m"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def read(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Settings:
    path = folder / "config" / "publisher.toml"
    path.write_text(text, "utf-8")
    return load(path, environment or {})


def problems(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read(folder, text, environment)
    return list(caught.value.problems)


def with_key(key: str, value: str) -> str:
    """The least configuration, and a digest, with one key set to this TOML."""
    table, _, name = key.rpartition(".")
    lines = (LEAST + DIGEST).splitlines()
    header = "[[digests]]" if table == "digests[0]" else f"[{table}]"
    if header not in lines:
        lines += [header]
    start = lines.index(header)
    end = next((n for n in range(start + 1, len(lines)) if lines[n].startswith("[")), len(lines))
    kept = [line for line in lines[start + 1 : end] if not line.startswith(f"{name} =")]
    return "\n".join([*lines[: start + 1], *kept, f"{name} = {value}", *lines[end:]])


def test_the_shipped_configuration_is_right() -> None:
    settings = load(ROOT / "config" / "publisher.toml", {})
    assert settings.mail.transport == "outbox"
    assert [digest.name for digest in settings.digests] == ["world"]


def test_every_key_of_the_shipped_configuration_is_explained() -> None:
    lines = (ROOT / "config" / "publisher.toml").read_text("utf-8").splitlines()
    assert all(line.isascii() or line.startswith(("title = ", "description = ")) for line in lines)
    assert sum(line.startswith("#") for line in lines) > 20


def test_the_whole_sample_of_the_design_is_right(folder: Path) -> None:
    settings = read(folder, WHOLE)
    assert settings.site.zone.key == "Asia/Bangkok"
    assert settings.posts.fields == {"language": ("language", "lang")}
    assert settings.digests[0].max_age == timedelta(days=7)
    assert settings.digests[0].digest().title("de") == "ข่าวโลก"
    assert settings.mail.rate == (50, 1)
    assert settings.mail.smtp is not None
    assert (settings.mail.smtp.port, settings.mail.smtp.password) == (587, None)
    assert settings.mail.dkim is not None
    assert settings.schedule.collect_every == timedelta(minutes=5)


def test_what_is_left_out_has_its_default(folder: Path) -> None:
    settings = read(folder, LEAST)
    assert settings.site.url == "https://news.example.org/"
    assert settings.site.author.email is None
    assert (settings.posts.directory, settings.feeds.entries, settings.digests) == ("posts", 50, ())
    assert settings.store.url == "sqlite:///var/publisher.db"


def test_a_byte_order_mark_is_no_mistake(folder: Path) -> None:
    assert read(folder, "\ufeff" + LEAST).site.title == "World Desk"


def test_a_title_may_be_one_for_all_languages(folder: Path) -> None:
    digest = read(folder, LEAST + DIGEST).digests[0].digest()
    assert digest.title("th") == digest.title("en") == "World briefing"
    assert digest.category == "world"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("site.title", "5"),
        ("site.title", "' '"),
        ("site.url", "'news.example.org'"),
        ("site.url", "'ftp://news.example.org/'"),
        ("site.url", "'https://news.example.org/?a=b'"),
        ("site.authority", "'https://news.example.org'"),
        ("site.author", "'World Desk'"),
        ("site.author.email", None),
        ("site.language", "'all'"),
        ("site.language", "5"),
        ("site.timezone", "'Bangkok'"),
        ("site.timezone", "'../etc/passwd'"),
        ("site.postal_address", "[]"),
        ("posts.directory", "''"),
        ("posts.url", "'https://news.example.org/{title}'"),
        ("posts.url", "'https://news.example.org/{category}'"),
        ("posts.url", "'{code}'"),
        ("posts.fields", "['language']"),
        ("posts.fields", "{ lnguage = ['lang'] }"),
        ("posts.fields", "{ language = [] }"),
        ("feeds.entries", "0"),
        ("feeds.entries", "'50'"),
        ("feeds.entries", "true"),
        ("feeds.max_bytes", "-1"),
        ("feeds.formats", "['rss', 'pdf']"),
        ("feeds.formats", "[]"),
        ("feeds.archives", "['../all']"),
        ("feeds.hubs", "['hub.example.org']"),
        ("feeds.archives", "['world', 'a/b/c']"),
        ("feeds.archives", "[5]"),
        ("feeds.content", "'titles'"),
        ("feeds.ttl", "'0m'"),
        ("feeds.ttl", "60"),
        ("site.icon", "'icon.png'"),
        ("site.logo", "'javascript:alert(1)'"),
        ("site.copyright", "''"),
        ("digests[0].name", "'World News'"),
        ("digests[0].title", "{ english = 5 }"),
        ("digests[0].category", "'!'"),
        ("digests[0].languages", "'th'"),
        ("digests[0].languages", "['t']"),
        ("digests[0].schedule", "'0 7 * *'"),
        ("digests[0].schedule", "'0 7 * * 1'"),
        ("digests[0].schedule", "'0 25 * * *'"),
        ("digests[0].schedule", "'0 7 31 FEB *'"),
        ("digests[0].max_age", "7"),
        ("digests[0].max_age", "'0d'"),
        ("digests[0].max_age", "'7 days'"),
        ("digests[0].max_age", "'999999w'"),
        ("digests[0].max_stories", "0"),
        ("digests[0].min_posts", "1.5"),
        ("digests[0].approval", "'maybe'"),
        ("digests[0].copies_to", "['desk']"),
        ("digests[0].copies_to", "['a..b@example.org']"),
        ("mail.sender", "'World Desk'"),
        ("mail.reply_to", "'a@b@c'"),
        ("mail.transport", "'pigeon'"),
        ("mail.on_uncertain", "'ask'"),
        ("mail.rate", "'fast'"),
        ("mail.rate", "'0/s'"),
        ("mail.smtp.host", "''"),
        ("mail.smtp.port", "70000"),
        ("mail.smtp.security", "'ssl'"),
        ("mail.smtp.connections", "0"),
        ("store.url", "''"),
        ("store.url", "'var/publisher.db'"),
        ("web.port", "'http'"),
        ("schedule.collect_every", "'often'"),
    ],
)
def test_a_wrong_value_is_reported_by_its_full_key(folder: Path, key: str, value: str | None) -> None:
    text = LEAST.replace('{ name = "World Desk" }', '{ name = "World Desk", email = "nobody" }')
    if value is not None:
        text = with_key(key, value)
    (problem,) = problems(folder, text)
    assert problem.startswith((f"{key}: ", f"{key}["))
    assert re.search(r"must|no field|not there yet|needs", problem)


@pytest.mark.parametrize("key", ["title", "url", "authority", "author", "language", "timezone", "postal_address"])
def test_a_key_of_the_site_that_is_missing_is_reported_as_missing(folder: Path, key: str) -> None:
    text = re.sub(rf"^{key} = .*$", "", LEAST, flags=re.MULTILINE)
    assert problems(folder, text) == [f"site.{key}: is missing"]


def test_an_author_without_a_name_is_reported(folder: Path) -> None:
    assert problems(folder, LEAST.replace('name = "World Desk"', "")) == ["site.author.name: is missing"]


def test_an_empty_configuration_names_the_tables_it_needs(folder: Path) -> None:
    assert problems(folder, "") == ["site: is missing", "mail: is missing"]


def test_every_mistake_is_reported_at_once(folder: Path) -> None:
    text = (LEAST + DIGEST + DIGEST).replace("0 7 * * *", "sometimes", 1)
    text = text.replace("Asia/Bangkok", "Bangkok").replace('"WORLD"', "5") + "\n[feeds]\nentris = 3\nentries = 0\n"
    found = problems(folder, text)
    keys = {problem.partition(":")[0] for problem in found}
    assert keys == {
        "site.timezone",
        "digests[0].category",
        "digests[0].schedule",
        "digests[1].category",
        "digests[1].name",
        "feeds.entris",
        "feeds.entries",
    }


def test_what_is_wrong_only_together_is_reported_at_once(folder: Path) -> None:
    text = LEAST.replace("[mail]", '[mail]\ntransport = "smtp"') + DIGEST + DIGEST.replace("0 7 * * *", "never")
    text += '\n[feeds]\nhubs = ["x"]\n'
    keys = [problem.partition(":")[0] for problem in problems(folder, text)]
    assert sorted(keys) == ["digests[1].name", "digests[1].schedule", "feeds.hubs", "mail.smtp"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[sight]\ntitle = "x"', "sight: is not known; did you mean 'site'?"),
        ("[feeds]\nentrys = 3", "feeds.entrys: is not known; did you mean 'entries'?"),
        (
            "[feeds]\nzzz = 3",
            (
                "feeds.zzz: is not known; known are archives, content, entries, extra, formats, hubs, max_bytes, "
                "override, ttl"
            ),
        ),
        ("[mail.smtp]\nhots = 'x'", "mail.smtp.hots: is not known; did you mean 'host'?"),
        ("[[digests]]\nnmae = 'x'", "digests[0].nmae: is not known; did you mean 'name'?"),
    ],
)
def test_an_unknown_key_is_a_mistake_with_a_suggestion(folder: Path, text: str, problem: str) -> None:
    assert problem in problems(folder, f"{LEAST}\n{text}\n")


def test_fields_of_front_matter_that_do_not_exist_are_suggested(folder: Path) -> None:
    (problem,) = problems(folder, with_key("posts.fields", "{ langage = ['lang'] }"))
    assert "did you mean 'language'?" in problem


@pytest.mark.parametrize("value", ["5", '"no table"', "[1]"])
def test_a_table_that_is_none_is_reported(folder: Path, value: str) -> None:
    assert problems(folder, f"posts = {value}\n{LEAST}") == ["posts: must be a table"]


@pytest.mark.parametrize("value", ["5", '"no list"', "[1]", '{ name = "world" }'])
def test_digests_that_are_no_tables_are_reported_by_their_key(folder: Path, value: str) -> None:
    found = problems(folder, f"digests = {value}\n{LEAST}")
    assert found
    assert all(re.match(r"digests(\[\d\])?: must be", problem) for problem in found)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"PUBLISHER_SITE__TITLE": "Another Desk"}, {"site": {"title": "Another Desk"}}),
        ({"PUBLISHER_SITE__AUTHOR__NAME": "Somebody"}, {"site": {"author": {"name": "Somebody"}}}),
        ({"PUBLISHER_FEEDS__ENTRIES": "7"}, {"feeds": {"entries": 7}}),
        ({"PUBLISHER_FEEDS__FORMATS": '["json"]'}, {"feeds": {"formats": ("json",)}}),
        ({"PUBLISHER_MAIL__SMTP__HOST": "127.0.0.1"}, {"mail": {"smtp": {"host": "127.0.0.1"}}}),
        ({"PUBLISHER_SCHEDULE__COLLECT_EVERY": "30s"}, {"schedule": {"collect_every": timedelta(seconds=30)}}),
        ({"PUBLISHER_STORE__URL": "sqlite:///x.db", "PUBLISHER_CORPUS": "x"}, {"store": {"url": "sqlite:///x.db"}}),
        ({"PUBLISHER_MAIL__SMTP__PASSWORD": "123456"}, {"mail": {"smtp": {"password": "123456"}}}),
        ({"PUBLISHER_SITE__TITLE": "2024"}, {"site": {"title": "2024"}}),
    ],
)
def test_the_environment_overrides_the_file(
    folder: Path, environment: dict[str, str], expected: dict[str, Any]
) -> None:
    def holds(found: Any, wanted: Any) -> bool:
        if isinstance(wanted, dict):
            return all(holds(getattr(found, name), value) for name, value in wanted.items())
        return bool(found == wanted)

    assert holds(read(folder, LEAST, environment), expected)


def test_a_wrong_value_from_the_environment_is_reported_by_its_key(folder: Path) -> None:
    (problem,) = problems(folder, LEAST, {"PUBLISHER_FEEDS__ENTRIES": "many"})
    assert problem.startswith("feeds.entries: must be a whole number")


def test_an_unknown_key_in_the_environment_is_a_mistake(folder: Path) -> None:
    (problem,) = problems(folder, LEAST, {"PUBLISHER_FEEDS__ENTRIS": "5"})
    assert problem == "feeds.entris: is not known; did you mean 'entries'?"


def test_the_environment_cannot_reach_into_what_is_no_table(folder: Path) -> None:
    (problem,) = problems(folder, LEAST + "\n[feeds]\nentries = 'x'\n", {"PUBLISHER_FEEDS__ENTRIES__FIRST": "5"})
    assert problem.startswith("feeds.entries: must be")


SMTP = LEAST.replace("[mail]", '[mail]\ntransport = "smtp"') + '\n[mail.smtp]\nsecurity = "none"\n'


def test_a_relay_on_this_machine_is_all_that_smtp_needs(folder: Path) -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        assert read(folder, f'{SMTP}host = "{host}"\n').mail.smtp is not None


def test_a_relay_elsewhere_wants_readers_to_leave_by_https(folder: Path) -> None:
    relay = SMTP.replace('"none"', '"starttls"') + 'host = "relay.example.org"\n'
    assert read(folder, relay).mail.smtp is not None
    (problem,) = problems(folder, relay.replace("https://news", "http://news"))
    assert problem.startswith("site.url: must be https to send by a relay that is not on this machine")
    assert read(folder, f"{SMTP}".replace("https://news", "http://news")).mail.smtp is not None


def test_a_password_goes_in_no_clear_text_and_is_there_where_a_username_is(folder: Path) -> None:
    secret = 'username = "digest"\npassword = "open sesame"\n'
    (problem,) = problems(folder, SMTP + secret)
    assert problem.startswith("mail.smtp.security: must be 'starttls' or 'tls'")
    secure = SMTP.replace('"none"', '"tls"')
    assert read(folder, secure + secret).mail.smtp is not None
    (problem,) = problems(folder, secure + 'username = "digest"\n')
    assert problem.startswith("mail.smtp.password: is missing")


@pytest.mark.parametrize("name", ["mail.example.org", "MX-1", "3com.example", "xn--fiq228c.example"])
def test_the_relay_may_be_told_another_name_of_this_machine(folder: Path, name: str) -> None:
    smtp = read(folder, f'{SMTP}hostname = "{name}"\n').mail.smtp
    assert smtp is not None
    assert smtp.hostname == name.lower()


@pytest.mark.parametrize(
    "name",
    [
        "two words",
        "mail.example.org\\r\\nMAIL FROM:<>",
        "-mail",
        "mail..example.org",
        "mail.example.org.",
        "192.0.2.1",
        "[192.0.2.1]",
        "ไทย.example",
        f"{'a' * 64}.example",
        ".".join(["abcdefgh"] * 29),
        "under_score",
    ],
)
def test_a_name_that_no_machine_can_have_is_refused(folder: Path, name: str) -> None:
    (problem,) = problems(folder, f'{SMTP}hostname = "{name}"\n')
    assert problem.startswith("mail.smtp.hostname: must be the name of a machine, such as 'mail.example.org', not ")


def test_a_password_is_read_from_its_file(folder: Path) -> None:
    (folder / "config" / "secret").write_text("open sesame\n", "utf-8")
    settings = read(folder, f'{SMTP}password_file = "config/secret"\n')
    assert settings.mail.smtp is not None
    assert settings.mail.smtp.password == "open sesame"
    assert "sesame" not in repr(settings)


def test_a_password_file_is_found_from_inside_the_config_folder_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "config" / "secret").write_text("open sesame", "utf-8")
    read(folder, f'{SMTP}password_file = "config/secret"\n')
    monkeypatch.chdir(folder / "config")
    settings = load(Path("publisher.toml"), {})
    assert settings.mail.smtp is not None
    assert settings.mail.smtp.password == "open sesame"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_password_file_that_cannot_be_read_is_reported(folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / "config" / "secret").write_bytes(content)
    (problem,) = problems(folder, f'{SMTP}password_file = "config/secret"\n')
    assert problem.startswith("mail.smtp.password_file: config/secret cannot be read")


def test_a_password_file_is_not_needed_where_nothing_logs_in(folder: Path) -> None:
    text = SMTP.replace('transport = "smtp"', "") + 'password_file = "nowhere"\n'
    assert read(folder, text).mail.smtp is not None


def test_single_domains_have_rates_of_their_own(folder: Path) -> None:
    text = LEAST + 'domain_rates = { "Example.com" = "20/s" }\n'
    assert read(folder, text).mail.domain_rates == {"example.com": (20, 1)}
    (problem,) = problems(folder, LEAST + 'domain_rates = { "example.com" = "fast" }\n')
    assert problem.startswith("mail.domain_rates: must be a rate")
    (problem,) = problems(folder, LEAST + "domain_rates = 5\n")
    assert problem.startswith("mail.domain_rates: must be a table")


def test_a_rate_counts_by_second_minute_or_hour(folder: Path) -> None:
    rates = {"50/s": (50, 1), "600/m": (600, 60), "10000 / h": (10_000, 3600)}
    for text, rate in rates.items():
        assert read(folder, with_key("mail.rate", f"'{text}'")).mail.rate == rate


def test_a_list_that_repeats_itself_counts_once(folder: Path) -> None:
    settings = read(folder, with_key("digests[0].languages", "['TH', 'th', 'en_GB']"))
    assert settings.digests[0].languages == ("th", "en-gb")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"[site\n", "is not TOML"), (b"title = \xff\n", "is not TOML"), (b"a = 1\na = 2\n", "is not TOML")],
)
def test_a_file_that_is_no_toml_is_one_sentence(folder: Path, content: bytes, reason: str) -> None:
    path = folder / "config" / "publisher.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=reason):
        load(path, {})


def test_a_file_that_is_not_there_or_is_a_folder_is_one_sentence(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"is not there: run `publish init DIR`"):
        load(folder / "config" / "publisher.toml", {})
    with pytest.raises(UsageError, match="cannot be read"):
        load(folder / "config", {})


def test_the_sample_of_the_design_is_plain_toml() -> None:
    assert set(tomllib.loads(WHOLE)) == {"site", "posts", "feeds", "digests", "mail", "store", "web", "schedule"}


SOURCES = """
[posts]
liquid = false
category_from_folder = true
fields = { language = ["sprache"] }
[[posts.sources]]
name = "wire"
directory = "wire/_posts"
site_url = "https://wire.example.com"
url = "https://wire.example.com/{year}/{month}/{day}/{slug}/"
categories = ["WORLD"]
author = "Example Wire"
timezone = "Europe/London"
liquid = true
[[posts.sources]]
name = "blog"
directory = "blog"
"""


def test_a_source_has_what_it_says_and_else_what_posts_have(folder: Path) -> None:
    posts = read(folder, LEAST + SOURCES).posts
    wire, blog = posts.sources
    assert (wire.name, wire.site_url, wire.categories) == ("wire", "https://wire.example.com/", ("WORLD",))
    assert (wire.liquid, blog.liquid) == (True, False)
    assert wire.category_from_folder
    assert wire.fields == blog.fields == {"language": ("sprache",)}
    assert (blog.directory, blog.author, blog.timezone, blog.url) == ("blog", None, None, None)
    assert posts.directory == "posts"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[posts.sources]]\nname = 'wire'\n", "posts.sources[0].directory: is missing"),
        ("[[posts.sources]]\ndirectory = 'wire'\n", "posts.sources[0].name: is missing"),
        ("[[posts.sources]]\nname = 'Wire News'\ndirectory = 'x'\n", "posts.sources[0].name: must be lower-case"),
        ("[posts]\nsources = 'wire'\n", "posts.sources: must be a list of tables"),
        ("[posts]\nsources = ['wire']\n", "posts.sources[0]: must be a table"),
        ("[posts]\nliquid = 'yes'\n", "posts.liquid: must be true or false, not 'yes'"),
        ("[posts]\nurl = 'https://news.example.org/{year}/'\n", "posts.url: must be an address with {code} or {slug}"),
        (
            "[[posts.sources]]\nname='a'\ndirectory='a'\n[[posts.sources]]\nname='a'\ndirectory='b'\n",
            "posts.sources[1].name: 'a' is there already; names of sources must differ",
        ),
    ],
)
def test_a_source_that_is_wrong_is_reported_by_its_key(folder: Path, text: str, problem: str) -> None:
    found = problems(folder, LEAST + text)
    assert any(each.startswith(problem) for each in found), found


FEEDS = """
[feeds]
entries = 40
archives = ["WORLD", "th/all", "zh_CN/Sport & Spiel", "extra/asia"]
hubs = ["https://hub.example.org/"]
ttl = "90m"
content = "summary"
[[feeds.override]]
feeds = ["all", "TH/World"]
entries = 10
[[feeds.override]]
feeds = ["all"]
content = "full"
max_bytes = 1000
[[feeds.extra]]
name = "asia"
title = "From Asia"
languages = ["TH"]
categories = ["ต่างประเทศ"]
tags = ["Breaking News", "R&D"]
exclude_authors = ["Jane ROE"]
"""


def test_feeds_are_configured_by_their_names_however_those_are_written(folder: Path) -> None:
    feeds = read(folder, LEAST + FEEDS).feeds
    assert feeds.archives == ("world", "th/all", "zh-cn/sport-spiel", "extra/asia")
    assert (feeds.ttl, feeds.hubs) == (timedelta(minutes=90), ("https://hub.example.org/",))
    assert feeds.shape() == Shape(entries=40, max_bytes=524_288, full=False)


def test_of_several_overrides_of_a_feed_each_adds_to_those_before(folder: Path) -> None:
    assert read(folder, LEAST + FEEDS).feeds.shapes() == {
        "all": Shape(entries=10, max_bytes=1_000, full=True),
        "th/world": Shape(entries=10, max_bytes=524_288, full=False),
    }
    assert read(folder, LEAST).feeds.shapes() == {}


def test_a_feed_by_hand_is_a_selection_with_everything_folded(folder: Path) -> None:
    (extra,) = read(folder, LEAST + FEEDS).feeds.extra
    assert extra.selection() == Selection(
        name="asia",
        title="From Asia",
        taken=Sieve(
            languages=frozenset({"th"}), categories=frozenset({"ต่างประเทศ"}), tags=frozenset({"breaking-news", "r-d"})
        ),
        left_out=Sieve(authors=frozenset({"jane roe"})),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[feeds]\nextra = 'asia'\n", "feeds.extra: must be a list of tables, each below its own [[feeds.extra]]"),
        ("[feeds]\noverride = { feeds = ['all'] }\n", "feeds.override: must be a list of tables"),
        ("[[feeds.extra]]\nname = 'asia'\n", "feeds.extra[0].title: is missing"),
        ("[[feeds.extra]]\nname = 'Asia'\ntitle = 'A'\n", "feeds.extra[0].name: must be lower-case"),
        ("[[feeds.extra]]\nname = 'a'\ntitle = 'A'\ntag = ['x']\n", "feeds.extra[0].tag: is not known; did you mean"),
        ("[[feeds.extra]]\nname = 'a'\ntitle = 'A'\nlanguages = ['t']\n", "feeds.extra[0].languages"),
        ("[[feeds.override]]\nentries = 5\n", "feeds.override[0].feeds: is missing"),
        ("[[feeds.override]]\nfeeds = []\n", "feeds.override[0].feeds: must"),
        ("[[feeds.override]]\nfeeds = ['!']\n", "feeds.override[0].feeds"),
        ("[[feeds.override]]\nfeeds = ['all']\nentries = 0\n", "feeds.override[0].entries: must"),
        (
            "[[feeds.extra]]\nname='a'\ntitle='A'\n[[feeds.extra]]\nname='a'\ntitle='B'\n",
            "feeds.extra[1].name: 'a' is there already; names of extra must differ",
        ),
    ],
)
def test_a_feed_that_is_configured_wrongly_is_reported_by_its_key(folder: Path, text: str, problem: str) -> None:
    found = problems(folder, LEAST + text)
    assert any(each.startswith(problem) for each in found), found


def test_a_source_may_name_the_feed_that_its_posts_are_from(folder: Path) -> None:
    source = "[[posts.sources]]\nname = 'wire'\ndirectory = 'wire'\nfeed_url = 'https://wire.example.com/feed.xml'\n"
    assert read(folder, LEAST + source).posts.sources[0].feed_url == "https://wire.example.com/feed.xml"
    (problem,) = problems(folder, LEAST + source.replace("https:", "ftp:"))
    assert problem.startswith("posts.sources[0].feed_url: must")
