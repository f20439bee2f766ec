"""Parts of docs/ that are made from the code, so that they say what it does. `python -m tests.made_docs` writes them anew.

A part stands between `<!-- made: name -->` and `<!-- made -->`; what is around it is written by hand.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from services.gateway.discord.settings import DiscordSettings
from services.runtime.settings import DatabaseSettings, RedisSettings, ServiceSettings
from tests.made_docs.failure_tables import alert_table, failure_table, words_table
from tests.made_docs.outgoing_tables import limit_table, rpc_table
from tests.made_docs.settings_tables import SETTINGS, own_table, shared_table

DOCS = Path(__file__).resolve().parents[2] / "docs"
FAILURE_MODES = DOCS / "failure-modes.md"
OPERATIONS = DOCS / "operations.md"
CONFIGURATION = DOCS / "configuration.md"
DOCUMENTS = (FAILURE_MODES, OPERATIONS, CONFIGURATION)
PARTS: Mapping[str, Callable[[], str]] = {
    "failures": failure_table,
    "words": words_table,
    "alerts": alert_table,
    "rpcs": rpc_table,
    "limits": limit_table,
    "every_service": partial(shared_table, ServiceSettings),
    "database": partial(shared_table, DatabaseSettings),
    "redis": partial(shared_table, RedisSettings),
    "discord": partial(shared_table, DiscordSettings, "gateway"),
    **{service: partial(own_table, service) for service in SETTINGS},
}
_PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- made -->)", re.DOTALL)


def made(text: str) -> str:
    """Return a document with its made parts made anew. Raises KeyError for a part that nobody makes."""
    return _PART.sub(lambda part: f"{part[1]}{PARTS[part[2]]()}{part[3]}", text)
