"""Where a stack listens."""

import socket

import pytest

from services.local import addresses
from services.local.addresses import Addresses, free_port, free_port_base, require_free
from services.local.failure import StackFailure


def test_services_listen_from_the_port_base_and_their_metrics_fifty_further_on() -> None:
    listening = Addresses(40_000)
    assert [listening.service(name) for name in ("credit", "memory", "conversation", "gateway")] == [
        f"127.0.0.1:{port}" for port in range(40_000, 40_004)
    ]
    assert listening.metrics("gateway") == "127.0.0.1:40053"


@pytest.mark.parametrize("offset", [0, 3, 50, 53])
def test_a_port_in_use_is_named(offset: int) -> None:
    base = free_port_base()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + offset))
        taken.listen()
        with pytest.raises(StackFailure, match=rf"Port {base + offset} is taken \(address already in use\): .* --port-base"):
            require_free(Addresses(base))


def test_a_free_port_is_none_that_an_outgoing_connection_may_be_lent() -> None:
    assert all(20_000 <= free_port() < 32_000 for _ in range(100))


def test_no_port_is_called_free_while_another_of_the_stack_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    base = free_port_base()
    monkeypatch.setattr(addresses, "_NOT_LENT", range(base, base + 1))
    assert free_port_base() == base
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base + 52))
        taken.listen()
        assert free_port() == base
        with pytest.raises(StackFailure, match="No port between"):
            free_port_base()
