"""What k8s/ says is what Kubernetes takes, and what the code has: names, ports, probes, paths, and the other way round."""

import itertools
import tomllib
from collections.abc import Mapping
from typing import Any

import kubernetes_validate
import pytest

from services.conversation.callers import ALLOWED_CALLERS as CONVERSATION
from services.credit.callers import ALLOWED_CALLERS as CREDIT
from services.gateway.callers import ALLOWED_CALLERS as GATEWAY
from services.local.addresses import DEFAULT_PORT_BASE, METRICS_OFFSET
from services.local.environment import DATABASES
from services.memory.callers import ALLOWED_CALLERS as MEMORY
from services.runtime.callers import CALLERS
from services.runtime.security import IDENTITY_PREFIX
from services.runtime.settings import SERVICES, BadSettings, DatabaseSettings, RedisSettings, load, unknown_names
from tests.made_docs.settings_tables import SETTINGS
from tests.manifests import K8S, OVERLAYS, STEPS, Pod, all_of, built, environment, of_kind, pods, services

VERSIONS = ("1.33", "1.34", "1.35", "1.36", "1.37")
TABLES = {"credit": CREDIT, "memory": MEMORY, "conversation": CONVERSATION, "gateway": GATEWAY}
PORTS = {service: DEFAULT_PORT_BASE + number for number, service in enumerate(SERVICES)}
HEALTH_OFFSET = 100
STOP_SPARE_S = 5
CUSTOM = {
    ("postgresql.cnpg.io/v1", "Cluster"): {"instances", "storage", "bootstrap", "plugins"},
    ("postgresql.cnpg.io/v1", "ScheduledBackup"): {"schedule", "cluster", "method", "pluginConfiguration"},
    ("barmancloud.cnpg.io/v1", "ObjectStore"): {"configuration", "retentionPolicy"},
    ("cert-manager.io/v1", "Issuer"): set[str](),
    ("cert-manager.io/v1", "Certificate"): {"secretName", "issuerRef"},
    ("external-secrets.io/v1", "ExternalSecret"): {"secretStoreRef", "target", "data"},
    ("monitoring.coreos.com/v1", "ServiceMonitor"): {"selector", "endpoints"},
    ("monitoring.coreos.com/v1", "PrometheusRule"): {"groups"},
}
"""The custom resources that are used, and what the `spec` of each must say."""
overlays = pytest.mark.parametrize("overlay", OVERLAYS)


def is_custom(manifest: Mapping[str, Any]) -> bool:
    return "." in manifest["apiVersion"].partition("/")[0] and not manifest["apiVersion"].partition("/")[0].endswith(".k8s.io")


@pytest.mark.parametrize("version", VERSIONS)
@overlays
def test_kubernetes_takes_every_manifest_as_it_is(overlay, version):
    for manifest in all_of(overlay):
        if not is_custom(manifest):
            kubernetes_validate.validate(dict(manifest), version, strict=True)


def test_development_needs_no_operator():
    assert [manifest["kind"] for manifest in all_of("development") if is_custom(manifest)] == []


def test_custom_resources_say_what_their_operators_ask_for():
    for manifest in all_of("production"):
        if is_custom(manifest):
            asked = CUSTOM[manifest["apiVersion"], manifest["kind"]]
            assert asked <= manifest["spec"].keys(), manifest["metadata"]["name"]


@overlays
def test_everything_has_the_namespace_that_the_overlay_makes(overlay):
    (namespace,) = of_kind(built(overlay, "stores"), "Namespace")
    assert {manifest["metadata"].get("namespace") for manifest in all_of(overlay) if manifest["kind"] != "Namespace"} == {namespace}


@overlays
def test_there_is_a_workload_for_every_service_and_a_migration_for_every_database(overlay):
    assert services(built(overlay)).keys() == set(SERVICES)
    assert services(built(overlay))["gateway"].kind == "StatefulSet"
    migrations = [pod for pod in pods(built(overlay, "migrations")) if pod.role == "migration"]
    assert {pod.name for pod in migrations} == set(DATABASES)
    assert all(pod.container["args"] == ["migrate"] for pod in migrations)
    assert all(pod.container["args"] == ["serve"] for pod in services(built(overlay)).values())


