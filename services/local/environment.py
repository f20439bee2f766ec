"""What each service of the stack is told, by its environment."""

from collections.abc import Mapping
from pathlib import Path

from services.local.addresses import SERVICES, Addresses

DATABASES = ("credit", "memory", "conversation")


def service_environment(
    outer: Mapping[str, str], addresses: Addresses, *, database_urls: Mapping[str, str], redis_url: str, models_file: str, data_folder: str
) -> dict[str, str]:
    """The environment of every service: the person's own, with what this stack decides put over it."""
    # A start is over when the gateway has seen the others, so it looks often.
    outer = {"PARLOUR_GATEWAY_PROBE_INTERVAL_S": "0.5", **outer}
    decided = {"PARLOUR_REDIS_URL": redis_url, "PARLOUR_MODELS_FILE": models_file, "PARLOUR_DATA_DIR": data_folder, "PYTHONUNBUFFERED": "1"}
    outer = {"PARLOUR_CONVERSATION_TOMBSTONES_FILE": str(Path(data_folder) / "tombstones.jsonl"), **outer}
    for name in SERVICES:
        prefix = f"PARLOUR_{name.upper()}_"
        decided[f"{prefix}LISTEN"] = decided[f"{prefix}ADDRESS"] = addresses.service(name)
        decided[f"{prefix}METRICS_LISTEN"] = addresses.metrics(name)
        decided[f"{prefix}REFLECTION"] = "true"
    for name, url in database_urls.items():
        decided[f"PARLOUR_{name.upper()}_DATABASE_URL"] = url
    return {**outer, **decided}
