"""What the doctor looks at. Each check takes one reading of the stack and gives findings; all of them are pure."""

from collections.abc import Callable, Iterator

from services.console.doctor.finding import Finding, broken, ok, warn
from services.console.doctor.stack import SERVICES, Service, Stack

type Check = Callable[[Stack], Iterator[Finding]]

CLOCK_WARN_S, CLOCK_BROKEN_S = 1.0, 30.0
REPLICA_BEHIND_BYTES_MAX = 16 << 20
CERTIFICATE_WARN_S = 14 * 86_400.0
_DAY_S = 86_400
_LOGS = "look into its log (.parlour/logs of a stack started by `make up`)"
_SOFT = ("redis", "replica")
"""Dependencies that people are answered without: by the beginning of their names."""


def reachable(stack: Stack) -> Iterator[Finding]:
    """Every service answers, and accepts calls."""
    for service in stack.services.values():
        if service.problem:
            advice = f"start it: `make up`, or name where it is with --port-base or PARLOUR_{service.name.upper()}_ADDRESS; where it runs, {_LOGS}"
            yield broken("reachable", service.name, f"{service.address}: {service.problem}", advice)
        elif not service.serving:
            yield broken("reachable", service.name, "it is starting or stopping, and takes no calls", f"wait; if it stays so, {_LOGS}")
        else:
            yield ok("reachable", service.name, f"serves at {service.address}")
        if service.metrics is None and not service.problem:
            advice = f"set PARLOUR_{service.name.upper()}_METRICS_LISTEN: without metrics much cannot be checked"
            yield warn("reachable", service.name, f"no metrics at {service.metrics_address}: {service.metrics_problem}", advice)


