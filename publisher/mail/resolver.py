"""Questions to DNS: the only file that knows dnspython."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.mail.checked import DnsSilentError
from publisher.model.errors import DnsError

#: Of one question with all its repetitions, in seconds.
TIMEOUT = 5.0


@dataclass(frozen=True)
class Dns:
    """Asks the machine's name servers, or one that is given as address and port."""

    server: tuple[str, int] | None = None
    #: In seconds.
    timeout: float = TIMEOUT

    def lookup(self, name: str, kind: str) -> list[str]:
        """Give the records of a kind, such as `TXT`, as text; nothing if there are none.

        Raises DnsError, and of that DnsSilentError where nobody answers in time.
        """
        import dns.exception
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=self.server is None)
            if self.server is not None:
                resolver.nameservers, resolver.port = [self.server[0]], self.server[1]
            found = resolver.resolve(name, kind, search=False, lifetime=self.timeout)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.Timeout as error:
            raise DnsSilentError(
                f"DNS does not answer within {self.timeout:g} seconds, asked for the {kind} record of {name}, "
                "so that nothing else is asked"
            ) from error
        except dns.exception.DNSException as error:
            raise DnsError(f"DNS does not say whether {name} has a {kind} record ({error})") from error
        if kind == "TXT":
            # One record comes in strings of 255 bytes at most.
            return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
        return [record.to_text() for record in found]