@pytest.mark.parametrize(("overlay", "step"), list(itertools.product(OVERLAYS, ["", "migrations"])))
def test_a_pods_settings_are_known_and_start_its_service(overlay, step, monkeypatch):
    manifests = built(overlay, step)
    for pod in pods(manifests):
        if pod.name not in SERVICES:
            continue
        given = environment(pod, manifests)
        assert unknown_names(SETTINGS[pod.name], pod.name, given) == []
        for service in SERVICES:  # also what is for others, and would be let pass
            assert [name for name in unknown_names(SETTINGS[service], service, given) if name.startswith(f"PARLOUR_{service.upper()}_")] == []
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            load(SETTINGS[pod.name], pod.name, given)


def test_a_setting_that_nothing_reads_would_be_found(monkeypatch):
    manifests = built("production")
    given = environment(services(manifests)["credit"], manifests) | {"PARLOUR_CREDIT_POOL_SIZES": "9"}
    with monkeypatch.context() as patch, pytest.raises(BadSettings, match="PARLOUR_CREDIT_POOL_SIZES is not a setting that Parlour knows"):
        for name, value in given.items():
            patch.setenv(name, value)
        load(SETTINGS["credit"], "credit", given)


@overlays
def test_what_a_variable_is_made_of_is_named_before_it(overlay):
    for step in STEPS:
        for pod in pods(built(overlay, step)):
            seen: set[str] = set()
            for variable in pod.container.get("env", []):
                made_of = {part.partition(")")[0] for part in variable.get("value", "").split("$(")[1:]}
                assert made_of <= seen, variable["name"]
                seen.add(variable["name"])


@overlays
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_listens_on_the_ports_that_are_named_and_probed(overlay, service):
    manifests = built(overlay)
    pod = services(manifests)[service]
    ports = {port["name"]: port["containerPort"] for port in pod.container["ports"]}
    grpc = PORTS[service]
    assert ports == {"grpc": grpc, "metrics": grpc + METRICS_OFFSET, "health": grpc + HEALTH_OFFSET}
    given = environment(pod, manifests)
    prefix = f"PARLOUR_{service.upper()}_"
    listens = {
        name: given[f"{prefix}{setting}"] for name, setting in (("grpc", "LISTEN"), ("metrics", "METRICS_LISTEN"), ("health", "HEALTH_LISTEN"))
    }
    assert listens == {name: f"0.0.0.0:{port}" for name, port in ports.items()}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert pod.container[probe]["grpc"] == {"port": ports["health"]}
    shown = of_kind(manifests, "Service")[service]["spec"]
    assert shown["clusterIP"] == "None"  # or all calls of a channel would go to one pod
    assert {port["name"]: (port["port"], port["targetPort"]) for port in shown["ports"]} == {
        "grpc": (grpc, "grpc"),
        "metrics": (grpc + METRICS_OFFSET, "metrics"),
    }
    assert shown["selector"].items() <= pod.labels.items()


@overlays
def test_every_address_is_a_services(overlay):
    manifests = built(overlay)
    for pod in pods(manifests):
        for name, value in environment(pod, manifests).items():
            if name.endswith("_ADDRESS"):
                service = name.removeprefix("PARLOUR_").removesuffix("_ADDRESS").lower()
                assert value == f"{service}:{PORTS[service]}"


