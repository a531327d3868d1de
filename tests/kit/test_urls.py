"""URLs that are safe to follow."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kit.urls import absolute, host_of, web_url

_PARTS = st.text(st.characters() | st.sampled_from("aé ข:/?#[]@%\\<>\x00\u3000\xa0［％＜"), max_size=12)
_URLS = st.builds("{}://{}{}{}".format, st.sampled_from(["http", "HTTPS"]), _PARTS, st.just(".example.org/"), _PARTS)


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("  HTTP://EXAMPLE.org/A \n", "http://example.org/A"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/two words", "https://example.org/two%20words"),
        ("https://example.org/two%20words", "https://example.org/two%20words"),
        (
            "https://example.org/ข่าว?q=ก&r=1#ข",
            "https://example.org/%E0%B8%82%E0%B9%88%E0%B8%B2%E0%B8%A7?q=%E0%B8%81&r=1#%E0%B8%82",
        ),
        ("https://ข่าว.example.org/", "https://xn--22c8e6a1f.example.org/"),
        ("https://reader:secret@example.org/a", "https://example.org/a"),
        ("https://example.org/a\r\nSet-Cookie:b", "https://example.org/aSet-Cookie:b"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("https://example.org/100%?q=%zz&r=%C3%A9", "https://example.org/100%25?q=%25zz&r=%C3%A9"),
        ("https://example.org/a[1]?b[]=2#c#d", "https://example.org/a%5B1%5D?b%5B%5D=2#c%23d"),
        ('https://example.org/"><script>', "https://example.org/%22%3E%3Cscript%3E"),
    ],
)
def test_what_an_editor_typed_becomes_an_absolute_url_in_ascii(typed: str, url: str) -> None:
    assert web_url(typed) == url


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example.org/a",
        "/a",
        "//example.org/a",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "mailto:desk@example.org",
        "https://",
        "https:///a",
        "https://a..example.org/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://[::1/",
        "https://exa\\mple.org/",
        "https://<b>.example.org/",
        "https://a b.example.org/",
        "https://a\u3000b.example.org/",
        "https://a［b.example.org/",
        f"https://{'x' * 64}.example.org/",
    ],
)
def test_what_is_no_url_to_follow_is_none(typed: str) -> None:
    assert web_url(typed) is None


@given(_URLS)
@example("https://a\u3000b.example.org/")
@example("https://a［b.example.org/")
@settings(max_examples=300, deadline=None)
def test_a_url_made_once_is_a_url_for_good(typed: str) -> None:
    url = web_url(typed)
    if url is None:
        return
    assert web_url(url) == url
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert urlsplit(url).hostname


@given(
    st.builds(
        "{}://{}{}".format,
        st.sampled_from(["http", "https"]),
        st.from_regex(r"[a-z0-9-]{0,3}(\.[a-z0-9-]{1,3}){1,3}", fullmatch=True) | st.just(f"{'x' * 63}.example.org"),
        st.text(st.sampled_from("abZ09-._~/?&=%:@;,#[]!$'()*+ข "), max_size=12),
    )
)
@example(f"https://{'x' * 64}.example.org/")
@example("https://example.org/a/../b")
@example("https://example.org/a?")
@settings(max_examples=500, deadline=None)
def test_a_url_that_looks_clean_at_once_is_what_a_closer_look_makes_of_it(typed: str) -> None:
    # A space before it takes the quick way away, and nothing else.
    assert web_url(typed) == web_url(f" {typed}")
    assert absolute("https://example.net/news/", typed) == absolute("https://example.net/news/", f" {typed}")


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("b.png", "https://example.org/news/b.png"),
        (" /b.png ", "https://example.org/b.png"),
        ("../../b.png", "https://example.org/b.png"),
        ("//img.example.net/b.png", "https://img.example.net/b.png"),
        ("http://example.net/ข", "http://example.net/%E0%B8%82"),
        ("?page=2", "https://example.org/news/a?page=2"),
        ("#part", "https://example.org/news/a#part"),
        ("", "https://example.org/news/a"),
        ("javascript:alert(1)", None),
        ("mailto:desk@example.org", None),
        ("http://[::1", None),
    ],
)
def test_a_reference_is_resolved_or_leads_nowhere(reference: str, url: str | None) -> None:
    assert absolute("https://example.org/news/a", reference) == url


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.example.org/a", "example.org"),
        ("https://WWW.Example.org:8080/", "example.org"),
        ("https://wire.example.com/", "wire.example.com"),
        ("", ""),
        ("https://[::1/", ""),
    ],
)
def test_a_host_is_said_without_www(url: str, host: str) -> None:
    assert host_of(url) == host
