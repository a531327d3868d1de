"""What mail servers say, sorted: the address is no good, or the mailbox is full, or the sender is not wanted.

Words go before codes: many servers say 5.1.1 to whatever they refuse. Who is in doubt is not suppressed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from publisher.model.bounce import Kind


def _any_of(phrases: str) -> re.Pattern[str]:
    """Match any of the phrases, one on each line, each a regular expression."""
    return re.compile("|".join(line.strip() for line in phrases.strip().splitlines()), re.IGNORECASE)


#: Characters; a reply that is longer says nothing more.
_LENGTH = 16 * 1024
#: Whatever these hold says nothing about the reason: `https://relay.example/?p=blocked`.
_NAMES = _any_of(r"""
    https?://\S+
    <[^<>\s]{1,320}@[^<>\s]{1,320}>
    \S{1,320}@[\w.-]{1,255}
    \b(?:\w{1,63}\.){2,8}[a-z]{2,24}\b
""")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?<![\d.#/-])([45]\d\d)(?=[ ,:-])(?! (?:hours?|days?|minutes?|bytes))")
#: `550-5.7.1` at the beginning of each line that a server says, once they stand on one.
_CODE_LINE = _any_of(r"""
    \b[245]\d\d[- ](?:#?[245]\.\d{1,3}\.\d{1,3}\b)?
    (?<![\d.])#?[245]\.\d{1,3}\.\d{1,3}\b
""")
#: What some put before whatever they were told.
_LABEL = re.compile(r"5\.\d\.\d - (?:Unknown address error|Other mail system problem)")

#: What was refused is the message and not the address, whatever the server says of that.
_AFTER_DATA = re.compile(r"in reply to (?:end of )?DATA|after (?:end of data|DATA\b)|>>> DATA\s*\n<<< 5")
_AFTER_RCPT = re.compile(r"RCPT TO", re.IGNORECASE)
_OF_RECIPIENT = re.compile("recipient address rejected", re.IGNORECASE)
#: Yahoo tells it after DATA, and means it.
_NO_ACCOUNT = re.compile(r"does(?: not|n't) have an? .{0,80}account", re.IGNORECASE)

_FULL = _any_of(r"""
    box(?:es)? (?:is |size |was |has )*(?:currently )?(?:full|exceed|over)
    \b(?:mailbox|folder|account|user|recipient|incoming|storage)\b.{0,60}\b(?:full\b|over ?quota)
    exceed(?:s|ed|ing)? .{0,30}(?:quota|storage|mailbox|local limit|allocat)
    mailbox .{0,30}exceed
    quota
    (?:insufficient|not enough|out of|no) (?:system |disk |free |mail )*(?:storage|space|disk)
    number of messages in recipient
    bo.te.{0,20}pleine|buz[oó]n.{0,20}lleno|casella.{0,20}piena
    postfach.{0,20}(?:voll|überfüllt)|ящик.{0,20}переполнен
    メールボックス.{0,20}(?:一杯|いっぱい)|容量.{0,20}(?:超|不足)|邮箱.{0,10}(?:已满|空间不足)
""")
_POLICY = _any_of(r"""
    \b(?:spam|ube|uce|junk|phishing|virus(?:es)?|malware|spf|dkim|dmarc|dnsbl|rbl|ptr|rdns|helo|ehlo)\b
    spamhaus|spamcop|barracuda|sorbs|proofpoint|senderbase|cloudmark
    black ?-?list|block ?-?list|\(bl\)|(?<!not )\blisted (?:in|on|at|by)\b
    \b(?:is|are|was|been|ip|error)\b.{0,12} blocked|\bblocked (?:for|by|ip|using|-)|\bblocking\b
    reputation|polic(?:y|ies)|suspicio|abus|complaint|unwanted|unsolicited|\bbulk\b|banned
    authenticat|not authori[sz]ed|unauthori[sz]ed|not allowed to|not permitted
    revers[ei] (?:dns|mapping|lookup|name)|no reverse|ip name lookup|cannot resolve
    relay(?:ing)? (?:access |is |not )*(?:denied|prohibited|permitted|allowed|operation rejected)
    no relay|unable to relay|to relay mail|not relay
    (?:bad sender|sender.{0,30}(?:reject|den|invalid|refus|verif|unknown|not accept|does not exist))
    domain of sender|unroutable sender|\bfrom: ?(?:header|domain)|purported|spoof
    too many (?:recip|conn|mess|unwanted|concur|error)|rate limit|(?:sending|receiving).{0,20} rate
    frequency|too fast|throttl|temporarily deferred|unexpected volume
    content.{0,30}(?:reject|block|danger|not accept|not allowed|denied|filter)
    (?:message|mail) (?:was |has been |is )?(?:rejected|blocked|filtered|refused|denied)
    not (?:rfc )?.{0,12}complian|header error|duplicate header|multiple addresses in|attachment
    \bfilter|not a member|not accepted (?:from|due)|access (?:refused|restricted) by|tls (?:is )?required
""")
_SOFT = _any_of(r"""
    time[d-]? ?out|expired|retry time|aborted after|been in the queue too long
    for (?:past|the last|\d+) (?:hours|days|minutes)
    (?:connection|service|server|mail) (?:was )?(?:refused|reset|dropped|lost|terminated|unavailable|closed)
    lost connection|could ?n[o']t connect|not accepting connections|socket error
    too many hops|hop count|loop|deferred|\bdelay|temporar|transient|greylist|busy
    (?<!domain and )try (?:again|later)|later\b|will be retried
    (?:account|mailbox|user|recipient|e?mail|address).{0,60}(?:locked|frozen|blocked|not active|de-?activated)
    disabled|suspended|account.{0,40}inactive|\bon hold\b
    size limit|too (?:big|large)|message (?:length|size)|exceeds? .{0,30}(?:size|length)|larger than
    (?:system|config\w*|internal|local|i/o|software) (?:\w+ )?(?:error|problem|fail)
    not support (?:start)?tls|command not|sequence of commands|syntax error|pipe to|can't create
    not accept our requests|did not respond|no answer|host (?:is )?down|host not reachable
    name service error|name lookup fail|find a gateway
""")
#: Told by the sender's own name service, not by the other side.
_NO_HOST = _any_of(r"""
    (?:host|domain|name|server).{0,30}(?:unknown|not (?:be )?found|not known|not reachable|no such)
    (?:host|domain).{0,30}does not (?:exist|accept (?:any )?(?:e-?)?mail)
    (?:unknown|invalid|no such|illegal) (?:host|domain)
    \bnull ?mx\b|no mx\b|nxdomain|all (?:relevant )?mx records|couldn't find any host
    no mail (?:server|host)s? (?:for|could)|not accepting (?:network )?messages|does not accept mail
""")
_NO_USER = _any_of(r"""
    (?:user|recipient|mailbox|account|address|alias|addressee|person|member|name)s?\b.{0,50}\b(?:unknown|invalid)
    (?:user|recipient|mailbox|account|address|alias|person|name)s?\b.{0,50}\bnot (?:be )?(?:found|known|exist|valid)
    (?:user|recipient|mailbox|account|address|alias|name)s?\b.{0,50}\bnot (?:listed|recogni[sz]ed|here|local)
    (?:user|recipient|mailbox|account|address|alias)s?\b.{0,50}\b(?:does|did|do)(?: not|n'?t) exist
    (?:user|recipient|mailbox|account|address)s?\b.{0,50}\b(?:no longer|non-?exist\w*|undefined)
    (?:unknown|invalid|bad|no such|non-?exist\w+|no|illegal|undefined|inactive)\W{0,3}(?:\w+ ){0,2}(?:user|recipient)\b
    (?:unknown|invalid|bad|no such|non-?exist\w+|no|illegal|inactive)\W{0,3}(?:\w+ ){0,2}(?:mailbox|account|alias)\b
    (?:unknown|invalid|bad|no such|non-?exist\w+|illegal|inactive)\W{0,3}(?:\w+ ){0,2}(?:address|person|addressee)\b
    not a valid (?:mailbox|user|recipient|address|account)|requested action not taken: mailbox unavailable
    does(?: not|n'?t) have an? .{0,80}account|is not a(?:n active| known| registered)? (?:user|account|subscriber)
    user-?unknown|recipient ?not ?found|no mailbox here|no one by that|not in (?:my|our) (?:user|domain)
    has (?:been )?moved|no longer (?:on|at|in|valid|active|available|exist|accept)|not our customer|retired
    recipient address rejected\W*$|recipient address rejected: (?:access denied|undeliverable address)
    unroute?able address|not (?:a )?known (?:here|user)
    destinat.{0,30}(?:invalid|inconnu|desconocid|sconosciut)
    empf.nger.{0,20}(?:unbekannt|nicht gefunden)|пользовател\w+.{0,20}не (?:найден|существует)
    宛先.{0,20}(?:存在しません|見つかりません|不明)|(?:用户|收件人|邮箱).{0,10}不存在|존재하지 않
""")
_WORDS = ((_FULL, Kind.SOFT), (_POLICY, Kind.POLICY), (_SOFT, Kind.SOFT), (_NO_HOST, Kind.HARD), (_NO_USER, Kind.HARD))
#: What each code says where no words are known (RFC 3463, RFC 7505); all others may pass.
_BY_STATUS = (
    (re.compile(r"5\.1\.(?:1|2|3|6|10)|5\.4\.4|5\.3\.2"), Kind.HARD),
    (re.compile(r"[45]\.7\.\d+|5\.1\.[78]"), Kind.POLICY),
)
#: The host takes no mail at all (RFC 7504).
_NO_MAIL = ("521", "556")


@dataclass(frozen=True, slots=True)
class Reason:
    """How a refusal is to be taken."""

    kind: Kind
    status: str
    #: False where neither a code nor any words were understood.
    understood: bool = True


def sort(text: str, status: str = "", *, transcript: str = "", fields: bool = True) -> Reason:
    """Sort a refusal by what the server said, and by the report's own status, which knows less.

    `transcript` is what else may tell which command it answered; `fields` is False where RFC 3464 was not followed.
    """
    text = text[:_LENGTH]
    said = " ".join(_CODE_LINE.sub(" ", _LABEL.sub(" ", _NAMES.sub(" ", text))).split())
    replies = _CODE.findall(text)
    own = _status(text) or status or _status(text, vague=True)
    words = next((known for known, _ in _WORDS if known.search(said)), None)
    kind = dict(_WORDS)[words] if words else _by_code(own, replies)
    if kind is Kind.HARD and (
        _passing(own, replies)
        or _of_something_else(text, own)
        or (words is _NO_USER and _unclear(f"{text}\n{transcript}", own, replies, fields=fields))
    ):
        kind = Kind.POLICY if own.startswith("5.7.") else Kind.SOFT
    return Reason(kind, own or (f"{replies[0][0]}.0.0" if replies else ""), bool(words or own or replies))


def _status(text: str, *, vague: bool = False) -> str:
    """Find the enhanced status code that says most: refusals by policy often stand behind another one."""
    codes = [code for code in _STATUS.findall(text) if code[0] != "2" and (vague or not code.endswith(".0.0"))]
    return next((code for code in codes if ".7." in code), codes[0] if codes else "")


def _by_code(status: str, replies: list[str]) -> Kind:
    if any(reply in _NO_MAIL for reply in replies):
        return Kind.HARD
    return next((kind for known, kind in _BY_STATUS if known.fullmatch(status)), Kind.SOFT)


def _passing(status: str, replies: list[str]) -> bool:
    return status.startswith("4.") or (bool(replies) and all(reply[0] == "4" for reply in replies))


def _of_something_else(text: str, status: str) -> bool:
    """Say whether the code is about the mailbox, or about policy, whatever the words are."""
    return status.startswith("5.2.") or (status.startswith("5.7.") and not _OF_RECIPIENT.search(text))


def _unclear(text: str, status: str, replies: list[str], *, fields: bool) -> bool:
    """Say whether "user unknown" cannot be taken at its word: some providers say it of messages, too."""
    if status.startswith("5.1.") or _NO_ACCOUNT.search(text):
        return False
    bare = bool(replies) and not status.strip("50.")
    return bool(_AFTER_DATA.search(text)) or (bare and not fields and not _AFTER_RCPT.search(text))
