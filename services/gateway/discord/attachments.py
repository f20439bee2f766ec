"""What is attached to a message: pictures that a model can be shown, and files of text, read from Discord's own hosts only and up to limits."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from types import MappingProxyType
from urllib.parse import urlsplit

import aiohttp
import nextcord
from prometheus_client import Counter

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.clean_text import clean
from services.gateway.discord.settings import DiscordSettings
from services.runtime.telemetry import get_logger

DISCORD_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
DESCRIPTION_MAX = 1000
NAME_MAX = 260
UNREAD_MAX = 10
TEXT_MAX = 100_000  # of TextFile.text
_CHUNK_BYTES = 16_384
_IMAGE_TYPES_BY_SUFFIX = MappingProxyType(
    {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}
)
_IMAGE_TYPES = frozenset(_IMAGE_TYPES_BY_SUFFIX.values())
_TEXT_TYPES = frozenset(
    {"application/json", "application/xml", "application/javascript", "application/x-sh", "application/toml", "application/yaml", "application/sql"}
)
_TEXT_SUFFIXES = frozenset(
    [
        ".bat",
        ".c",
        ".cfg",
        ".conf",
        ".cpp",
        ".cs",
        ".css",
        ".csv",
        ".diff",
        ".env",
        ".go",
        ".h",
        ".hpp",
        ".htm",
        ".html",
        ".ini",
        ".java",
        ".js",
        ".json",
        ".jsonl",
        ".jsx",
        ".kt",
        ".less",
        ".log",
        ".lua",
        ".md",
        ".patch",
        ".php",
        ".pl",
        ".proto",
        ".properties",
        ".ps1",
        ".py",
        ".r",
        ".rb",
        ".rs",
        ".rst",
        ".scala",
        ".scss",
        ".sh",
        ".sql",
        ".srt",
        ".swift",
        ".tex",
        ".toml",
        ".ts",
        ".tsv",
        ".tsx",
        ".txt",
        ".vtt",
        ".xml",
        ".yaml",
        ".yml",
    ]
)
_files = Counter("parlour_gateway_discord_text_files_total", "Text files attached to messages for the assistant, by what became of them", ["result"])
_left_out = Counter(
    "parlour_gateway_discord_attachments_left_out_total", "Attachments that are neither shown nor read: of another kind, too large, or too many"
)
_log = get_logger(__name__)


def media_type_of(attachment: nextcord.Attachment) -> str:
    """Return the media type that Discord says, without parameters, or else what the name suggests; empty: unknown."""
    said = (attachment.content_type or "").partition(";")[0].strip().lower()
    return said or _IMAGE_TYPES_BY_SUFFIX.get(_suffix(attachment), "")


def is_text(attachment: nextcord.Attachment) -> bool:
    """Return whether an attachment is a file of text, by its media type or the end of its name."""
    media_type = media_type_of(attachment)
    return media_type.startswith("text/") or media_type in _TEXT_TYPES or _suffix(attachment) in _TEXT_SUFFIXES


def images_of(attachments: Iterable[nextcord.Attachment], settings: DiscordSettings) -> list[gateway_pb2.Image]:
    """Return the pictures that are small enough, at most `discord_images_max`. Nothing is loaded: the model's provider does that."""
    fitting = [
        gateway_pb2.Image(url=one.url, media_type=media_type_of(one), description=clean(one.description or "")[:DESCRIPTION_MAX])
        for one in attachments
        if media_type_of(one) in _IMAGE_TYPES and 0 < one.size <= settings.discord_image_bytes_max and one.url
    ]
    return fitting[: settings.discord_images_max]


def text_attachments(attachments: Iterable[nextcord.Attachment], settings: DiscordSettings) -> list[nextcord.Attachment]:
    """Return the attachments whose text is read, at most `discord_text_files_max`."""
    fitting = [one for one in attachments if is_text(one) and 0 < one.size <= settings.discord_text_file_bytes_max]
    return fitting[: settings.discord_text_files_max]


def text_files_of(attachments: Iterable[nextcord.Attachment], settings: DiscordSettings) -> list[gateway_pb2.TextFile]:
    """Return the files of text by their names; `TextFileReader` reads them once it is known that they are needed."""
    return [gateway_pb2.TextFile(name=_name(one)) for one in text_attachments(attachments, settings)]


def unread_files_of(attachments: Sequence[nextcord.Attachment], settings: DiscordSettings) -> list[str]:
    """Return the names of files that are neither shown nor read, because of what they are or how large."""
    images = {image.url for image in images_of(attachments, settings)}
    texts = {one.id for one in text_attachments(attachments, settings)}
    unread = [_name(one) for one in attachments if one.url not in images and one.id not in texts]
    _left_out.inc(len(unread))
    return unread[:UNREAD_MAX]


def is_discords(url: str, api_url: str) -> bool:
    """Return whether a file may be loaded from this address: Discord's own hosts over https, or the host that stands for Discord's API."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname in DISCORD_HOSTS and parts.port in (None, 443):
        return True
    api = urlsplit(api_url)
    return bool(api_url) and (parts.scheme, parts.netloc) == (api.scheme, api.netloc)


def decoded(data: bytes) -> str | None:
    """Return the text of a file, None where it is none: UTF-8, or UTF-16 with its mark; what cannot be read becomes a replacement character."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return clean(data.decode("utf-16", "replace"))[:TEXT_MAX]
    if b"\0" in data:
        return None
    return clean(data.decode("utf-8-sig", "replace"))[:TEXT_MAX]


def _suffix(attachment: nextcord.Attachment) -> str:
    return PurePosixPath(attachment.filename.lower()).suffix


def _name(attachment: nextcord.Attachment) -> str:
    return " ".join(clean(attachment.filename).split())[:NAME_MAX] or "file"


class TextFileReader:
    """Loads files of text. Its session is made with the first file; `close` it."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def read(self, attachments: Sequence[nextcord.Attachment], files: Sequence[gateway_pb2.TextFile]) -> None:
        """Read the texts of `attachments` into `files`, side by side; one that cannot be had stays empty. Never raises for what a host does."""
        await asyncio.gather(*(self._read(one, file) for one, file in zip(attachments, files, strict=False)))

    async def _read(self, attachment: nextcord.Attachment, file: gateway_pb2.TextFile) -> None:
        if not is_discords(attachment.url, self._settings.discord_api_url):
            _files.labels("other_host").inc()
            return
        try:
            data = await self._load(attachment.url)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            _files.labels("failed").inc()
            _log.info("an attached file could not be loaded", problem=type(error).__name__)
            return
        text = decoded(data) if data is not None else None
        _files.labels("read" if text is not None else "not_text" if data is not None else "too_large").inc()
        file.text = text or ""

    async def _load(self, url: str) -> bytes | None:
        """Return the bytes; None if there are more than the limit, whatever was said before. Redirects, which may lead anywhere, are not followed."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._settings.discord_context_s))
        loaded = bytearray()
        async with self._session.get(url, allow_redirects=False, raise_for_status=False) as response:
            if response.status != 200:
                raise aiohttp.ClientPayloadError(f"status {response.status}")
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                loaded += chunk
                if len(loaded) > self._settings.discord_text_file_bytes_max:
                    return None
        return bytes(loaded)

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None
