"""The certificates of a stack that runs with TLS: an authority in its data folder, and under it new certificates at each start."""

from datetime import UTC, datetime
from pathlib import Path

import grpc

from services.local.failure import StackFailure

DAYS = 365


def make_certificates(folder: Path) -> None:
    """Make a certificate for each service, the operator and tools, under the folder's authority. Raises StackFailure."""
    # Here, because a stack without TLS has no time for it.
    from services.console.development_certificates import NAMES, FileExists, write_certificates

    try:
        write_certificates(folder, NAMES, datetime.now(UTC), days=DAYS, force=True)
    except (FileExists, OSError, ValueError) as problem:
        raise StackFailure(f"The certificates in {folder} cannot be made: {problem}.") from None


def certificate_environment(folder: Path, name: str) -> dict[str, str]:
    """What a process that goes by this name is told."""
    files = {"CA": "ca.pem", "CERT": f"{name}.pem", "KEY": f"{name}-key.pem"}
    return {f"PARLOUR_TLS_{setting}": str(folder / file) for setting, file in files.items()}


def operator_credentials(folder: Path) -> grpc.ChannelCredentials:
    """What the stack itself calls its services with."""
    return grpc.ssl_channel_credentials(*((folder / name).read_bytes() for name in ("ca.pem", "operator-key.pem", "operator.pem")))
