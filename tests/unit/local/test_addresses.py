"""Where a stack listens."""

import socket

import pytest

from services.local.addresses import Addresses, free_port, require_free
from services.local.failure import StackFailure


def test_services_listen_from_the_port_base_and_their_metrics_fifty_further_on() -> None:
    addresses = Addresses(40_000)
    assert [addresses.service(name) for name in ("credit", "memory", "conversation", "gateway")] == [
        f"127.0.0.1:{port}" for port in range(40_000, 40_004)
    ]
    assert addresses.metrics("gateway") == "127.0.0.1:40053"


def test_a_port_in_use_is_named() -> None:
    base = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 50 if base < 65_000 else base))
        taken.listen()
        with pytest.raises(StackFailure, match=rf"Port {taken.getsockname()[1]} is taken \(address already in use\): .* --port-base"):
            require_free(Addresses(base))
