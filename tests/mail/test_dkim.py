"""A signature holds for dkimpy, whatever the message says, and for nothing else than that message."""

from __future__ import annotations

import base64
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from publisher.kit.text import fit_for_xml, one_line
from publisher.mail.dkim import COVERED, DkimSigner, load_dkim, relaxed
from publisher.mail.letter import letter
from publisher.mail.message import MessageTemplate, Sender
from publisher.model.errors import ConfigurationError
from tests.mail.test_headers import SCRIPTS
from tests.mail.test_headers import TITLES as SUBJECTS
from tests.mail.test_message import SENDER, THAI_TITLE, TITLES, data, delivery, edition, head, rendered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAIN = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@cache
def signer() -> DkimSigner:
    key = rsa.generate_private_key(65537, 2048)
    return DkimSigner(domain="news.example.org", selector="2024", key=key)


def sender(**values: object) -> Sender:
    made = replace(SENDER, complaints_to="complaints@news.example.org", dkim=signer())
    return replace(made, **values)  # type: ignore[arg-type]


def record(made: DkimSigner | None = None) -> bytes:
    key = (made or signer()).key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(key)


def verified(content: bytes) -> bool:
    """Ask dkimpy, with the key where DNS would have it."""

    def txt(name: bytes, timeout: int) -> bytes:
        assert (name, timeout) == (b"2024._domainkey.news.example.org.", 5)
        return record()

    return bool(dkim.verify(content, dnsfunc=txt))


def tags(content: bytes) -> dict[str, str]:
    field = re.sub(r"\s+", "", head(content).decode().partition("\r\nTo:")[0])
    assert field.startswith("DKIM-Signature:")
    parts = (tag.partition("=") for tag in field.removeprefix("DKIM-Signature:").split(";"))
    return {name: value for name, _, value in parts}


@pytest.mark.parametrize("title", [*TITLES, *SUBJECTS], ids=lambda title: title[:12])
def test_a_message_verifies(title: str) -> None:
    assert verified(data(edition(title), title=title, sender=sender()))


#: Any text but what no edition has.
ANY = st.one_of(st.text(max_size=200), st.text("".join(SCRIPTS.values()) + "=?_ \t\r\n.\"'<>;:", max_size=300)).map(
    fit_for_xml
)


@settings(max_examples=200, deadline=None)
@given(ANY, ANY, ANY, st.from_regex(r"[a-z0-9+._=;-]{1,60}@example\.org", fullmatch=True))
@example(
    "a\r\nBcc: everybody@example.org\r\n\r\nbody",
    ".\r\n \t\r\n.\n\rFrom x  \n\t-- \n\n\n",
    "\t a  b \t",
    "b=x;@example.org",
)
def test_any_message_verifies_and_has_only_lines_that_end_with_crlf(
    title: str, body: str, name: str, address: str
) -> None:
    content = replace(rendered(title), text=f"{body}\n-- \n{body}", html=f"{body}<!--reader-->{body}<!--/reader-->")
    escaped = one_line(name).replace("\\", "\\\\").replace('"', '\\"')
    made = sender(address=f'"{escaped}" <digest@news.example.org>')
    message = data(edition(content=content), delivery(7, address), title=name or "x", sender=made)
    assert verified(message)
    assert re.findall(rb"(?<!\r)\n|\r(?!\n)|\0", message) == []
    assert re.findall(rb"^\.", message, re.MULTILINE) == []


@settings(deadline=None)
@given(st.lists(st.text("ab:; \t=é", max_size=20), min_size=1, max_size=5))
@example(["  two", "tabs\t\there ", " "])
def test_any_field_is_relaxed_as_others_do_it(lines: list[str]) -> None:
    value = "\r\n\t ".join(lines).encode()
    theirs = CanonicalizationPolicy.from_c_value(b"relaxed").canonicalize_headers([(b"X-Field ", value + b"\r\n")])
    assert [(b"x-field", b"x-field:" + theirs[0][1].removesuffix(b"\r\n"))] == relaxed(b"X-Field :" + value + b"\r\n")


def test_a_message_with_international_addresses_verifies() -> None:
    assert verified(data(edition(), delivery(7, "ผู้อ่าน@ข่าว.example"), sender=sender(address="โต๊ะข่าว@ข่าว.example")))


def test_a_proof_verifies() -> None:
    made = edition(THAI_TITLE)
    assert verified(letter(made.content, made.id, "editor@news.example.org", sender(), date=made.composed).data)


def test_the_signature_covers_all_that_the_design_names_and_from_and_subject_once_more() -> None:
    covered = [name.decode() for name in COVERED]
    assert tags(data(edition(), sender=sender()))["h"].split(":") == [*covered, "from", "subject"]
    # Of headers that are not there it says nothing, but for those two.
    bare = tags(data(edition(), sender=sender(reply_to=None, complaints_to=None, site_url="http://localhost:8000/")))
    absent = {"reply-to", "cfbl-address", "list-unsubscribe-post"}
    assert bare["h"].split(":") == [*(name for name in covered if name not in absent), "from", "subject"]


@pytest.mark.parametrize("name", [name.decode() for name in COVERED])
def test_a_header_that_was_changed_does_not_verify(name: str) -> None:
    content = data(edition(), sender=sender())
    changed, count = re.subn(rf"(?im)^({name}: ?)".encode(), rb"\1x", content, count=1)
    assert count == 1
    assert verified(content)
    assert not verified(changed)


