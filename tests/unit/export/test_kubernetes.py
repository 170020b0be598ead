"""Kubernetes: the objects, and the promises that their numbers keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from enuf.errors import AnswerIsNo
from enuf.export.deployment import ExportedFile, ExportRequest
from enuf.export.targets.kubernetes_work import cron_of
from enuf.export.verify import verified
from enuf.model.beside import ScheduledJob
from tests.support.exports import DATABASE, FULL, UPLOADS, deployment, documents, exported, facts

EVERYTHING = ExportRequest(
    image="registry.example.com/shop:v7", ingress=True, gateway="main", metrics="/metrics"
)


def pod(values: Mapping[str, object] | None = None, **rest: Any) -> Any:
    """The pods that visitors are served by."""
    (document,) = documents(exported("kubernetes", values, **rest), "deployment.yaml")
    return document["spec"]["template"]["spec"]


def container(name: str, values: Mapping[str, object] | None = None, **rest: Any) -> Any:
    """One container of these pods."""
    return next(each for each in pod(values, **rest)["containers"] if each["name"] == name)


@pytest.mark.parametrize("values", [FULL, {"topology": "gunicorn"}], ids=["all objects", "one container"])
def test_every_object_has_the_schema_of_old_and_new_versions(values: dict[str, object]) -> None:
    files = exported("kubernetes", values, request=EVERYTHING, facts=facts(UPLOADS))
    objects = [each for name in files if name.endswith(".yaml") for each in documents(files, name)]
    known = [
        each
        for each in objects
        if not each["apiVersion"].startswith(("kustomize.", "gateway.", "monitoring."))
    ]
    assert len(known) >= 7
    for each in known:
        for version in ("1.27", "1.37"):
            kubernetes_validate.validate(each, version, strict=True)


def test_all_that_refers_to_a_name_finds_it() -> None:
    files = exported("kubernetes", FULL, request=EVERYTHING, facts=facts(UPLOADS))
    objects = [each for name in files if name.endswith(".yaml") for each in documents(files, name)]
    named = {(each["kind"], each["metadata"]["name"]) for each in objects if "metadata" in each}
    spec = pod(FULL, facts=facts(UPLOADS))
    volumes = {each["name"] for each in spec["volumes"]}
    mounts = {mount["name"] for each in spec["containers"] for mount in each["volumeMounts"]}
    assert mounts == volumes
    assert ("ConfigMap", "shop-config") in named
    assert ("PersistentVolumeClaim", "shop-uploads") in named
    labels = documents(files, "deployment.yaml")[0]["spec"]["template"]["metadata"]["labels"]
    for name, path in (
        ("service.yaml", ("spec", "selector")),
        ("poddisruptionbudget.yaml", ("spec", "selector", "matchLabels")),
        ("deployment.yaml", ("spec", "selector", "matchLabels")),
    ):
        found = documents(files, name)[0]
        for key in path:
            found = found[key]
        assert found.items() <= labels.items(), name
    listed = documents(files, "kustomization.yaml")[0]["resources"]
    assert set(listed) == {name for name in files if name.endswith(".yaml")} - {
        "kustomization.yaml",
        "before.yaml",
    }


def test_nothing_reaches_the_app_server_but_nginx() -> None:
    assert "ports" not in container("app")
    (policy,) = documents(exported("kubernetes"), "networkpolicy.yaml")
    assert policy["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": "http"}]}]
    shared = {each["name"] for each in container("app")["volumeMounts"]} & {
        each["name"] for each in container("nginx")["volumeMounts"]
    }
    assert shared == {"run"}


def test_the_pods_satisfy_the_security_standard_restricted() -> None:
    spec = pod(FULL)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for each in spec["containers"]:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip


@pytest.mark.parametrize(("timeout", "grace"), [("30s", 50), ("5m", 320)])
def test_one_timeout_is_in_the_end_of_pods_and_in_front_of_them(timeout: str, grace: int) -> None:
    files = exported("kubernetes", {"serve.timeout": timeout}, request=EVERYTHING)
    assert pod({"serve.timeout": timeout})["terminationGracePeriodSeconds"] == grace
    (ingress,) = documents(files, "ingress.yaml")
    waits = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-read-timeout"]
    assert int(waits) == grace - 5
    (route,) = documents(files, "httproute.yaml")
    assert route["spec"]["rules"][0]["timeouts"] == {"request": f"{grace - 5}s"}


def test_the_body_that_the_site_takes_is_taken_in_front_of_it() -> None:
    (ingress,) = documents(
        exported("kubernetes", {"serve.max_body": "1g"}, request=EVERYTHING), "ingress.yaml"
    )
    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == str(1 << 30)


def test_a_pod_serves_on_until_nothing_comes_any_more_and_the_app_outlives_nginx() -> None:
    nginx = container("nginx")["lifecycle"]["preStop"]["exec"]["command"][-1]
    app = container("app")["lifecycle"]["preStop"]["exec"]["command"][-1]
    assert nginx.startswith("sleep 5; kill -QUIT 1;")
    assert "/run/enuf/nginx.pid" in app
    assert "pid /run/enuf/nginx.pid;" in exported("kubernetes")["configmap.yaml"]


def test_a_named_health_path_is_asked_by_kubernetes_and_any_other_app_by_a_program() -> None:
    named = container("nginx", FULL)["readinessProbe"]["httpGet"]
    assert named == {
        "path": "/health", "port": "http", "httpHeaders": [{"name": "Host", "value": "shop.example.com"}],
    }  # fmt: skip
    assert container("nginx")["readinessProbe"]["exec"]["command"] == ["python", "/etc/enuf/conf/probe.py"]
    (config,) = documents(exported("kubernetes"), "configmap.yaml")
    assert "probe.py" in config["data"]


def test_no_liveness_probe_depends_on_the_app() -> None:
    assert "livenessProbe" not in container("app")
    assert list(container("nginx")["livenessProbe"]) == ["tcpSocket", "periodSeconds", "failureThreshold"]


def test_a_change_of_nginxs_files_replaces_the_pods() -> None:
    def digest(values: dict[str, object]) -> str:
        (document,) = documents(exported("kubernetes", values), "deployment.yaml")
        return str(document["spec"]["template"]["metadata"]["annotations"]["enuf/config"])

    assert digest({}) == digest({})
    assert digest({}) != digest({"serve.max_body": "1m"})


def test_the_secrets_are_a_reference_and_in_no_file() -> None:
    assert container("app")["envFrom"] == [{"secretRef": {"name": "shop-env"}}]
    assert "envFrom" not in container("nginx")
    assert "envFrom" not in container("app", env_files=())
    assert "kind: Secret" not in "".join(exported("kubernetes").values())


def test_commands_before_a_version_are_a_job_of_their_own() -> None:
    (job,) = documents(exported("kubernetes", FULL, request=EVERYTHING), "before.yaml")
    (step,) = job["spec"]["template"]["spec"]["containers"]
    assert step["command"] == ["flask", "db", "upgrade"]
    assert step["image"] == "registry.example.com/shop:v7"
    assert step["env"] == [{"name": "FLASK_APP", "value": "/app/app.py:app"}]
    assert job["spec"]["backoffLimit"] == 0
    steps = exported("kubernetes", {**FULL, "reload.before": ["flask a", "flask b"]})
    spec = documents(steps, "before.yaml")[0]["spec"]["template"]["spec"]
    assert [each["command"][1] for each in (*spec["initContainers"], *spec["containers"])] == ["a", "b"]


def test_what_runs_beside_the_app_runs_there_too() -> None:
    files = exported("kubernetes", FULL)
    (worker,) = documents(files, "processes.yaml")
    assert worker["spec"]["replicas"] == 2
    (nightly,) = documents(files, "cronjobs.yaml")
    assert (nightly["spec"]["schedule"], nightly["spec"]["concurrencyPolicy"]) == ("0 3 * * *", "Forbid")


@pytest.mark.parametrize(
    ("every_s", "times"),
    [(60, "*/1 * * * *"), (600, "*/10 * * * *"), (7200, "0 */2 * * *"), (86400, "0 0 * * *"), (420, ""), (30, "")],
)  # fmt: skip
def test_an_interval_is_said_in_crons_words_where_cron_can_say_it(every_s: float, times: str) -> None:
    job = ScheduledJob(name="sync", command="x", every_s=every_s, stop_within_s=1, log="")
    assert cron_of(job) == times


def test_a_database_in_a_file_has_one_copy_and_never_two_at_once() -> None:
    files = exported("kubernetes", facts=facts(DATABASE))
    (document,) = documents(files, "deployment.yaml")
    assert document["spec"]["replicas"] == 1
    assert document["spec"]["strategy"] == {"type": "Recreate"}
    assert "horizontalpodautoscaler.yaml" not in files
    assert documents(files, "persistentvolumeclaims.yaml")[0]["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_only_what_is_asked_for_is_written() -> None:
    files = exported("kubernetes")
    assert not {
        "ingress.yaml",
        "httproute.yaml",
        "servicemonitor.yaml",
        "before.yaml",
        "cronjobs.yaml",
    } & set(files)


def test_a_topology_without_nginx_is_one_container() -> None:
    (only,) = pod({"topology": "gunicorn"})["containers"]
    assert only["ports"] == [{"containerPort": 8000, "name": "http"}]
    assert "configmap.yaml" not in exported("kubernetes", {"topology": "gunicorn"})


def test_an_object_that_the_schema_refuses_is_found() -> None:
    wrong = exported("kubernetes")["service.yaml"].replace("selector:", "selectr:")
    with pytest.raises(AnswerIsNo, match=r"would not take service\.yaml") as caught:
        verified(
            "kubernetes",
            Path("/nowhere"),
            [ExportedFile(name="service.yaml", text=wrong)],
        )
    assert "selectr" in caught.value.detail


def test_the_image_has_the_servers_files_and_the_configmap_those_of_nginx() -> None:
    files = exported("kubernetes")
    assert "conf/uwsgi.ini" in files
    assert "conf/nginx.conf" not in files
    assert deployment("kubernetes").grace_s == 50
