"""The target `kubernetes`: the image, plain manifests, and a kustomization.yaml that lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from enuf.export.deployment import Deployment, ExportedFile
from enuf.export.dockerfile import build_command, image_files
from enuf.export.meaningless import ON_KUBERNETES
from enuf.export.targets import kubernetes_objects as objects
from enuf.export.targets.common import ENGINE_DECIDES
from enuf.export.targets.kubernetes_work import before_job, before_name, cron_jobs, process_deployments
from enuf.export.yaml_text import Noted, yaml_text
from enuf.model.peers import Peers
from enuf.model.topology import Topology

KUSTOMIZATION = "kustomization.yaml"
BEFORE = "before.yaml"
_BY = "Written by enuf export kubernetes: run it again after a change of settings."
WHY = """\
Process 1 is enuf where this image runs by itself. The manifests start the two servers instead, each in a container of one
pod: Kubernetes replaces pods one by one, and asks each of them whether it serves."""


class Kubernetes:
    """Kubernetes, by plain manifests."""

    name = "kubernetes"
    title = "Kubernetes"
    starts_enuf = False
    takes_variables_literally = True
    runs_copies = True
    meaningless: Mapping[str, str] = ON_KUBERNETES

    def settings(self, row: Topology) -> Mapping[str, str]:
        """Return what holds in every container, and a unix socket between the servers, which share a pod."""
        if row.id == "nginx-uwsgi-tcp":
            return {**ENGINE_DECIDES, "topology": "nginx-uwsgi"}
        return ENGINE_DECIDES

    def peers(self, row: Topology) -> Peers | None:
        """Return None: the servers of a pod share a host."""
        return None

    def files(self, deployment: Deployment, own_ignored: tuple[str, ...]) -> tuple[ExportedFile, ...]:
        """Return the files of the image, one manifest for each kind of object, and `kustomization.yaml`."""
        # nginx's files are in the ConfigMap: a change of a limit needs no new image.
        server = replace(deployment, conf=tuple(file for file in deployment.conf if file.reader == "server"))
        manifests = {name: list(each) for name, each in _manifests(deployment) if each}
        written = [
            ExportedFile(
                name=name,
                text="---\n".join(
                    yaml_text(each, _BY if not number else "") for number, each in enumerate(all_of)
                ),
            )
            for name, all_of in manifests.items()
        ]
        kustomization = ExportedFile(
            name=KUSTOMIZATION,
            text=yaml_text(_kustomization(deployment, list(manifests)), _head(self, deployment)),
        )
        return (*image_files(server, own_ignored, WHY), *written, kustomization)

    def commands(self, deployment: Deployment) -> tuple[tuple[str, str], ...]:
        """Return how to build, to give the secrets, to run what comes before, and to roll out."""
        files = " ".join(f"--from-env-file={name}" for name in deployment.env_files)
        secret = (("secrets", f"kubectl create secret generic {deployment.secret} {files}"),) if files else ()
        before: tuple[tuple[str, str], ...] = ()
        if deployment.preparation:
            job, within = before_name(deployment), int(deployment.preparation.within_s)
            run = f"kubectl replace --force -f {deployment.place.typed(BEFORE)}"
            before = (
                ("before", f"{run} && kubectl wait --for=condition=complete --timeout={within}s job/{job}"),
            )
        return (
            ("build", build_command(deployment)),
            ("push", f"docker push {deployment.image}"),
            *secret,
            *before,
            ("apply", f"kubectl apply -k {deployment.place.typed()}"),
            ("watch", f"kubectl rollout status deployment/{deployment.name}"),
        )


def _manifests(deployment: Deployment) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if deployment.front:
        yield "configmap.yaml", [objects.config_map(deployment)]
    yield "deployment.yaml", [objects.web_deployment(deployment)]
    yield "service.yaml", [objects.service(deployment)]
    yield "poddisruptionbudget.yaml", [objects.disruption_budget(deployment)]
    yield (
        "horizontalpodautoscaler.yaml",
        [] if objects.is_single(deployment) else [objects.autoscaler(deployment)],
    )
    yield "networkpolicy.yaml", [objects.network_policy(deployment)]
    yield "persistentvolumeclaims.yaml", objects.volume_claims(deployment)
    yield "processes.yaml", list(process_deployments(deployment))
    yield "cronjobs.yaml", list(cron_jobs(deployment))
    yield "ingress.yaml", [objects.ingress(deployment)] if deployment.request.ingress else []
    yield "httproute.yaml", [objects.http_route(deployment)] if deployment.request.gateway else []
    yield "servicemonitor.yaml", [objects.service_monitor(deployment)] if deployment.request.metrics else []
    yield BEFORE, [before_job(deployment)] if deployment.preparation else []


def _kustomization(deployment: Deployment, names: list[str]) -> dict[str, Any]:
    image = {"name": deployment.image.name, "newTag": deployment.image.tag}
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [name for name in names if name != BEFORE],
        "images": Noted([image], "The version: a new tag for each, as `kustomize edit set image` writes it."),
    }


def _head(target: Kubernetes, deployment: Deployment) -> str:
    commands = "\n".join(f"  {typed}" for _, typed in target.commands(deployment))
    before = (
        f"\n{BEFORE} is not listed here: it must have ended before the pods of the new version start."
        if deployment.preparation
        else ""
    )
    return f"""\
The app on Kubernetes. {_BY} In the project's folder:
{commands}
A version that does not become ready gets no requests, and the old pods serve on: `kubectl rollout undo` takes it back.{before}"""
