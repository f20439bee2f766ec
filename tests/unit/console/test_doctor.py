"""What the doctor makes of a reading of the stack."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

from parlour.gateway.v1 import gateway_pb2
from services.console.doctor import checks
from services.console.doctor.discord_application import Application
from services.console.doctor.finding import Standing
from services.console.doctor.metrics_page import MetricsPage, NoMetrics, parsed
from services.console.doctor.stack import SERVICES, Service, Stack

GATEWAY = {"credit": True, "memory": True, "conversation": True, "redis": True}


def page(asked_at: float = 0.0, read_at: float = 0.0, **values: Mapping[tuple[str, ...], float] | float) -> MetricsPage:
    """A page with gauges: a number, or numbers by "label=value" pairs."""
    registry = CollectorRegistry()
    for name, value in values.items():
        if not isinstance(value, Mapping):
            Gauge(name, "of a test", registry=registry).set(value)
            continue
        for pairs, number in value.items():
            labels = dict(pair.split("=", 1) for pair in pairs)
            gauge = registry._names_to_collectors.get(name) or Gauge(name, "of a test", list(labels), registry=registry)
            assert isinstance(gauge, Gauge)
            gauge.labels(**labels).set(number)
    return parsed(generate_latest(registry).decode(), asked_at, read_at)


def stack(status: gateway_pb2.GetStatusResponse | None = None, **changed: Service) -> Stack:
    services = {name: Service(name, f"127.0.0.1:{number}", "127.0.0.1:1", serving=True) for number, name in enumerate(SERVICES)}
    return Stack(services | changed, status)


def service(name: str, metrics: MetricsPage | None = None, *, dependencies: Mapping[str, bool] | None = None, problem: str = "") -> Service:
    return Service(name, "a:1", "a:2", problem, not problem, dependencies or {}, metrics)


def standings(check: checks.Check, of: Stack) -> list[tuple[str, Standing]]:
    return [(finding.subject, finding.standing) for finding in check(of)]


def test_a_service_that_does_not_answer_is_broken_and_one_without_metrics_worth_a_look() -> None:
    found = standings(checks.reachable, stack(memory=service("memory", problem="nothing answers there"), credit=service("credit", page(x=1))))
    assert ("memory", Standing.BROKEN) in found
    assert ("gateway", Standing.WARN) in found
    assert [standing for subject, standing in found if subject == "credit"] == [Standing.OK]


def test_a_service_that_is_stopping_is_broken() -> None:
    stopping = Service("credit", "a:1", "a:2", serving=False)
    assert standings(checks.reachable, stack(credit=stopping))[0] == ("credit", Standing.BROKEN)


@pytest.mark.parametrize(("other", "standing"), [("0.1.0", Standing.OK), ("0.2.0", Standing.WARN)])
def test_versions_that_differ_are_worth_a_look(other: str, standing: Standing) -> None:
    one, another = (page(parlour_build_info={("service=s", f"version={version}"): 1}) for version in ("0.1.0", other))
    assert standings(checks.versions, stack(credit=service("credit", one), memory=service("memory", another))) == [("all", standing)]


def test_a_dependency_that_is_needed_is_broken_and_one_that_is_not_worth_a_look() -> None:
    gateway = service("gateway", dependencies=GATEWAY | {"memory": False, "redis": False})
    found = {finding.what: finding.standing for finding in checks.dependencies(stack(gateway=gateway))}
    assert found["does not reach memory"] is Standing.BROKEN
    assert found["does not reach redis"] is Standing.WARN
    assert found["reaches credit"] is Standing.OK


def breaker(**states: float) -> Mapping[tuple[str, ...], float]:
    return {("target=credit", "method_class=unary", f"state={state}"): value for state, value in states.items()}


@pytest.mark.parametrize(("states", "standing"), [({"open": 1, "closed": 0}, Standing.WARN), ({"open": 0, "closed": 1}, Standing.OK)])
def test_an_open_breaker_is_worth_a_look(states: dict[str, float], standing: Standing) -> None:
    gateway = service("gateway", page(parlour_breaker_state=breaker(**states)))
    assert standings(checks.breakers, stack(gateway=gateway)) == [("gateway", standing)]


def test_without_metrics_the_gateway_itself_says_how_its_breakers_are() -> None:
    features = [gateway_pb2.FeatureStatus(name="memory", breaker="half_open"), gateway_pb2.FeatureStatus(name="discord")]
    found = list(checks.breakers(stack(gateway_pb2.GetStatusResponse(features=features))))
    assert [(finding.what, finding.standing) for finding in found] == [("half open to memory", Standing.WARN)]


@pytest.mark.parametrize(
    ("outage", "standing"),
    [
        (gateway_pb2.OutageStatus(lease_microcredits=5, remaining_microcredits=5), Standing.OK),
        (gateway_pb2.OutageStatus(active=True, lease_microcredits=5, remaining_microcredits=2), Standing.WARN),
        (gateway_pb2.OutageStatus(turns_unsettled=2), Standing.WARN),
        (gateway_pb2.OutageStatus(active=True, emergency=True), Standing.BROKEN),
    ],
)
def test_an_outage_is_worth_a_look_and_an_emergency_broken(outage: gateway_pb2.OutageStatus, standing: Standing) -> None:
    assert standings(checks.outage, stack(gateway_pb2.GetStatusResponse(outage=outage))) == [("gateway", standing)]


@pytest.mark.parametrize(("behind", "standing"), [(1 << 20, Standing.OK), (64 << 20, Standing.WARN)])
def test_a_replica_far_behind_is_worth_a_look(behind: float, standing: Standing) -> None:
    memory = service("memory", page(parlour_memory_replica_behind_bytes={("replica=replica-1",): behind}))
    assert standings(checks.replicas, stack(memory=memory)) == [("memory", standing)]


@pytest.mark.parametrize(
    ("shown", "standing"),
    [(100.5, Standing.OK), (98.5, Standing.WARN), (102.5, Standing.WARN), (60.0, Standing.BROKEN), (200.0, Standing.BROKEN)],
)
def test_clocks_that_differ_by_more_than_asking_took_are_found(shown: float, standing: Standing) -> None:
    credit = service("credit", page(100.0, 101.0, parlour_clock_timestamp_seconds=shown))
    assert standings(checks.clocks, stack(credit=credit)) == [("credit", standing)]


@pytest.mark.parametrize(("days", "standing"), [(30, Standing.OK), (3, Standing.WARN), (-1, Standing.BROKEN)])
def test_certificates_are_watched_until_they_end(days: float, standing: Standing) -> None:
    credit = service("credit", page(parlour_tls_certificate_expiry_seconds=days * 86_400))
    assert standings(checks.certificates, stack(credit=credit)) == [("credit", standing)]


def test_a_stack_without_certificates_is_not_asked_for_any() -> None:
    assert standings(checks.certificates, stack(credit=service("credit", page(parlour_tls_certificate_expiry_seconds=0)))) == []


def reach(**states: str) -> MetricsPage:
    return page(parlour_conversation_model_standing={(f"model={model}", f"standing={state}"): 1 for model, state in states.items()})


def test_a_model_that_is_away_is_broken_only_where_no_other_is_left() -> None:
    one = standings(checks.models, stack(conversation=service("conversation", reach(small="unreachable"))))
    two = standings(checks.models, stack(conversation=service("conversation", reach(small="refused", large="reached"))))
    assert one == [("small", Standing.BROKEN)]
    assert sorted(two) == [("large", Standing.OK), ("small", Standing.WARN)]


@pytest.mark.parametrize(("revision", "standing"), [("0001", Standing.OK), ("0002", Standing.WARN)])
def test_a_database_ahead_of_its_service_is_worth_a_look(revision: str, standing: Standing) -> None:
    shown = page(parlour_schema_info={(f"revision={revision}", "known=0001"): 1})
    assert standings(checks.tables, stack(credit=service("credit", shown))) == [("credit", standing)]


@pytest.mark.parametrize(
    ("application", "found"),
    [
        (None, []),
        (Application(refused=True), [("token", Standing.BROKEN)]),
        (Application("no route to host"), [("bot", Standing.WARN)]),
        (Application(reads_messages=True, commands=20), [("token", Standing.OK), ("intents", Standing.OK), ("commands", Standing.OK)]),
        (Application(commands=0), [("token", Standing.OK), ("intents", Standing.BROKEN), ("commands", Standing.WARN)]),
    ],
)
def test_the_bot_is_asked_about_at_discord_by_whoever_has_its_token(application: Application | None, found: list[tuple[str, Standing]]) -> None:
    assert standings(checks.discord, replace(stack(), discord=application)) == found


def test_what_is_not_well_comes_with_what_to_do() -> None:
    services = {name: service(name, problem="nothing answers there") for name in SERVICES}
    assert all(finding.advice for finding in checks.examined(Stack(services)) if finding.standing is not Standing.OK)


def test_a_page_that_shows_no_metrics_is_no_reading() -> None:
    with pytest.raises(NoMetrics):
        parsed("<html><body>hello there</body></html>")


def test_a_page_is_read_by_name_and_labels() -> None:
    registry = CollectorRegistry()
    Counter("calls", "of a test", ["who"], registry=registry).labels("ada").inc(3)
    read = parsed(generate_latest(registry).decode())
    assert read.value("calls_total", who="ada") == 3
    assert read.value("calls_total", who="bob") is None
