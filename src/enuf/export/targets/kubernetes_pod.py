"""The pods of the target `kubernetes`: nginx and the app over a shared unix socket, their probes and their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enuf.export.deployment import PAUSE_S, TEMPORARY, Deployment
from enuf.export.dockerfile import PROBE
from enuf.export.targets.launch import graceful
from enuf.export.yaml_text import Noted
from enuf.plan.in_container import PATHS, PROJECT, USER_ID

HTTP = "http"
_NGINX_PID = f"{PATHS.runtime}/nginx.pid"


def names_of(deployment: Deployment, component: str) -> dict[str, str]:
    """Return the labels by which a part of the app is selected."""
    return {"app.kubernetes.io/name": deployment.name, "app.kubernetes.io/component": component}


def web_pod(deployment: Deployment) -> dict[str, Any]:
    """Return the template of the pods that visitors are served by."""
    annotations: dict[str, Any] = {
        "enuf/config": Noted(deployment.digest, "A change of the servers' files replaces the pods.")
    }
    if deployment.request.metrics:
        annotations |= {
            "prometheus.io/scrape": "true",
            "prometheus.io/port": str(deployment.port),
            "prometheus.io/path": deployment.request.metrics,
        }
    front = [_nginx(deployment)] if deployment.front else []
    spec = {
        **pod_basics(),
        "terminationGracePeriodSeconds": Noted(
            deployment.grace_s,
            f"From serve.timeout: {PAUSE_S} s until no request comes any more, {deployment.drain_s} s for those under way, and a margin.",
        ),
        "topologySpreadConstraints": [_spread(deployment)],
        "containers": [_app(deployment), *front],
        "volumes": _volumes(deployment),
    }
    return {"metadata": {"labels": names_of(deployment, "web"), "annotations": annotations}, "spec": spec}


def pod_basics() -> dict[str, Any]:
    """Return what holds for every pod of the app: the security standard `restricted`."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    }


def container_basics(deployment: Deployment) -> dict[str, Any]:
    """Return what holds for every container of the app."""
    return {
        "image": deployment.image.name,
        "imagePullPolicy": "IfNotPresent",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }


def secrets_of(deployment: Deployment) -> dict[str, Any]:
    """Return the reference to the app's variables; nothing for an app without any."""
    if not deployment.env_files:
        return {}
    return {
        "envFrom": Noted(
            [{"secretRef": {"name": deployment.secret}}],
            "The variables of env_file. A pod waits until this Secret is there.",
        )
    }


def variables_of_pod(values: Mapping[str, str]) -> dict[str, Any]:
    """Return variables of a container that are no secrets; nothing for none."""
    return {"env": [{"name": name, "value": value} for name, value in values.items()]} if values else {}


def data_mounts(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the mounts of what the app writes."""
    return [{"name": each.name, "mountPath": each.path} for each in deployment.writes]


def data_volumes(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the volumes of what the app writes."""
    return [
        {"name": each.name, "persistentVolumeClaim": {"claimName": f"{deployment.name}-{each.name}"}}
        for each in deployment.writes
    ]


def _spread(deployment: Deployment) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": names_of(deployment, "web")},
    }


