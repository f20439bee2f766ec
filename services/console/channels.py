"""The console's way to a service: plaintext on this machine, or TLS with the operator's certificate where the environment names one."""

import os
from collections.abc import Mapping, Sequence

import grpc

from services.runtime.security import UnusableTls, read_material, tls_files


class UnusableCertificate(Exception):
    """The certificate that the environment names cannot be used; the message says why."""


def connect(address: str, *, options: Sequence[tuple[str, object]] = (), environment: Mapping[str, str] = os.environ) -> grpc.Channel:
    """Open a channel. Raises UnusableCertificate."""
    try:
        files = tls_files(*(environment.get(f"PARLOUR_TLS_{name}", "") for name in ("CA", "CERT", "KEY")))
        if files is None:
            return grpc.insecure_channel(address, options=list(options))
        material = read_material(files)
    except UnusableTls as problem:
        raise UnusableCertificate(str(problem)) from None
    credentials = grpc.ssl_channel_credentials(material.ca, material.key, material.cert)
    return grpc.secure_channel(address, credentials, options=list(options))
