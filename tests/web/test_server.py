"""The socket: whichever kind an address wants, and its name."""

from __future__ import annotations

import pytest

from publisher.model.errors import PublisherError
from publisher.web import server


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:"), ("localhost", "http://")]
)
def test_it_listens_on_both_kinds_of_address(host: str, expected: str) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    with server.listen(host, 0) as opened:
        address = server.address_of(opened)
        assert address.startswith(expected)
        assert address.endswith(f":{opened.getsockname()[1]}/")


def _has_ipv6() -> bool:
    try:
        server.listen("::1", 0).close()
    except PublisherError:
        return False
    return True
