"""What went wrong with a call, in one sentence for the person at the terminal."""

import grpc


def sentence(error: grpc.RpcError) -> str:
    """Say it without codes; details come from our own services and are fit to be read."""
    code, details = error.code(), error.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE:
        return "Parlour cannot be reached: is it running (`make up`), on this --port-base?"
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return "That took too long and was given up; try again."
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return "This Parlour does not offer that."
    return f"That did not work: {details.rstrip('.') or code.name.lower().replace('_', ' ')}."
