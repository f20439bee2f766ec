"""The manifests of k8s/ as Kubernetes would get them, for the tests that compare them with the code."""

import functools
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.runtime.settings import SERVICES

K8S = Path(__file__).resolve().parents[2] / "k8s"
OVERLAYS = ("development", "production")
STEPS = ("stores", "migrations", "")
"""In the order in which they are applied; the last one is the overlay itself."""
KUBECTL = Path(sys.executable).with_name("kubectl")

type Manifest = Mapping[str, Any]


@functools.cache
def built(overlay: str, step: str = "") -> Sequence[Manifest]:
    """Return what `kubectl kustomize` makes of one step of an overlay."""
    command = [str(KUBECTL), "kustomize", str(K8S / "overlays" / overlay / step)]
    made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return list(yaml.safe_load_all(made))


def all_of(overlay: str) -> Sequence[Manifest]:
    """Return every manifest of an overlay, of all its steps."""
    return [manifest for step in STEPS for manifest in built(overlay, step)]


def of_kind(manifests: Sequence[Manifest], *kinds: str) -> Mapping[str, Manifest]:
    """Return the manifests of some kinds by their names."""
    return {manifest["metadata"]["name"]: manifest for manifest in manifests if manifest["kind"] in kinds}


@dataclass(frozen=True)
class Pod:
    """The pods that one workload makes: of one of ours the only container is called `service`."""

    kind: str
    workload: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any]

    @property
    def container(self) -> Mapping[str, Any]:
        """The only container."""
        (container,) = self.spec["containers"]
        return container  # type: ignore[no-any-return]

    @property
    def role(self) -> str:
        """What they are for: service, migration, console or store."""
        return self.labels["app.kubernetes.io/component"]

    @property
    def name(self) -> str:
        """Whose they are, such as credit."""
        return self.labels["app.kubernetes.io/name"]


def pods(manifests: Sequence[Manifest]) -> Iterator[Pod]:
    """Return the pods of every workload."""
    for manifest in manifests:
        spec = manifest.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if manifest["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob") and template is not None:
            yield Pod(manifest["kind"], manifest["metadata"]["name"], template["metadata"]["labels"], template["spec"])


def services(manifests: Sequence[Manifest]) -> Mapping[str, Pod]:
    """Return the pods of the four services."""
    return {pod.name: pod for pod in pods(manifests) if pod.role == "service" and pod.name in SERVICES}


def environment(pod: Pod, manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return the environment of a pod's container, with words in place of what secrets hold."""
    config = of_kind(manifests, "ConfigMap")
    given: dict[str, str] = {}
    for source in pod.container.get("envFrom", []):
        given |= config[source["configMapRef"]["name"]]["data"]
    for variable in pod.container.get("env", []):
        given[variable["name"]] = variable["value"] if "value" in variable else _elsewhere(variable)
    return {name: _filled(value, given) for name, value in given.items()}


def _elsewhere(variable: Mapping[str, Any]) -> str:
    source = variable["valueFrom"]
    if "fieldRef" in source:
        return "0" if source["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']" else ""
    name = variable["name"]
    if name == "PARLOUR_REDIS_URL":
        return "redis://valkey:6379/0"
    return "postgresql://user:word@host:5432/name" if name.endswith("_URL") else "word"


def _filled(value: str, given: Mapping[str, str]) -> str:
    for name, one in given.items():
        value = value.replace(f"$({name})", one)
    return value