def versions(stack: Stack) -> Iterator[Finding]:
    """All services are of one version."""
    found = {service.name: service.version for service in stack.services.values() if service.version}
    if len(set(found.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in found.items())
        yield warn("versions", "all", told, "finish the update: services of neighbouring versions work together, others may not")
    elif found:
        yield ok("versions", "all", f"{', '.join(found)}: {next(iter(found.values()))}")


def tables(stack: Stack) -> Iterator[Finding]:
    """Databases are at the revision of the services on them. A service on one that is older, or too new, does not even start."""
    for service in stack.services.values():
        for sample in service.metrics.of("parlour_schema_info") if service.metrics is not None else ():
            revision, known = sample.labels["revision"], sample.labels["known"]
            what = f"its database is at revision {revision}"
            if revision == known:
                yield ok("tables", service.name, what)
            else:
                yield warn("tables", service.name, f"{what}, newer than the {known} of its release", "finish the update, or the way back")


def discord(stack: Stack) -> Iterator[Finding]:
    """Discord accepts the bot's token, lets it read messages, and knows its commands. Asked by whoever has the token."""
    found = stack.discord
    if found is None:
        return
    if found.refused:
        yield broken("discord", "token", "Discord does not accept it", "copy it anew from the Bot page of the application, into DISCORD_TOKEN")
        return
    if found.problem:
        yield warn("discord", "bot", f"Discord could not be asked: {found.problem}", "try again; see https://discordstatus.com")
        return
    yield ok("discord", "token", "Discord accepts it")
    if found.reads_messages:
        yield ok("discord", "intents", "it may read messages")
    else:
        advice = "switch on Message Content Intent on the Bot page of the application: without it the gateway is refused"
        yield broken("discord", "intents", "it may not read messages", advice)
    if found.commands:
        yield ok("discord", "commands", f"{found.commands} slash commands are registered")
    else:
        yield warn("discord", "commands", "no slash commands are registered", "register them: parlour discord register")


def dependencies(stack: Stack) -> Iterator[Finding]:
    """What each service needs answers it."""
    for service in stack.services.values():
        for name, answers in service.dependencies.items():
            if answers:
                yield ok("dependencies", service.name, f"reaches {name}")
            elif name.startswith(_SOFT):
                yield warn("dependencies", service.name, f"does not reach {name}", f"start {name}: until then {_without(name)}")
            else:
                yield broken("dependencies", service.name, f"does not reach {name}", f"start {name}, or look why it does not answer; {_LOGS}")


def _without(name: str) -> str:
    return "each gateway keeps its own order" if name == "redis" else "the primary serves all reads"


def breakers(stack: Stack) -> Iterator[Finding]:
    """No breaker is open: where one is, calls are refused at once to give the target time."""
    for service in stack.services.values():
        if service.metrics is not None:
            yield from _breakers_shown(service)
        elif service.name == "gateway" and stack.status is not None:
            for feature in stack.status.features:
                if feature.breaker:
                    yield _breaker("gateway", feature.name, feature.breaker)


def _breakers_shown(service: Service) -> Iterator[Finding]:
    assert service.metrics is not None
    closed = []
    for sample in service.metrics.of("parlour_breaker_state"):
        if sample.value != 1:
            continue
        target = f"{sample.labels['target']} ({sample.labels['method_class']})"
        if sample.labels["state"] == "closed":
            closed.append(target)
        else:
            yield _breaker(service.name, target, sample.labels["state"])
    if closed:
        yield ok("breakers", service.name, f"closed to {', '.join(sorted(closed))}")


def _breaker(service: str, target: str, state: str) -> Finding:
    if state == "closed":
        return ok("breakers", service, f"closed to {target}")
    advice = f"see why {target} failed: it is asked again by itself within seconds, and the breaker closes when it answers"
    return warn("breakers", service, f"{state.replace('_', ' ')} to {target}", advice)


def outage(stack: Stack) -> Iterator[Finding]:
    """People are answered although credit is away, or would be."""
    if stack.status is None or not stack.status.HasField("outage"):
        return
    now = stack.status.outage
    left = f"{now.remaining_microcredits / 1e6:g} of {now.lease_microcredits / 1e6:g} credits of its lease are left"
    if now.emergency:
        yield broken("outage", "gateway", f"emergency: questions are not answered; {left}", "bring credit back: all is settled then")
    elif now.active:
        yield warn("outage", "gateway", f"people are answered on the lease; {left}", "bring credit back before the lease is used up")
    elif now.turns_unsettled:
        yield warn("outage", "gateway", f"{now.turns_unsettled} turns are not settled yet; {left}", "wait: they are settled by themselves")
    else:
        yield ok("outage", "gateway", f"none; {left}")


def replicas(stack: Stack) -> Iterator[Finding]:
    """Replicas are close behind the primary."""
    memory = stack.services["memory"].metrics
    for sample in memory.of("parlour_memory_replica_behind_bytes") if memory is not None else ():
        what = f"{sample.labels['replica']} is {sample.value / 2**20:.1f} MiB of log behind"
        if sample.value > REPLICA_BEHIND_BYTES_MAX:
            yield warn("replicas", "memory", what, "see what keeps it from replaying: a long query on it, its disk, or the network to it")
        else:
            yield ok("replicas", "memory", what)


def clocks(stack: Stack) -> Iterator[Finding]:
    """Clocks show the same time: credits due, leases and claims are told by them."""
    for service in stack.services.values():
        page = service.metrics
        shown = page.value("parlour_clock_timestamp_seconds") if page is not None else None
        if page is None or shown is None:
            continue
        # It was read somewhere between asking and the answer: only what that cannot explain is a difference.
        ahead_s = shown - page.read_at if shown > page.read_at else min(0.0, shown - page.asked_at)
        what = f"{abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} this machine"
        if abs(ahead_s) > CLOCK_BROKEN_S:
            yield broken("clocks", service.name, what, "set the clocks: run an NTP client on both machines")
        elif abs(ahead_s) > CLOCK_WARN_S:
            yield warn("clocks", service.name, what, "see why its NTP client does not keep it right")
        else:
            yield ok("clocks", service.name, "shows the time of this machine")


def certificates(stack: Stack) -> Iterator[Finding]:
    """Certificates are valid for a while yet."""
    for service in stack.services.values():
        left_s = service.metrics.value("parlour_tls_certificate_expiry_seconds") if service.metrics is not None else None
        if not left_s:  # exactly 0: it has none
            continue
        what = f"its certificate is valid for {left_s / _DAY_S:.1f} more days" if left_s > 0 else "its certificate has expired"
        if left_s <= 0:
            yield broken("certificates", service.name, what, "issue a new one: the files are read again while it runs")
        elif left_s < CERTIFICATE_WARN_S:
            yield warn("certificates", service.name, what, "see why it is not renewed yet")
        else:
            yield ok("certificates", service.name, what)


def models(stack: Stack) -> Iterator[Finding]:
    """Language models can be reached with their keys."""
    page = stack.services["conversation"].metrics
    shown = [] if page is None else [sample for sample in page.of("parlour_conversation_model_standing") if sample.value == 1]
    lost = [sample for sample in shown if sample.labels["standing"] != "reached"]
    for sample in shown:
        model, standing = sample.labels["model"], sample.labels["standing"]
        if standing == "reached":
            yield ok("models", model, "its provider answers")
            continue
        what, advice = _MODEL_PROBLEMS[standing]
        make = broken if len(lost) == len(shown) else warn  # as long as one answers, so do we
        yield make("models", model, what, advice)


_MODEL_PROBLEMS = {
    "unreachable": ("its provider does not answer", "see whether it runs, and whether base_url in the models file is right"),
    "refused": ("its provider refuses our key", "see that the variable that the models file names in api_key_env holds a valid key"),
}

CHECKS: tuple[Check, ...] = (reachable, versions, tables, dependencies, breakers, outage, replicas, clocks, certificates, models, discord)


def examined(stack: Stack) -> list[Finding]:
    """Have every check look."""
    assert set(stack.services) == set(SERVICES)
    return [finding for check in CHECKS for finding in check(stack)]
