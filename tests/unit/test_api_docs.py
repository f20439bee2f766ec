"""docs/api.md says what is there: compared with the servicers."""

import re
from pathlib import Path

import pytest

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2

ROOT = Path(__file__).resolve().parents[2]
MODULES = {"credit": credit_pb2, "memory": memory_pb2, "conversation": conversation_pb2, "gateway": gateway_pb2}
ROWS = [
    (package, name, there, missing)
    for package, names, there, missing in re.findall(
        r"^\| `(\w+)\.v1\.(.+?) \(\d+\) \| (.*?) \| ?(.*?) ?\|$", (ROOT / "docs/api.md").read_text(), re.M
    )
    for name in re.findall(r"\w+Service", names)
]


def listed(cell: str) -> set[str]:
    return set(re.findall(r"\w+", cell))


def implemented(package: str) -> set[str]:
    sources = "\n".join(path.read_text() for path in (ROOT / "services" / package).rglob("*.py"))
    return set(re.findall(r"^    async def ([A-Z]\w+)\(", sources, re.M))


@pytest.mark.parametrize(("package", "service", "there", "missing"), ROWS, ids=[f"{row[0]}.{row[1]}" for row in ROWS])
def test_the_table_names_every_rpc_and_says_truly_whether_it_is_there(package, service, there, missing):
    methods = {method.name for method in MODULES[package].DESCRIPTOR.services_by_name[service].methods}
    named_there, named_missing = listed(there) & methods, listed(missing) & methods
    assert named_there | named_missing == methods
    assert named_there == methods & implemented(package)


def test_every_service_has_a_row():
    services = {name for module in MODULES.values() for name in module.DESCRIPTOR.services_by_name}
    assert services == {row[1] for row in ROWS}