@pytest.mark.parametrize("field", [b"From: Somebody else <x@example.com>\r\n", b"Subject: Win a prize\r\n"])
@pytest.mark.parametrize("before", [b"DKIM-Signature: ", b"\r\nTo: ", b"\r\nMIME-Version: "])
def test_a_second_from_or_subject_does_not_verify(field: bytes, before: bytes) -> None:
    content = data(edition(), sender=sender())
    start = before.lstrip()
    changed = content.replace(before, before.removesuffix(start) + field + start, 1)
    assert len(changed) == len(content) + len(field)
    assert not verified(changed)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.999])
def test_a_body_that_was_changed_does_not_verify(place: float) -> None:
    content = data(edition("Title of A1", content=rendered("Title", body="Plain words. " * 400)), sender=sender())
    at = int(len(content) * place)
    assert verified(content)
    assert not verified(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])


def test_what_a_relay_may_do_to_white_space_and_headers_of_its_own_does_no_harm() -> None:
    content = data(
        edition("A long title in plain words that is folded at its spaces, more than once, as it goes on"),
        sender=sender(),
    )
    folded = content.replace(b"\r\n ", b" \t\r\n\t ").replace(b"\r\nTo: ", b"\r\nTO:   ")
    assert folded != content
    assert verified(b"Received: by relay.example.org\r\n" + folded + b"\r\n\r\n")


def test_the_signature_is_the_first_field_and_changes_nothing_else() -> None:
    unsigned, signed = (data(edition(), sender=sender(dkim=each)) for each in (None, signer()))
    signature = signed.removesuffix(unsigned)
    assert signature + unsigned == signed
    assert re.fullmatch(rb"DKIM-Signature: (?:.*\r\n )*.*\r\n", signature)


@pytest.mark.parametrize("selector", ["s", "2024", "a-rather-long-selector.of.two.labels"])
@pytest.mark.parametrize("bits", [1024, 2048, 4096])
def test_the_signature_is_folded_at_78_columns(selector: str, bits: int) -> None:
    made = DkimSigner(domain="news.example.org", selector=selector, key=_key(bits))
    for fields in (b"From: a@example.org\r\n", head(data(edition(), sender=sender(dkim=None)))):
        lines = made.sign(fields, b"x" * 32).split(b"\r\n")
        assert lines[-1] == b""
        assert max(map(len, lines)) <= 78
        assert all(line.startswith(b" ") for line in lines[1:-1])


@cache
def _key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def test_a_signature_made_again_is_the_same_to_the_byte_whenever_and_by_whom() -> None:
    template = MessageTemplate(edition(THAI_TITLE), "World briefing", sender())
    signature = tags(template.message_for(delivery(7)).data)
    assert signature.keys() == {"v", "a", "c", "d", "s", "h", "bh", "b"}
    assert (signature["a"], signature["c"], signature["d"]) == ("rsa-sha256", "relaxed/relaxed", "news.example.org")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: template.message_for(delivery(number)).data, [7, 8, 9] * 40))
    assert made == [data(edition(THAI_TITLE), delivery(number), sender=sender()) for number in [7, 8, 9]] * 40
    assert len({tags(each)["b"] for each in made}) == 3


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o640])
def test_a_key_is_read_from_a_file_that_others_cannot_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "dkim.pem"
    path.write_bytes(signer().key.private_bytes(*PLAIN))
    path.chmod(mode)
    loaded = load_dkim(path, "ข่าว.example", "2024")
    assert (loaded.domain, loaded.selector) == ("xn--22c8e6a1f.example", "2024")
    assert loaded.key.private_numbers() == signer().key.private_numbers()


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


@pytest.mark.parametrize(
    ("pem", "mode", "said"),
    [
        (
            None,
            0o600,
            r"cannot be read \(No such file or directory\): .*openssl genrsa .*2024._domainkey.news.example.org",
        ),
        (b"", 0o600, "is no private key in PEM"),
        (b"a secret\n", 0o600, "is no private key in PEM"),
        (b"\xff\xfe\0" * 40_000, 0o600, "is no private key in PEM"),
        (lambda: signer().key.private_bytes(*PLAIN)[:400], 0o600, "is no private key in PEM"),
        (
            lambda: signer().key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            0o600,
            "is no private key in PEM",
        ),
        (
            lambda: signer().key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            0o600,
            "is encrypted: decrypt it with openssl rsa",
        ),
        (lambda: ec.generate_private_key(ec.SECP256R1()).private_bytes(*PLAIN), 0o600, "is not an RSA key"),
        (lambda: _openssl("genrsa", "512"), 0o600, "has 512 bits, and providers take 1024 at least"),
        (lambda: _openssl("genrsa", "-traditional", "768"), 0o600, "has 768 bits, and providers take 1024 at least"),
        (
            lambda: signer().key.private_bytes(*PLAIN),
            0o644,
            r"is open to others than its owner \(mode 644\): run chmod 600",
        ),
        (
            lambda: signer().key.private_bytes(*PLAIN),
            0o660,
            r"is open to others than its owner \(mode 660\): run chmod 600",
        ),
    ],
)
def test_a_key_that_cannot_sign_is_refused_in_one_sentence(
    tmp_path: Path, pem: Callable[[], bytes] | bytes | None, mode: int, said: str
) -> None:
    path = tmp_path / "dkim.pem"
    if pem is not None:
        path.write_bytes(pem if isinstance(pem, bytes) else pem())
        path.chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"^{re.escape(str(path))}: the DKIM key {said}") as refused:
        load_dkim(path, "news.example.org", "2024")
    assert "\n" not in str(refused.value)