@overlays
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_lets_in_whom_its_table_of_callers_names_and_nobody_else(overlay, service):
    policy = of_kind(built(overlay), "NetworkPolicy")[service]["spec"]
    (rule,) = policy["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": "grpc"}]
    let_in = {source["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for source in rule["from"]}
    callers = set().union(*TABLES[service].values())
    assert let_in == {"console" if caller == "operator" else caller for caller in callers}


@overlays
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_out_to_those_whose_tables_name_it(overlay, service):
    policy = of_kind(built(overlay), "NetworkPolicy")[service]["spec"]
    gets_out = {}
    for rule in policy.get("egress", []):
        for target in rule["to"]:
            if "podSelector" in target:
                gets_out[target["podSelector"]["matchLabels"]["app.kubernetes.io/name"]] = rule["ports"]
    called = {other for other in SERVICES if other != service and any(service in callers for callers in TABLES[other].values())}
    assert gets_out == {other: [{"protocol": "TCP", "port": PORTS[other]}] for other in called}


@overlays
def test_the_stores_let_in_the_services_whose_settings_name_them(overlay):
    policies = of_kind(built(overlay, "stores"), "NetworkPolicy")
    (expression,) = policies["valkey"]["spec"]["ingress"][0]["from"][0]["podSelector"]["matchExpressions"]
    assert set(expression["values"]) == {name for name, settings in SETTINGS.items() if issubclass(settings, RedisSettings)}
    assert policies["to-valkey"]["spec"]["podSelector"]["matchExpressions"] == [expression]
    assert {name for name, settings in SETTINGS.items() if issubclass(settings, DatabaseSettings)} == set(DATABASES)
    stored = {"postgres": {"matchExpressions": [{**expression, "values": list(DATABASES)}]}} if overlay == "development" else {}
    stored |= {f"{name}-db": {"matchLabels": {"app.kubernetes.io/name": name}} for name in DATABASES if overlay == "production"}
    for name, selector in stored.items():
        assert policies[name]["spec"]["ingress"][0]["from"][0]["podSelector"] == selector
        assert policies[f"to-{name}"]["spec"]["podSelector"] == selector


@overlays
def test_nobody_talks_with_anybody_unless_a_policy_says_so(overlay):
    denied = of_kind(built(overlay), "NetworkPolicy")["default-deny"]["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@overlays
@pytest.mark.parametrize("service", SERVICES)
def test_a_stop_has_time_to_drain(overlay, service, monkeypatch):
    manifests = built(overlay)
    pod = services(manifests)[service]
    with monkeypatch.context() as patch:
        for name, value in environment(pod, manifests).items():
            patch.setenv(name, value)
        settings = load(SETTINGS[service], service)
    pause_s = pod.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    stop_s = settings.not_serving_s + max(settings.drain_s, getattr(settings, "discord_drain_s", 0))  # type: ignore[attr-defined]
    assert pod.spec["terminationGracePeriodSeconds"] >= pause_s + stop_s + STOP_SPARE_S


@overlays
def test_gateways_are_as_many_as_shards_and_are_not_scaled_by_load(overlay):
    manifests = built(overlay)
    gateway = of_kind(manifests, "StatefulSet")["gateway"]
    given = environment(services(manifests)["gateway"], manifests)
    assert int(given["PARLOUR_GATEWAY_DISCORD_SHARD_COUNT"]) == gateway["spec"]["replicas"]
    index = next(one for one in services(manifests)["gateway"].container["env"] if one["name"] == "PARLOUR_GATEWAY_DISCORD_SHARD_IDS")
    assert index["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['apps.kubernetes.io/pod-index']"
    assert "gateway" not in of_kind(manifests, "HorizontalPodAutoscaler")


def test_production_scales_every_other_service_by_processor_and_by_calls_under_way():
    manifests = built("production")
    scalers = of_kind(manifests, "HorizontalPodAutoscaler")
    assert scalers.keys() == set(DATABASES)
    for name, scaler in scalers.items():
        assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
        assert scaler["spec"]["minReplicas"] >= 2
        assert [metric["type"] for metric in scaler["spec"]["metrics"]] == ["Resource", "Pods"]
        # What an autoscaler decides must not be undone by the next `kubectl apply`.
        assert "replicas" not in of_kind(manifests, "Deployment")[name]["spec"]
    budgets = of_kind(manifests, "PodDisruptionBudget")
    assert {budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] for budget in budgets.values()} == set(SERVICES)


@overlays
def test_every_pod_is_restricted(overlay):
    for pod in pods(all_of(overlay)):
        security, whole = pod.container["securityContext"], pod.spec["securityContext"]
        assert security["capabilities"] == {"drop": ["ALL"]}, pod.workload
        assert (security["allowPrivilegeEscalation"], security["readOnlyRootFilesystem"]) == (False, True), pod.workload
        assert (whole["runAsNonRoot"], whole["seccompProfile"]) == (True, {"type": "RuntimeDefault"}), pod.workload
        assert whole["runAsUser"] >= 10_000
        assert (pod.spec["automountServiceAccountToken"], pod.spec["enableServiceLinks"]) == (False, False), pod.workload
        assert pod.container["resources"]["limits"]["memory"]
        assert pod.container["resources"]["requests"].keys() == {"cpu", "memory"}


@overlays
def test_every_secret_and_volume_that_a_pod_names_is_made(overlay):
    manifests = all_of(overlay)
    made = set(of_kind(manifests, "Secret"))
    made |= {one["spec"]["target"]["name"] for one in of_kind(manifests, "ExternalSecret").values()}
    made |= {one["spec"]["secretName"] for one in of_kind(manifests, "Certificate").values()}
    made |= {f"{cluster}-{kind}" for cluster in of_kind(manifests, "Cluster") for kind in ("app", "ca")}
    claims, configs = of_kind(manifests, "PersistentVolumeClaim"), of_kind(manifests, "ConfigMap")
    for pod in pods(manifests):
        named = {one["valueFrom"]["secretKeyRef"]["name"] for one in pod.container.get("env", []) if "secretKeyRef" in one.get("valueFrom", {})}
        for volume in pod.spec.get("volumes", []):
            named |= {volume["secret"]["secretName"]} if "secret" in volume else set()
            assert "configMap" not in volume or volume["configMap"]["name"] in configs
            assert "persistentVolumeClaim" not in volume or volume["persistentVolumeClaim"]["claimName"] in claims
        assert named <= made, pod.workload
        assert _mounts(pod) <= {volume["name"] for volume in pod.spec.get("volumes", [])} | _claimed(pod, manifests)


def _mounts(pod: Pod) -> set[str]:
    return {mount["name"] for mount in pod.container.get("volumeMounts", [])}


def _claimed(pod: Pod, manifests: Any) -> set[str]:
    templates = of_kind(manifests, "StatefulSet").get(pod.workload, {}).get("spec", {}).get("volumeClaimTemplates", [])
    return {template["metadata"]["name"] for template in templates}


def test_the_certificates_name_every_caller_and_are_good_for_the_names_that_are_dialled():
    certificates = of_kind(built("production", "stores"), "Certificate")
    issuers = of_kind(built("production", "stores"), "Issuer")
    uris = {uri for certificate in certificates.values() for uri in certificate["spec"].get("uris", [])}
    assert uris == {f"{IDENTITY_PREFIX}{caller}" for caller in CALLERS}
    for certificate in certificates.values():
        assert certificate["spec"]["issuerRef"]["name"] in issuers
    manifests = built("production")
    for service, pod in services(manifests).items():
        assert service in certificates[service]["spec"]["dnsNames"]
        assert certificates[service]["spec"]["uris"] == [f"{IDENTITY_PREFIX}{service}"]
        given = environment(pod, manifests)
        mounted = {mount["name"]: mount["mountPath"] for mount in pod.container["volumeMounts"]}["certificates"]
        assert {given[f"PARLOUR_TLS_{part}"] for part in ("CA", "CERT", "KEY")} == {f"{mounted}/{file}" for file in ("ca.crt", "tls.crt", "tls.key")}
        assert not any(name.endswith("_PLAINTEXT") for name in given)


def test_what_is_watched_backed_up_and_archived_exists():
    stores, manifests = built("production", "stores"), built("production")
    shown = of_kind(manifests, "Service")
    monitors = of_kind(manifests, "ServiceMonitor")
    assert monitors.keys() == set(SERVICES)
    for name, monitor in monitors.items():
        assert monitor["spec"]["selector"]["matchLabels"].items() <= shown[name]["metadata"]["labels"].items()
        assert {port["name"] for port in shown[name]["spec"]["ports"]} >= {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]}
    clusters = of_kind(stores, "Cluster")
    assert clusters.keys() == {f"{name}-db" for name in DATABASES}
    assert {one["spec"]["cluster"]["name"] for one in of_kind(stores, "ScheduledBackup").values()} == clusters.keys()
    for cluster in clusters.values():
        (plugin,) = cluster["spec"]["plugins"]
        assert plugin["parameters"]["barmanObjectName"] in of_kind(stores, "ObjectStore")


def test_backups_live_as_long_as_receipts_of_erasures_say():
    (store,) = of_kind(built("production", "stores"), "ObjectStore").values()
    assert store["spec"]["retentionPolicy"] == f"{SETTINGS['conversation'].model_fields['backup_keep_days'].default}d"


@overlays
def test_the_images_are_of_this_version_for_services_and_migrations_alike(overlay):
    version = tomllib.loads((K8S.parent / "pyproject.toml").read_text())["project"]["version"]
    ours = {pod.name: set[str]() for pod in pods(all_of(overlay)) if pod.role != "store"}
    for pod in pods(all_of(overlay)):
        if pod.role != "store":
            ours[pod.name].add(pod.container["image"])
        assert not pod.container["image"].endswith(":latest")
        assert ":" in pod.container["image"].rpartition("/")[2]
    assert {image.rpartition("/")[2] for images in ours.values() for image in images} == {f"parlour-{name}:{version}" for name in ours}
    assert all(len(images) == 1 for images in ours.values())


def test_production_asks_for_its_images_each_time():
    assert {pod.container["imagePullPolicy"] for pod in pods(all_of("production"))} == {"Always"}
