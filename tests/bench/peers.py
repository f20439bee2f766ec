"""What a bench measures against, in a process of its own: a grpc.aio echo server, and a collector that accepts traces.

`python -m tests.bench.peers ECHO_PORT COLLECTOR_PORT` prints "ready" and serves until it is killed.
"""

import sys

import grpc
import uvloop
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

ECHO = "/bench.Echo/Echo"


class Echo(grpc.GenericRpcHandler):
    """Answers every request with its own bytes."""

    def service(self, handler_call_details):
        if handler_call_details.method != ECHO:
            return None

        async def echo(request: bytes, context: object) -> bytes:
            return request

        return grpc.unary_unary_rpc_method_handler(echo)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Takes spans and forgets them."""

    async def Export(self, request, context):
        return trace_service_pb2.ExportTraceServiceResponse()


async def serve(echo_port: int, collector_port: int) -> None:
    echo = grpc.aio.server(handlers=[Echo()])
    echo.add_insecure_port(f"127.0.0.1:{echo_port}")
    collector = grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Collector(), collector)
    collector.add_insecure_port(f"127.0.0.1:{collector_port}")
    await echo.start()
    await collector.start()
    print("ready", flush=True)
    await echo.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
