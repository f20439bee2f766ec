"""`python -m services.runtime.probe HOST:PORT` ends with 0 where a service serves, else with 1: a health check for containers.

Kubernetes asks by itself and needs none of this. The messages of the health protocol are written out: importing them takes longer than the question.
"""

import sys

import grpc

ANSWER_S = 2.0
_WHOLE_PROCESS = b""
"""A HealthCheckRequest whose `service` is empty."""
_SERVING = b"\x08\x01"
"""A HealthCheckResponse whose `status` is SERVING."""


def serves(address: str) -> bool:
    """Ask the health protocol at an address that speaks plaintext; return whether the answer is SERVING, within ANSWER_S."""
    # A connection of its own: another channel's to the same address may just be waiting before it tries again.
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        try:
            ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/grpc.health.v1.Health/Check")
            answer = ask(_WHOLE_PROCESS, timeout=ANSWER_S)
        except grpc.RpcError:
            return False
    return answer == _SERVING


if __name__ == "__main__":
    sys.exit(not serves(sys.argv[1]))
