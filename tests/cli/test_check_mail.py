"""`publish check --mail`: what providers would mind of the newest edition, and whether the relay takes it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.cli.conftest import AT_NOON
from tests.mail.scripted import ScriptedServer
from tests.mail.test_preflight import DOMAIN, serving

if TYPE_CHECKING:
    from tests.cli.conftest import Outcome, Publish
    from tests.mail.test_preflight import Zone

KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def zone() -> Zone:
    """A domain with nothing to find in it."""
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        (f"2026._domainkey.{DOMAIN}", "TXT"): [f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"],
        (f"_dmarc.{DOMAIN}", "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc@example.org"],
        (DOMAIN, "TXT"): ["v=spf1 a:relay.example.org -all"],
        (DOMAIN, "MX"): ["10 mail.example.org."],
    }


@pytest.fixture
def signing(publish: Publish) -> Publish:
    """A publication that signs its mail."""
    path = publish.folder / "config" / "dkim.pem"
    path.touch(mode=0o600)
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    publish.configure(
        "[store]", f'[mail.dkim]\ndomain = "{DOMAIN}"\nselector = "2026"\nkey_file = "config/dkim.pem"\n\n[store]'
    )
    publish.post("A1")
    return publish


def check(publish: Publish, zone: Zone, *words: str) -> Outcome:
    with serving(zone) as dns:
        assert dns.server is not None
        return publish("check", "--mail", "--dns", "{}:{}".format(*dns.server), *words, *AT_NOON)


def test_mail_that_is_sound_has_nothing_to_find(signing: Publish, zone: Zone) -> None:
    done = check(signing, zone)
    assert (done.code, done.err) == (0, "")
    assert "Nothing is found wrong with the mail.\n" in done.out
    # The edition of the ledger, once there is one.
    signing(*AT_NOON)
    assert check(signing, zone, "--json").json["mail"] == []


def test_what_keeps_mail_from_arriving_is_told_with_the_way_out(signing: Publish, zone: Zone) -> None:
    del zone[(f"_dmarc.{DOMAIN}", "TXT")]
    done = check(signing, zone)
    assert done.code == 1
    assert "mail, error, dmarc: " in done.out
    (finding,) = check(signing, zone, "--json").json["mail"]
    assert (finding["rule"], finding["severity"]) == ("dmarc", "error")
    assert "publish one TXT record" in finding["way_out"]


def test_the_relay_is_greeted_and_gets_nothing(signing: Publish, zone: Zone) -> None:
    with ScriptedServer() as server:
        smtp = f'transport = "smtp"\n\n[mail.smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
        signing.configure('transport = "outbox"', smtp.partition("\n")[0])
        signing.configure("\n[mail.dkim]", "\n" + smtp.partition("\n\n")[2] + "\n[mail.dkim]")
        assert "relay" not in {found["rule"] for found in check(signing, zone, "--json").json["mail"]}
        assert server.taken == []
        assert server.connections == 1
    (finding,) = [found for found in check(signing, zone, "--json").json["mail"] if found["rule"] == "relay"]
    assert finding["severity"] == "error"
    assert str(server.port) in finding["message"]


def test_without_an_edition_or_a_post_there_is_nothing_to_check(publish: Publish) -> None:
    done = publish("check", "--mail", *AT_NOON)
    assert (done.code, done.is_one_sentence()) == (2, True)
    assert "there is no edition to check" in done.err


def test_a_name_server_that_is_none_is_one_sentence(publish: Publish) -> None:
    done = publish("check", "--mail", "--dns", "localhost:domain")
    assert (done.code, done.is_one_sentence()) == (2, True)
