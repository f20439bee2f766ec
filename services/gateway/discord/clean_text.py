"""Text of people as protobuf and the services accept it. Pure."""

import re

_control = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(text: str) -> str:
    """Return a text without lone surrogates and without control characters but line ends and tabs."""
    well_formed = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _control.sub("", well_formed.replace("\r\n", "\n").replace("\r", "\n"))