def _volumes(deployment: Deployment) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = [{"name": "tmp", "emptyDir": {}}]
    if deployment.front:
        volumes += [
            {"name": "run", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
            {"name": "temporary", "emptyDir": {}},
            {"name": "config", "configMap": {"name": f"{deployment.name}-config"}},
        ]
    return [*volumes, *data_volumes(deployment)]


def _app(deployment: Deployment) -> dict[str, Any]:
    mounts = [{"name": "tmp", "mountPath": TEMPORARY}, *data_mounts(deployment)]
    if deployment.front:
        mounts = [{"name": "run", "mountPath": PATHS.runtime}, *mounts]
    else:
        mounts = [{"name": "tmp", "mountPath": PATHS.runtime, "subPath": "run"}, *mounts]
    container = {
        "name": "app",
        **container_basics(deployment),
        "command": list(graceful(deployment.server)),
        "workingDir": PROJECT,
        **variables_of_pod(deployment.server_environment),
        **secrets_of(deployment),
        "volumeMounts": mounts,
        "lifecycle": {"preStop": _app_waits(deployment)},
    }
    if deployment.front:
        container["readinessProbe"] = Noted(
            {"exec": {"command": ["test", "-S", PATHS.app_socket]}, "periodSeconds": 5},
            "No liveness probe: the master starts workers anew, ends requests that hang, and ends itself if the app cannot be loaded.\n"
            "A restart because a database is slow would only make things worse.",
        )
    else:
        container |= {"ports": [_http_port(deployment)], **_probes(deployment)}
    container["resources"] = {
        "requests": {"cpu": "250m", "memory": f"{128 * deployment.processes}Mi"},
        "limits": Noted(
            {"memory": f"{512 * deployment.processes}Mi"},
            "No limit of the CPU: it would slow requests down while there is room.",
        ),
    }
    return container


def _app_waits(deployment: Deployment) -> dict[str, Any]:
    """Return what happens before TERM: a pause, or the wait for nginx, which has requests for the app until its end."""
    if not deployment.front:
        return _exec(f"sleep {PAUSE_S}")
    within = PAUSE_S + deployment.drain_s
    wait = f"i=0; while [ -e {_NGINX_PID} ] && [ $i -lt {within} ]; do sleep 1; i=$((i+1)); done"
    return Noted(
        _exec(wait),
        "After nginx: its last requests are for this server. Then TERM, and what is under way is finished.",
    )  # type: ignore[return-value]


def _nginx(deployment: Deployment) -> dict[str, Any]:
    start = f'rm -f {PATHS.front_socket} {_NGINX_PID}; exec "$@"'
    stop = f"sleep {PAUSE_S}; kill -QUIT 1; exec sleep {deployment.grace_s}"
    return {
        "name": "nginx",
        **container_basics(deployment),
        "command": Noted(
            ["sh", "-c", start, "sh", *deployment.front],
            "A nginx that was killed has left its socket behind, at which the next one could not listen.",
        ),
        "ports": [_http_port(deployment)],
        "volumeMounts": [
            {"name": "run", "mountPath": PATHS.runtime},
            {"name": "temporary", "mountPath": PATHS.temp},
            {"name": "config", "mountPath": PATHS.conf, "readOnly": True},
        ],
        "lifecycle": {
            "preStop": Noted(
                _exec(stop),
                "Serve on until no Service sends requests here any more; then QUIT: finish them. (TERM, which follows when this command\n"
                "has ended, would cut them: so it ends with nginx.)",
            )
        },
        **_probes(deployment),
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"memory": "256Mi"},
        },
    }


def _exec(command: str) -> dict[str, Any]:
    return {"exec": {"command": ["sh", "-c", command]}}


def _http_port(deployment: Deployment) -> dict[str, Any]:
    return {"containerPort": deployment.port, "name": HTTP}


def _probes(deployment: Deployment) -> dict[str, Any]:
    """Return the probes of the container that visitors are served by: a request through all servers."""
    asked = _question(deployment)
    return {
        "startupProbe": {
            **asked,
            "periodSeconds": 2,
            "timeoutSeconds": 9,
            "failureThreshold": max(3, deployment.wait_s // 2),
        },
        "readinessProbe": Noted(
            {**asked, "periodSeconds": 5, "timeoutSeconds": 9, "failureThreshold": 2},
            "Through nginx and the app server to the app. No requests come here while it fails.",
        ),
        "livenessProbe": Noted(
            {"tcpSocket": {"port": HTTP}, "periodSeconds": 10, "failureThreshold": 3},
            "The server itself, not the app: a restart does not help an app whose database is away.",
        ),
    }


def _question(deployment: Deployment) -> dict[str, Any]:
    """Return the request of a probe. Kubernetes' own takes no status from 400 on, and `auto` means below 500."""
    probe = deployment.probe
    if not probe.is_on:
        return {"tcpSocket": {"port": HTTP}}
    if probe.is_strict:
        return {
            "httpGet": {
                "path": probe.path,
                "port": HTTP,
                "httpHeaders": [{"name": "Host", "value": probe.host}],
            }
        }
    return {"exec": {"command": ["python", f"{PATHS.conf}/{PROBE}"]}}
