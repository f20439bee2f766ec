"""The embedded stack: PostgreSQL, Valkey, a small language model and the four services, as child processes on one machine."""

import os

# Before gRPC is imported. Its handlers would run in each child between fork and exec and start a thread there that finds its epoll descriptor
# closed and aborts the child now and then (grpc/grpc#43055). Nothing of Parlour uses gRPC in a forked process.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
