"""What a turn's trace must hold, and what a log line must name."""

import json
from collections.abc import Iterable, Sequence, Set

from tests.fakes.trace_collector import Seen, TraceCollector
from tests.running_stack import SERVICES, RunningStack

TURN = "/parlour.gateway.v1.AssistantService/HandleMessage"
BATCH = "credit batch"
_OF_A_CALL_OR_A_JOB = frozenset({"method", "task", "turn_id"})


def is_whole(spans: Sequence[Seen]) -> bool:
    """Whether the root is there, alone, and everybody's parent too."""
    ids = {span.span_id for span in spans}
    return [span.parent_id for span in spans if span.parent_id not in ids] == [""]


def missing_hops(spans: Sequence[Seen], linked: Set[str] = frozenset()) -> Sequence[str]:
    """Return which hops of an answered turn a trace lacks: services, their stores, the ledger's batch, the model.

    `linked` are the traces that a batch of the ledger in another trace links to: what was written for several lies below the first of them.
    """
    systems = {(span.service.removeprefix("parlour-"), span.attributes.get("db.system.name", "")) for span in spans}
    written = any(span.trace_id in linked for span in spans)
    missing = [service for service in SERVICES if all(service != of for of, _ in systems)]
    wanted = [("gateway", "redis"), ("memory", "postgresql"), ("conversation", "postgresql")] + ([] if written else [("credit", "postgresql")])
    missing += [f"{service} {system}" for service, system in wanted if (service, system) not in systems]
    if not written and not any(span.name == BATCH for span in spans):
        missing.append(BATCH)
    if not any(span.attributes.get("gen_ai.operation.name") == "chat" for span in spans):
        missing.append("model")
    return missing if is_whole(spans) else [*missing, "a parent"]


def linked_by_batches(spans: Iterable[Seen]) -> Set[str]:
    """Return the traces that batches of the ledger link to."""
    return {trace_id for span in spans if span.name == BATCH for trace_id, _ in span.links}


def jobs_of(collector: TraceCollector, trace_id: str) -> list[Seen]:
    """Return the background jobs that link to a trace."""
    return [span for span in collector.spans if span.name.startswith("job ") and trace_id in {link[0] for link in span.links}]


def lines_without_trace(stack: RunningStack) -> list[str]:
    """Return the lines logged on behalf of a call or a job that carry no trace id."""
    lines = [line for service in SERVICES for line in stack.log(service).splitlines() if line.startswith("{")]
    return [line for line in lines if _OF_A_CALL_OR_A_JOB & json.loads(line).keys() and not json.loads(line).get("trace_id")]
