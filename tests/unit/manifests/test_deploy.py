"""k8s/deploy, with a kubectl that writes down what it is asked."""

import os
import subprocess

import pytest

from tests.manifests import K8S, OVERLAYS, built, of_kind

KUBECTL = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$*" in *"$FAILS"*) exit 1 ;; esac
"""


@pytest.fixture
def deploy(tmp_path):
    def run(overlay: str, fails: str = "nothing fails") -> tuple[int, list[str], str]:
        stub = tmp_path / "kubectl"
        stub.write_text(KUBECTL)
        stub.chmod(0o755)
        asked = tmp_path / "asked"
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked), "FAILS": fails}
        ended = subprocess.run([K8S / "deploy", *overlay.split()], env=environment, capture_output=True, text=True, check=False)
        return ended.returncode, asked.read_text().splitlines() if asked.exists() else [], ended.stderr

    return run


def at(asked: list[str], words: str) -> int:
    (place,) = [place for place, line in enumerate(asked) if words in line]
    return place


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_stores_come_first_then_migrations_then_services(deploy, overlay):
    status, asked, _ = deploy(overlay)
    assert status == 0
    folder = f"apply --kustomize {K8S / 'overlays' / overlay}"
    order = [
        asked.index(f"{folder}/stores"),
        at(asked, "delete job"),
        asked.index(f"{folder}/migrations"),
        at(asked, "condition=Complete"),
        asked.index(folder),
    ]
    assert order == sorted(order)
    (namespace,) = of_kind(built(overlay, "stores"), "Namespace")
    assert all(line.startswith(("apply", f"--namespace {namespace} ")) for line in asked)
    waited = [line.split()[-2] for line in asked[order[-1] :] if "rollout status" in line]
    workloads = of_kind(built(overlay), "Deployment", "StatefulSet")
    assert sorted(waited) == sorted(f"{one['kind'].lower()}/{name}" for name, one in workloads.items())


def test_the_jobs_that_are_waited_for_are_the_migrations():
    for overlay in OVERLAYS:
        for job in of_kind(built(overlay, "migrations"), "Job").values():
            assert job["metadata"]["labels"]["app.kubernetes.io/component"] == "migration"


def test_a_migration_that_fails_leaves_the_services_as_they_were(deploy):
    status, asked, told = deploy("production", fails="condition=Complete")
    assert status == 1
    assert asked[-1].split()[:3] == ["--namespace", "parlour", "logs"]
    assert "the services stay as they were" in told


def test_an_overlay_that_is_not_there_is_refused_with_how_to_ask(deploy):
    for wrong in ("", "staging"):
        status, asked, told = deploy(wrong)
        assert (status, asked) == (2, [])
        assert "development|production" in told
