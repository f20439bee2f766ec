"""compose.yaml and the code name the same things: settings, ports, callers, files, limits."""

import re
import tomllib
from collections.abc import Mapping

import pytest
import yaml

from services.local.addresses import DEFAULT_PORT_BASE, METRICS_OFFSET, SERVICES
from services.local.postgres import _SETTINGS
from services.runtime.settings import ServiceSettings, load, variable
from tests.images import IMAGES, ROOT, WRITTEN, compose_file
from tests.made_docs.settings_tables import SETTINGS

HEALTH_OFFSET = 100
VARIABLES = dict.fromkeys(compose_file.variables_named(), "given") | {
    "OPENAI_BASE_URL": "http://model/v1",
    "DISCORD_TOKEN": "",
    "OPENAI_API_KEY": "",
}
COMPOSED = compose_file.services(VARIABLES)
OURS = {name: service for name, service in COMPOSED.items() if service["image"].startswith("parlour-")}
ENDPOINT = tomllib.loads((ROOT / "compose" / "models.toml").read_text())["models"]["chat"]["endpoint"]


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _seconds(words: str) -> float:
    found = re.fullmatch(r"(\d+)s", words)
    assert found, words
    return float(found[1])


def _settings(name: str, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    environment: Mapping[str, str] = COMPOSED[name]["environment"]
    for given, value in environment.items():
        monkeypatch.setenv(given, value)
    settings = load(SETTINGS[name], name, environment)
    assert isinstance(settings, ServiceSettings)
    return settings


def _with_database() -> list[str]:
    return [name for name in SERVICES if f"migrate-{name}" in COMPOSED]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_starts_with_the_settings_that_it_is_given(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(name, monkeypatch)
    number = SERVICES.index(name)
    addresses = [settings.listen, settings.metrics_listen, settings.health_listen]
    assert [_port(one) - DEFAULT_PORT_BASE for one in addresses] == [number, METRICS_OFFSET + number, HEALTH_OFFSET + number]
    assert not settings.plaintext
    assert settings.tls_cert.endswith(f"/{name}.pem")
    assert settings.tls_key.endswith(f"/{name}-key.pem")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_no_name_that_it_does_not_read(name: str) -> None:
    """Also none that only others read, which the start would let pass."""
    read = {variable(SETTINGS[name], name, field) for field in SETTINGS[name].model_fields}
    if name == "conversation":
        read |= {value for key, value in ENDPOINT.items() if key.endswith("_env")}
    assert set(COMPOSED[name]["environment"]) <= read


@pytest.mark.parametrize("name", [*SERVICES, "console"])
def test_every_address_that_a_service_is_given_is_where_another_listens_in_a_network_of_both(name: str) -> None:
    environment: Mapping[str, str] = COMPOSED[name]["environment"]
    given = {setting: value for setting, value in environment.items() if setting.endswith("_ADDRESS")}
    assert given or name in ("credit", "memory")
    for setting, address in given.items():
        host, _, port = address.partition(":")
        assert setting == f"PARLOUR_{host.upper()}_ADDRESS"
        assert int(port) == _port(COMPOSED[host]["environment"][f"PARLOUR_{host.upper()}_LISTEN"])
        assert set(COMPOSED[host]["networks"]) & set(COMPOSED[name]["networks"])


@pytest.mark.parametrize("name", [name for name in SERVICES if f"migrate-{name}" in COMPOSED])
def test_a_service_with_a_database_starts_when_it_was_migrated_by_the_same_image_and_settings(name: str) -> None:
    migration = COMPOSED[f"migrate-{name}"]
    assert migration["command"] == ["migrate"]
    assert (migration["image"], migration["environment"]) == (COMPOSED[name]["image"], COMPOSED[name]["environment"])
    assert COMPOSED[name]["depends_on"][f"migrate-{name}"] == {"condition": "service_completed_successfully"}
    assert migration["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert set(_with_database()) == {"credit", "memory", "conversation"}


@pytest.mark.parametrize("name", OURS)
def test_what_we_run_may_write_nowhere_but_in_its_volumes_and_do_nothing_special(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert not service.get("privileged")
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"]
    written = {there for _, there, may_write in compose_file.mounts(service) if may_write}
    assert written <= WRITTEN
    assert name == "certificates" or "/etc/parlour/certificates" not in written


@pytest.mark.parametrize("name", SERVICES)
def test_a_stop_has_more_time_than_the_service_takes_for_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(name, monkeypatch)
    takes = settings.drain_s + settings.not_serving_s + getattr(settings, "discord_drain_s", 0.0) + getattr(settings, "session_stop_s", 0.0)
    assert _seconds(COMPOSED[name]["stop_grace_period"]) > takes


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_asked_for_its_health_where_it_answers(name: str) -> None:
    asked = COMPOSED[name]["healthcheck"]["test"]
    assert asked == ["CMD", "python", "-m", "services.runtime.probe", COMPOSED[name]["environment"][f"PARLOUR_{name.upper()}_HEALTH_LISTEN"]]


@pytest.mark.parametrize("name", COMPOSED)
def test_every_image_is_of_a_stated_version_and_ours_are_built_from_a_lock(name: str) -> None:
    image, _, tag = COMPOSED[name]["image"].partition(":")
    assert re.search(r"\d+\.\d+\.\d+", tag), COMPOSED[name]["image"]
    if name in OURS:
        service = COMPOSED[name]["build"]["args"]["SERVICE"]
        assert service in IMAGES
        assert image == f"parlour-{service}"
        assert tag == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_nothing_is_reachable_from_beyond_this_machine() -> None:
    published = {name: port for name, service in COMPOSED.items() for port in service.get("ports", [])}
    assert set(published) == {"gateway", "prometheus", "grafana", "jaeger"}
    assert all(port.startswith("127.0.0.1:") for port in published.values())
    networks = yaml.safe_load(compose_file.FILE.read_text())["networks"]
    assert [name for name, network in networks.items() if not network.get("internal")] == ["outside"]
    assert {name for name, service in COMPOSED.items() if "databases" in service.get("networks", [])} == {
        "postgres",
        "replica",
        *(f"{prefix}{name}" for name in _with_database() for prefix in ("", "migrate-")),
    }


def test_every_file_that_is_mounted_is_there() -> None:
    sources = {source for service in COMPOSED.values() for source, _, _ in compose_file.mounts(service)}
    assert [source for source in sources if source.startswith("./") and not (ROOT / source).exists()] == []


def test_prometheus_collects_from_every_service_under_its_name() -> None:
    jobs = yaml.safe_load((ROOT / "compose" / "prometheus.yaml").read_text())["scrape_configs"]
    targets = {job["job_name"]: [target for config in job["static_configs"] for target in config["targets"]] for job in jobs}
    assert targets == {name: [f"{name}:{_port(COMPOSED[name]['environment'][f'PARLOUR_{name.upper()}_METRICS_LISTEN'])}"] for name in SERVICES}
    assert all("calls" in COMPOSED[name]["networks"] for name in (*SERVICES, "prometheus"))


def test_the_database_writes_as_little_of_what_people_say_into_its_log_as_the_local_one() -> None:
    for server in ("postgres", "replica"):
        told = dict(setting.split("=", 1) for setting in COMPOSED[server]["command"] if "=" in setting)
        assert {name: value for name, value in told.items() if name.startswith("log_")}.items() <= _SETTINGS.items()
        assert {name for name in _SETTINGS if name.startswith("log_")} - set(told) == {"log_line_prefix"}


def test_the_example_asks_for_every_variable_and_gives_no_password_away() -> None:
    example = compose_file.example()
    assert set(example) == compose_file.variables_named()
    assert set(example.values()) == {""}


@pytest.mark.parametrize("name", [name for name in sorted(VARIABLES) if name.endswith("_PASSWORD")])
def test_nothing_starts_without_a_password(name: str) -> None:
    with pytest.raises(compose_file.Missing, match=name):
        compose_file.services({**VARIABLES, name: ""})


def test_a_limit_of_memory_is_a_size() -> None:
    for service in COMPOSED.values():
        assert re.fullmatch(r"\d+[mg]", service.get("mem_limit", "")), service["image"]
