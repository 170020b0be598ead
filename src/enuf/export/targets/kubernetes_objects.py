"""The objects around the pods of the target `kubernetes`: addresses, numbers of copies, rules of the network."""

from __future__ import annotations

from typing import Any

from enuf.export.deployment import MOST_REPLICAS, REPLICAS, Deployment
from enuf.export.dockerfile import PROBE, probe_program
from enuf.export.targets.kubernetes_pod import HTTP, names_of, web_pod
from enuf.export.yaml_text import Noted

_PROXY_MARGIN_S = 10
"""What waits in front of nginx waits longer than nginx, so that the page that a visitor sees is the site's own."""


def is_single(deployment: Deployment) -> bool:
    """Return True for an app whose database lies in a file: two copies of it must never run at once."""
    return any(folder.is_database for folder in deployment.writes)


def entity(
    kind: str, version: str, deployment: Deployment, name: str = "", component: str = "web"
) -> dict[str, Any]:
    """Return the begin of an object."""
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name or deployment.name, "labels": names_of(deployment, component)},
    }


def web_deployment(deployment: Deployment) -> dict[str, Any]:
    """Return the Deployment of the pods that visitors are served by."""
    if is_single(deployment):
        copies: dict[str, Any] = {
            "replicas": Noted(
                1,
                "SQLite: one copy, and the old one ends before the new one begins. Requests of that moment are lost.",
            ),
            "strategy": {"type": "Recreate"},
        }
    else:
        copies = {
            "strategy": Noted(
                {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                "The HorizontalPodAutoscaler decides how many pods there are. An old one goes when a new one is ready.",
            )
        }
    return {
        **entity("Deployment", "apps/v1", deployment),
        "spec": {
            **copies,
            "progressDeadlineSeconds": Noted(
                deployment.wait_s + 60,
                "After so long `kubectl rollout status` fails; the old pods serve on: kubectl rollout undo.",
            ),
            "revisionHistoryLimit": 5,
            "selector": {"matchLabels": names_of(deployment, "web")},
            "template": web_pod(deployment),
        },
    }


def config_map(deployment: Deployment) -> dict[str, Any]:
    """Return the ConfigMap with nginx's files."""
    data = {file.name: file.text for file in deployment.conf if file.reader == "front"}
    data[PROBE] = probe_program(deployment)
    return {**entity("ConfigMap", "v1", deployment, f"{deployment.name}-config"), "data": data}


def service(deployment: Deployment) -> dict[str, Any]:
    """Return the Service of the pods."""
    return {
        **entity("Service", "v1", deployment),
        "spec": {
            "selector": names_of(deployment, "web"),
            "ports": [{"name": HTTP, "port": 80, "targetPort": HTTP}],
        },
    }


def disruption_budget(deployment: Deployment) -> dict[str, Any]:
    """Return how many pods the maintenance of a host may take at once."""
    return {
        **entity("PodDisruptionBudget", "policy/v1", deployment),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": names_of(deployment, "web")}},
    }


def autoscaler(deployment: Deployment) -> dict[str, Any]:
    """Return how many pods there are."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment.name}
    return {
        **entity("HorizontalPodAutoscaler", "autoscaling/v2", deployment),
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": Noted(REPLICAS, "One may be lost with its host."),
            "maxReplicas": MOST_REPLICAS,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
                }
            ],
        },
    }


def network_policy(deployment: Deployment) -> dict[str, Any]:
    """Return which connections reach the pods: to nginx, and to nothing else."""
    return {
        **entity("NetworkPolicy", "networking.k8s.io/v1", deployment),
        "spec": {
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": deployment.name}},
            "policyTypes": ["Ingress"],
            "ingress": Noted(
                [{"ports": [{"protocol": "TCP", "port": HTTP}]}],
                "The port of HTTP alone. The app server has no port: it listens at a unix socket that two containers share.",
            ),
        },
    }


def ingress(deployment: Deployment) -> dict[str, Any]:
    """Return the Ingress, with the limits of the site for ingress-nginx."""
    waits = str(deployment.drain_s + _PROXY_MARGIN_S)
    annotations = {
        "nginx.ingress.kubernetes.io/proxy-body-size": Noted(
            str(deployment.max_body_bytes),
            "serve.max_body. These lines are for ingress-nginx; others have settings of their own.",
        ),
        "nginx.ingress.kubernetes.io/proxy-read-timeout": waits,
        "nginx.ingress.kubernetes.io/proxy-send-timeout": waits,
        "nginx.ingress.kubernetes.io/proxy-buffer-size": f"{max(8, deployment.max_header_bytes // 1024)}k",
        "nginx.ingress.kubernetes.io/proxy-next-upstream": Noted("off", "Never send a request twice."),
    }
    begun = entity("Ingress", "networking.k8s.io/v1", deployment)
    begun["metadata"]["annotations"] = annotations
    backend = {"service": {"name": deployment.name, "port": {"name": HTTP}}}
    path: dict[str, Any] = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    rules: list[dict[str, Any]] = [{"host": host, **path} for host in deployment.hosts] or [path]
    tls = {
        "tls": Noted(
            [{"hosts": list(deployment.hosts), "secretName": f"{deployment.name}-tls"}],
            "The certificate: cert-manager makes this Secret, or `kubectl create secret tls`.",
        )
    }
    return {**begun, "spec": {**(tls if deployment.hosts else {}), "rules": rules}}


def http_route(deployment: Deployment) -> dict[str, Any]:
    """Return the HTTPRoute of the Gateway API."""
    hosts = {"hostnames": list(deployment.hosts)} if deployment.hosts else {}
    rule: dict[str, Any] = {
        "backendRefs": [{"name": deployment.name, "port": 80}],
        "timeouts": Noted(
            {"request": f"{deployment.drain_s + _PROXY_MARGIN_S}s"},
            "serve.timeout and more: nginx answers first.",
        ),
    }
    return {
        **entity("HTTPRoute", "gateway.networking.k8s.io/v1", deployment),
        "spec": {"parentRefs": [{"name": deployment.request.gateway}], **hosts, "rules": [rule]},
    }


def service_monitor(deployment: Deployment) -> dict[str, Any]:
    """Return what Prometheus' operator asks: the app's own metrics, from each pod."""
    return {
        **entity("ServiceMonitor", "monitoring.coreos.com/v1", deployment),
        "spec": {
            "selector": {"matchLabels": names_of(deployment, "web")},
            "endpoints": [{"port": HTTP, "path": deployment.request.metrics, "interval": "30s"}],
        },
    }


def volume_claims(deployment: Deployment) -> list[dict[str, Any]]:
    """Return the claims for what the app writes."""
    mode = "ReadWriteOnce" if is_single(deployment) else "ReadWriteMany"
    return [
        {
            **entity("PersistentVolumeClaim", "v1", deployment, f"{deployment.name}-{folder.name}"),
            "spec": {
                "accessModes": Noted(
                    [mode],
                    f"Written at {folder.reason}. All copies use it: its storage class must allow that mode.",
                ),
                "resources": {"requests": {"storage": "10Gi"}},
            },
        }
        for folder in deployment.writes
    ]
