"""Pictures that belong to messages: which are accepted, how a model is shown them, and how one that cannot see is told of them. Pure."""

import base64
import binascii
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from services.runtime.errors import InvalidField

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")
"""What the common providers take."""

TOTAL_CHARS_MAX = 300_000
"""Of all addresses of a message's pictures; data: addresses hold the picture itself. A request may be four times as long as that."""

SHARE_MAX = 0.5
"""Of a prompt's budget, for pictures at most: the words that they belong to must fit beside them."""

_SIGNATURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF", "image/gif": b"GIF8"}


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: an https: or data: address, its media type, and its author's words for it, if there are any.

    `author_name` is set where it belongs to an earlier message than the one that is answered.
    """

    url: str
    media_type: str
    description: str = ""
    author_name: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures that a model is shown, earlier ones first, and in plain words what it is not."""

    images: tuple[Image, ...] = ()
    left_out: int = 0
    told: tuple[str, ...] = ()

    def without_images(self) -> "Shown":
        """Return what is told where there is no room for any."""
        left_out = self.left_out + len(self.images)
        return Shown((), left_out, told_left_out(left_out))


def accepted(images: Sequence[Image], field: str = "images") -> tuple[Image, ...]:
    """Return a message's pictures with their media types. Raises InvalidField, naming the first field of `field` that breaks a rule."""
    checked = tuple(_accepted(image, f"{field}[{number}]") for number, image in enumerate(images))
    if sum(len(image.url) for image in checked) > TOTAL_CHARS_MAX:
        raise InvalidField(field, f"must be at most {TOTAL_CHARS_MAX} characters together")
    return checked


def _accepted(image: Image, field: str) -> Image:
    media_type = image.media_type.lower()
    if image.url.startswith("data:"):
        media_type = _of_data(image.url, media_type, field)
    elif not _public(image.url):
        raise InvalidField(f"{field}.url", "must be an https: address of a public host, or a data: address")
    if media_type not in MEDIA_TYPES:
        raise InvalidField(f"{field}.media_type", f"must be one of {', '.join(MEDIA_TYPES)}")
    return Image(image.url, media_type, image.description)


def _of_data(url: str, media_type: str, field: str) -> str:
    """Return the media type of a data: address. Its bytes must be a picture of that type: a provider would refuse the whole prompt for them."""
    head, comma, data = url.removeprefix("data:").partition(",")
    named, semicolon, encoding = head.lower().partition(";")
    if not comma or not semicolon or encoding != "base64":
        raise InvalidField(f"{field}.url", "must be data:<media type>;base64,<bytes>")
    if media_type and media_type != named:
        raise InvalidField(f"{field}.media_type", "must be that of the data: address")
    try:
        start = base64.b64decode(data, validate=True)[:4]
    except (binascii.Error, ValueError):
        raise InvalidField(f"{field}.url", "is not base64") from None
    if named in _SIGNATURES and not start.startswith(_SIGNATURES[named]):
        raise InvalidField(f"{field}.url", f"holds no {named}")
    return named


def _public(url: str) -> bool:
    """Whether an address is https: at a named host: a model server that fetches pictures itself must not be sent into its own network."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or "." not in host.strip(".") or host.endswith((".local", ".internal", ".localhost")):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        # Not 127.1 or 0x7f.0.0.1 either, which resolvers take for numbers.
        return not host.rstrip(".").rpartition(".")[2][:1].isdigit()
    return False


def mentions(images: Iterable[Image]) -> str:
    """Return the words that stand for pictures in a text, one pair of brackets each."""
    return " ".join(f"[picture: {' '.join(image.description.split())}]" if image.description else "[picture]" for image in images)


def with_mentions(text: str, images: Sequence[Image]) -> str:
    """Return a text that says that there are pictures."""
    return f"{text}\n{mentions(images)}" if images else text


def fitting(own: Sequence[Image], earlier: Sequence[Image], *, tokens_each: int, budget_tokens: int, images_max: int | None = None) -> Shown:
    """Return the pictures of the message and of earlier ones (newest first) that SHARE_MAX of the budget has room for; its own go first.

    `images_max`: no more than so many, whatever the room.
    """
    room = int(budget_tokens * SHARE_MAX) // tokens_each if tokens_each else len(own) + len(earlier)
    room = room if images_max is None else min(room, images_max)
    kept_own = tuple(own[:room])
    kept_earlier = tuple(earlier[: room - len(kept_own)])
    left_out = len(own) + len(earlier) - len(kept_own) - len(kept_earlier)
    return Shown((*reversed(kept_earlier), *kept_own), left_out, told_left_out(left_out))


def content(text: str, images: Sequence[Image], *, sees: bool) -> str | list[dict[str, Any]]:
    """Return a message's content as an OpenAI-compatible provider takes it. A model that cannot see is told in words."""
    if not images:
        return text
    if not sees:
        return with_mentions(text, images)
    parts: list[dict[str, Any]] = [{"type": "text", "text": text}]
    for image in images:
        if image.author_name:
            parts.append({"type": "text", "text": f"A picture of an earlier message, by {_name(image.author_name)}:"})
        elif any(other.author_name for other in images):
            parts.append({"type": "text", "text": "A picture of this message:"})
        parts.append({"type": "image_url", "image_url": {"url": image.url}})
    return parts


def _name(author_name: str) -> str:
    return "".join(char for char in author_name if char.isprintable() and char not in '<>"')[:64].strip() or "somebody"


def image_rows(images: Sequence[Image]) -> list[dict[str, str]]:
    """Return pictures as `messages.images` keeps them."""
    return [{name: value for name, value in asdict(image).items() if name != "author_name"} for image in images]


def stored_images(rows: Sequence[Mapping[str, str]] | None, author_name: str = "") -> tuple[Image, ...]:
    """Return the pictures that `messages.images` holds."""
    return tuple(Image(row["url"], row["media_type"], row.get("description", ""), author_name) for row in rows or ())


def told_left_out(number: int, *, sees: bool = True, allowed: bool = True) -> tuple[str, ...]:
    """Return in plain words how many pictures a model is not shown, and why."""
    if not number:
        return ()
    why = " (they are switched off here)" if not allowed else "" if sees else " (this model cannot see)"
    return (f"{number} {'picture' if number == 1 else 'pictures'}{why}",)
