"""Mutual TLS between services, from files. Without files the listeners are plaintext and belong on loopback."""

from dataclasses import dataclass
from pathlib import Path

import grpc


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the authority that both sides trust, and this process's certificate and key."""

    ca: Path
    cert: Path
    key: Path


def tls_files(ca: str, cert: str, key: str) -> TlsFiles | None:
    """Return the three files, or None if none is named. Raises ValueError if only some are."""
    if not (ca or cert or key):
        return None
    if not (ca and cert and key):
        raise ValueError("PARLOUR_TLS_CA, PARLOUR_TLS_CERT and PARLOUR_TLS_KEY go together")
    return TlsFiles(Path(ca), Path(cert), Path(key))


def channel_credentials(files: TlsFiles) -> grpc.ChannelCredentials:
    """Return what a client needs. Raises OSError where a file cannot be read."""
    return grpc.ssl_channel_credentials(files.ca.read_bytes(), files.key.read_bytes(), files.cert.read_bytes())


def server_credentials(files: TlsFiles) -> grpc.ServerCredentials:
    """Return what a server needs; it accepts only clients whose certificate the authority signed. Raises OSError."""
    pair = (files.key.read_bytes(), files.cert.read_bytes())
    return grpc.ssl_server_credentials([pair], files.ca.read_bytes(), require_client_auth=True)
