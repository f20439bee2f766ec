"""What settings say of themselves, and where the limits that docs/security.md lists are."""

import re
from pathlib import Path

import pytest

from services.conversation.settings import ConversationSettings
from services.credit.settings import CreditSettings
from services.gateway.settings import GatewaySettings
from services.memory.settings import MemorySettings
from services.runtime.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[3]
TYPES: dict[str, type[ServiceSettings]] = {
    "credit": CreditSettings,
    "memory": MemorySettings,
    "conversation": ConversationSettings,
    "gateway": GatewaySettings,
}
SECRET = re.compile(r"(^|_)(url|urls|token|password|secret)$")
HARMLESS = {"discord_api_url", "discord_gateway_url"}
"""Addresses that nobody logs in to."""


@pytest.mark.parametrize("service", TYPES)
def test_nothing_that_may_hold_a_password_shows_itself_with_the_settings(service: str) -> None:
    shown = [name for name, info in TYPES[service].model_fields.items() if SECRET.search(name) and name not in HARMLESS and info.repr]
    assert shown == []


def test_the_settings_of_a_service_can_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://credit:sentinel-5c1@db/credit"
    for name, value in (("PARLOUR_CREDIT_DATABASE_URL", url), ("PARLOUR_MODELS_FILE", "/models.toml")):
        monkeypatch.setenv(name, value)
    settings = CreditSettings()  # type: ignore[call-arg]
    assert settings.database_url == url
    assert "sentinel" not in f"{settings!r} {settings}"


def limits_in_docs() -> dict[str, tuple[str, str, str]]:
    """The table of limits in docs/security.md: variable -> (default, description, metric)."""
    text = (ROOT / "docs" / "security.md").read_text()
    rows = re.findall(r"^\| `(PARLOUR_[\w<>]+)` \| (.+?) \| (.+?) \| `(\w+)` \|$", text, re.M)
    return {variable: (default, description, metric) for variable, default, description, metric in rows}


def test_the_limits_in_the_docs_are_those_of_the_settings() -> None:
    listed = limits_in_docs()
    assert len(listed) > 30
    for variable, (default, description, _) in listed.items():
        service, _, name = variable.removeprefix("PARLOUR_").lower().partition("_")
        for settings_type in TYPES.values() if service == "<service>" else [TYPES[service]]:
            info = settings_type.model_fields[name]
            assert (f"{info.default:,}", info.description) == (default, description), variable


def test_every_limit_in_the_docs_has_a_metric_that_the_code_publishes() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "services").rglob("*.py"))
    assert {variable: metric for variable, (_, _, metric) in limits_in_docs().items() if f'"{metric}"' not in sources} == {}
