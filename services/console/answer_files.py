"""Files that an answer brings, such as an export: written where the chat was started, over nothing that is there already."""

from pathlib import Path, PurePosixPath

from parlour.gateway.v1 import gateway_pb2

_NUMBERS_MAX = 1_000
_OWNER_ONLY = 0o600


def written(file: gateway_pb2.File, folder: Path) -> Path:
    """Write a file, for its owner's eyes, and return where: a number goes into the name where that is taken. Raises OSError."""
    name = PurePosixPath(PurePosixPath(file.name).name or "file")
    for number in range(_NUMBERS_MAX):
        path = folder / (f"{name.stem}-{number}{name.suffix}" if number else str(name))
        try:
            path.touch(_OWNER_ONLY, exist_ok=False)
        except FileExistsError:
            continue
        path.write_bytes(file.data)
        return path
    raise FileExistsError(17, "there are too many files of this name")
