"""Kubernetes manifests: pods, Services, and the configurations in ConfigMaps. They are read only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from enuf.doctor.container import (
    ContainerPort,
    KubernetesService,
    Pod,
    PodContainer,
    Probe,
    ServicePort,
)
from enuf.doctor.evidence import SourceFile
from enuf.model.numbers import decimal
from enuf.syntax.yaml_outline import YamlNode, read_documents

KUBERNETES = re.compile(r"^apiVersion:[ \t]*\S+", re.MULTILINE)
_KIND = re.compile(r"^kind:[ \t]*\S+", re.MULTILINE)
_DOCUMENTS_LIMIT = 200
_TEMPLATES = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "Pod": (),
}


class Manifests(msgspec.Struct, frozen=True):
    """What all manifests declare."""

    pods: tuple[Pod, ...] = ()
    services: tuple[KubernetesService, ...] = ()


def is_manifest(name: str, text: str) -> bool:
    """Return True for the text of a Kubernetes manifest, also one that Helm still has to fill in."""
    return name.lower().endswith((".yml", ".yaml")) and bool(KUBERNETES.search(text) and _KIND.search(text))


def read_manifests(files: Iterable[SourceFile]) -> Manifests:
    """Return the pods and Services of all manifests that are complete YAML, not Helm's templates."""
    pods: list[Pod] = []
    services: list[KubernetesService] = []
    for file in files:
        if file.kind != "kubernetes" or "{{" in file.text:
            continue
        for document in read_documents(file.text)[:_DOCUMENTS_LIMIT]:
            for each in (document, *document.each("items")):
                pods += _pods(each, file.path)
                services += _services(each, file.path)
    return Manifests(tuple(pods), tuple(services))


def _pods(document: YamlNode, file: str) -> Iterator[Pod]:
    keys = _TEMPLATES.get(document.word("kind"))
    template = document.at(*keys) if keys else document if keys == () else None
    if template is None:
        return
    configs = {
        volume.word("name"): volume.word("configMap", "name")
        for volume in template.each("spec", "volumes")
        if volume.at("configMap")
    }
    labels = template.at("metadata", "labels")
    grace = template.at("spec", "terminationGracePeriodSeconds")
    yield Pod(
        file=file,
        line=document.line,
        name=document.word("metadata", "name"),
        labels={key: each.text for key, each in (labels.members if labels else {}).items()},
        containers=tuple(_container(each, configs) for each in template.each("spec", "containers")),
        user=_user(template),
        grace=decimal(grace.text, 6) if grace else None,
        grace_line=grace.line if grace else 0,
    )


def _user(template: YamlNode) -> str:
    """Return the user id of all containers of a pod, empty where they may differ."""
    own = (each.word("securityContext", "runAsUser") for each in template.each("spec", "containers"))
    return "" if any(own) else template.word("spec", "securityContext", "runAsUser")


def _container(node: YamlNode, configs: dict[str, str]) -> PodContainer:
    ports = (
        ContainerPort(name=each.word("name"), number=decimal(each.word("containerPort"), 5), line=each.line)
        for each in node.each("ports")
    )
    mounts = (
        (each.word("mountPath"), configs[each.word("name")])
        for each in node.each("volumeMounts")
        if each.word("name") in configs
    )
    return PodContainer(
        name=node.word("name"),
        line=node.line,
        image=node.word("image"),
        node=node,
        ports=tuple(ports),
        probes=tuple(_probes(node)),
        mounts=tuple(mounts),
    )


def _probes(node: YamlNode) -> Iterator[Probe]:
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        for way in ("httpGet", "tcpSocket"):
            asked = node.at(kind, way)
            port = asked.at("port") if asked else None
            if asked and port:
                yield Probe(kind=kind, port=port.text, path=asked.word("path"), line=port.line)


def _services(document: YamlNode, file: str) -> Iterator[KubernetesService]:
    if document.word("kind") != "Service" or document.word("spec", "type") == "ExternalName":
        return
    selector = document.at("spec", "selector")
    ports = (
        ServicePort(
            number=decimal(each.word("port"), 5),
            target=each.word("targetPort") or each.word("port"),
            line=(each.at("targetPort") or each).line,
        )
        for each in document.each("spec", "ports")
    )
    yield KubernetesService(
        file=file,
        line=document.line,
        name=document.word("metadata", "name"),
        selector={key: each.text for key, each in (selector.members if selector else {}).items()},
        ports=tuple(ports),
    )
