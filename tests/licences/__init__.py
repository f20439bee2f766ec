"""Under what licences everything is that the lock file pins. `python -m tests.licences` lists it."""

import re
from collections.abc import Mapping
from importlib.metadata import PackageMetadata, distributions
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
_WORD = re.compile(r"GPL|MIT|BSD|Apache|MPL|Mozilla|PSF|Python Software Foundation|ISC|Zlib|CC0|CNRI|Unlicense", re.IGNORECASE)
_COPYLEFT = re.compile(r"(?<!L)GPL", re.IGNORECASE)


def locked() -> frozenset[str]:
    """Return the names in the lock file, as the index writes them."""
    return frozenset(_normal(name) for name in re.findall(r"^([A-Za-z0-9_.-]+)==", LOCK.read_text(), re.MULTILINE))


def licences() -> Mapping[str, str]:
    """Return the licence of each locked package that is installed here; empty where it names none."""
    found = {_normal(one.name): licence_of(one.metadata) for one in distributions()}
    return {name: found[name] for name in sorted(locked() & found.keys())}


def licence_of(metadata: PackageMetadata) -> str:
    """Return a package's licence: its SPDX expression, else its classifiers, else the first line that it wrote."""
    expression = metadata.get("License-Expression")
    classified = [one.rpartition(" :: ")[2] for one in metadata.get_all("Classifier") or () if one.startswith("License ::")]
    written = (metadata.get("License") or "").partition("\n")[0]
    return expression or "; ".join(classified) or written


def is_known(licence: str) -> bool:
    """Return whether it is one of the licences that are widely used."""
    return _WORD.search(licence) is not None


def binds_what_ships_it(licence: str) -> bool:
    """Return whether a program that contains the package would have to be published under the same licence."""
    return _COPYLEFT.search(licence) is not None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
