"""A message is held against what large providers ask of bulk senders, before anybody gets one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from publisher.mail.authentication import check_domains, check_relay, check_signature
from publisher.mail.checked import Checked, DnsSilentError, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publisher.mail.checked import Resolver
    from publisher.mail.dkim import DkimSigner
    from publisher.model.mail import Message

#: RFC 5322 section 2.1.1, and RFC 2047 section 2.
_LINE, _ENCODED_WORD = 998, 75
#: Many relays take no more.
_MOST_BYTES = 10 * 2**20
#: Of these a message has one each.
_ONCE = (b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
_WORD = re.compile(rb"=\?[^?\s]+\?[bqBQ]\?[^?\s]*\?=")
_UNFOLDED = re.compile(rb"^List-Unsubscribe: [^\r\n]+\r\n(?![ \t])", re.MULTILINE)
_ONE_CLICK = b"list-unsubscribe-post:List-Unsubscribe=One-Click"


def preflight(
    message: Message, signer: DkimSigner | None, resolver: Resolver | None, *, relay: str | None = None
) -> list[Finding]:
    """Find what providers would mind, worst first; without a resolver only what the message itself tells.

    `relay` is the host that takes the messages, for a look at its reverse name.
    """
    checked = Checked(message, signer)
    findings = [*_lines(checked), *_headers(checked), *_one_click(checked), *check_signature(checked)]
    if resolver is not None:
        findings += _dns(checked, resolver, relay)
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def _error(rule: str, message: str, way_out: str) -> Finding:
    return Finding(rule, Severity.ERROR, message, way_out)


def _dns(checked: Checked, resolver: Resolver, relay: str | None) -> Iterator[Finding]:
    """Ask DNS, until it turns out that nobody answers."""
    try:
        yield from check_domains(checked, resolver)
        if relay is not None:
            yield from check_relay(relay, resolver)
    except DnsSilentError as error:
        way_out = "see that this machine can ask DNS, or name a server with --dns, then check again"
        yield Finding("dns", Severity.WARNING, str(error), way_out)


def _lines(checked: Checked) -> Iterator[Finding]:
    data = checked.message.data
    here = "this is a fault of the program: report it, with the message"
    if _BARE.search(data):
        yield _error("line-ends", "the message has a bare CR, LF or NUL, which relays take in different ways", here)
    longest = max(map(len, data.split(b"\r\n")))
    if longest > _LINE:
        yield _error("line-length", f"a line of the message has {longest} bytes, {_LINE} are allowed", here)
    if any(len(word) > _ENCODED_WORD for word in _WORD.findall(checked.head)):
        yield _error("encoded-words", f"an encoded word of a header has more than {_ENCODED_WORD} characters", here)
    if len(data) > _MOST_BYTES:
        megabytes = f"{len(data) / 2**20:.0f} MB, and many relays take no more than {_MOST_BYTES // 2**20}"
        yield _error("size", f"the message has {megabytes}", "lower max_stories of the digest")


def _headers(checked: Checked) -> Iterator[Finding]:
    names = [name for name, _ in checked.fields]
    for name in _ONCE:
        if names.count(name) != 1:
            said = f"the message has {names.count(name)} headers {name.decode().title()}, and must have one"
            yield _error("headers", said, "this is a fault of the program: report it, with the message")


def _one_click(checked: Checked) -> Iterator[Finding]:
    """Ask for what RFC 8058 asks; Gmail and Yahoo ask it of every bulk sender."""
    value = checked.value(b"list-unsubscribe")
    if "<https:" not in value.lower():
        said = "there is no https address in List-Unsubscribe, so that readers cannot leave with one click"
        yield _error("one-click", said, "set site.url to the https address at which publish serve answers")
        return
    if not _UNFOLDED.search(checked.head) or "=?" in value:
        said = "List-Unsubscribe is folded or encoded, and many mail programs then show no way to leave"
        yield _error("one-click", said, "make site.url shorter")
    if [field for name, field in checked.fields if name == b"list-unsubscribe-post"] != [_ONE_CLICK]:
        said = "List-Unsubscribe-Post is not exactly `List-Unsubscribe=One-Click`"
        yield _error("one-click", said, "this is a fault of the program: report it, with the message")
