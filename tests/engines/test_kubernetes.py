"""The exported manifests on three kubelets, while visitors ask the Service and every request is counted.

The server is of 2020: what it does not know (versions of kinds that came later) is checked by schemas alone, in tests/unit/export.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from enuf.model.address import TcpAddress
from tests.support.load import LoadResult
from tests.support.stack import until

from .commands import Refused, answer
from .conftest import Told
from .counted import counted
from .docker import DockerHost, own_folder
from .hosts import Switch
from .kubernetes import PAUSE, PROGRAMS, Cluster, cluster_with, is_ready, make_pause, not_built, saved
from .machine import require_engine
from .shop import BROKEN, SECRET, Shop

pytestmark = [pytest.mark.root, pytest.mark.timeout(900)]
NAME = "shop"
VERSIONS = ("1", "2")
VOLUME = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "uploads"},
    "spec": {
        "capacity": {"storage": "100Gi"},
        "accessModes": ["ReadWriteMany"],
        "hostPath": {"path": "/run/uploads", "type": "DirectoryOrCreate"},
    },
}
"""A cluster has a provisioner of volumes; this one has a folder on each node."""


class Rollout:
    """The exported project on a cluster."""

    def __init__(self, shop: Shop, cluster: Cluster) -> None:
        self.shop = shop
        self.cluster = cluster

    def documents(self, tag: str) -> list[dict[str, Any]]:
        """Return the exported manifests of a version, as kubectl composes them, as far as the server knows their kinds."""
        file = self.shop.folder / "deploy/kustomization.yaml"
        exported = file.read_text()
        file.write_text(exported.replace("newTag: '1'", f"newTag: '{tag}'"))
        try:
            composed = yaml.safe_load_all(answer("kubectl", "kustomize", file.parent))
            return [each for each in composed if self.cluster.knows(each)]
        finally:
            file.write_text(exported)

    def apply(self, tag: str) -> None:
        """Apply a version."""
        self.cluster.apply(self.documents(tag))

    def settle(self, version: str) -> None:
        """Apply a good version with two pods, as the autoscaler of the export would keep, and wait for them."""
        self.apply(version)
        self.cluster.kubectl("scale", f"deployment/{NAME}", "--replicas=2")
        self._until_replaced(version)

    def _until_replaced(self, version: str) -> None:
        self.cluster.until_ready(NAME)
        until(lambda: self._pods_of_others(version) == 0, timeout=180, what="the end of the pods before")

    def _pods_of_others(self, version: str) -> int:
        return sum(not image_of(pod).endswith(f":{version}") for pod in self.cluster.pods())

    def update(self, version: str) -> None:
        """Apply a version, and wait until its pods have replaced all others."""
        self.apply(version)
        self._until_replaced(version)

    def try_broken(self, tag: str) -> None:
        """Apply a version that does not work, wait until a pod of it runs and is refused, and take it back."""
        self.apply(tag)
        until(
            lambda: self._is_refused(tag), timeout=180, what="a pod of the broken version that is not ready"
        )
        self.cluster.kubectl("rollout", "undo", f"deployment/{NAME}")
        self.cluster.until_ready(NAME)

    def _is_refused(self, tag: str) -> bool:
        """Return True once a container of the version has been started again, or has failed its probes for a while."""
        pods = [pod for pod in self.cluster.pods() if image_of(pod).endswith(f":{tag}")]
        states = [each for pod in pods for each in pod["status"].get("containerStatuses", ())]
        return any(each["restartCount"] for each in states)

    def during(self, happening: Callable[[], object]) -> LoadResult:
        """Return what visitors of the Service get meanwhile, from the first node."""
        return counted(self.cluster.nodes[0], [TcpAddress(self.cluster.address_of(NAME), 80)], happening)


def image_of(pod: dict[str, Any]) -> str:
    """Return the image of a pod's containers."""
    return str(pod["spec"]["containers"][0]["image"])


@pytest.fixture(scope="module")
def rollout(builder: DockerHost, ground: Path, switch: Switch) -> Iterator[Rollout]:
    """Yield a cluster that serves version 1."""
    if reason := not_built():
        pytest.skip(reason)
    require_engine(*PROGRAMS)
    own = own_folder(ground)
    shop = Shop(own / NAME)
    commands = shop.export("kubernetes", "--image", "localhost/shop:1")
    tags = (*VERSIONS, *BROKEN)
    for tag in tags:
        shop.write_version(tag) if tag in VERSIONS else shop.write_broken(tag)
        shop.build(builder, commands["build"], tag)
    make_pause(builder, own)
    images = [saved(builder, name, own) for name in (PAUSE, *(f"localhost/shop:{tag}" for tag in tags))]
    with cluster_with(images, own, switch) as cluster:
        cluster.kubectl("create", "secret", "generic", "shop-env", f"--from-env-file={shop.folder / '.env'}")
        cluster.apply([VOLUME])
        made = Rollout(shop, cluster)
        try:
            made.settle("1")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{cluster.state()}") from error
        yield made


def test_an_update_loses_no_request(rollout: Rollout, told: Told) -> None:
    rollout.settle("1")
    count = rollout.during(lambda: rollout.update("2"))
    told("Kubernetes: update of 2 pods on 3 nodes", count)
    assert set(count.versions) == {"1", "2"}, count
    assert not count.lost, count
    asked = rollout.cluster.nodes[0].run(
        "curl", "-fsS", f"http://{rollout.cluster.address_of(NAME)}/greeting"
    )
    assert asked == SECRET


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_version_gets_no_request_and_loses_none(rollout: Rollout, told: Told, how: str) -> None:
    rollout.settle("1")
    count = rollout.during(lambda: rollout.try_broken(how))
    told(f"Kubernetes: a version that {BROKEN[how]}, undone", count)
    assert set(count.versions) == {"1"}, count
    assert not count.lost, count


def test_with_pods_that_stop_first_the_same_update_loses_requests(rollout: Rollout, told: Told) -> None:
    """Keep the other figures honest: a load that never fails would prove nothing."""
    rollout.settle("1")
    count = rollout.during(lambda: update_without_care(rollout))
    told("Kubernetes: control, the update with pods that stop first, without probes", count)
    assert count.lost, count


def update_without_care(rollout: Rollout) -> None:
    """Update with a deployment that lacks what the export has for it."""
    documents = rollout.documents("2")
    deployment = next(
        each for each in documents if each["kind"] == "Deployment" and each["metadata"]["name"] == NAME
    )
    for container in deployment["spec"]["template"]["spec"]["containers"]:
        for name in ("lifecycle", "readinessProbe", "livenessProbe", "startupProbe"):
            container.pop(name, None)
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    rollout.cluster.apply(documents)
    rollout.cluster.until_ready(NAME)


def test_a_node_that_is_cut_off_is_replaced(rollout: Rollout, told: Told) -> None:
    rollout.settle("1")
    cluster = rollout.cluster
    lost = next(node for node in cluster.nodes[1:] if node.name in nodes_of(cluster.pods()))
    begun = {pod["metadata"]["name"] for pod in cluster.pods()}

    def cut() -> None:
        cluster.switch.cut(lost)
        until(
            lambda: len(ready_elsewhere(cluster.pods(), lost.name)) == 2,
            timeout=600,
            what="a pod on another node",
        )

    try:
        count = rollout.during(cut)
    finally:
        cluster.switch.mend(lost)
    told("Kubernetes: one node of three cut off, visitors of another", count)
    assert {pod["metadata"]["name"] for pod in cluster.pods()} != begun
    assert count.ok > sum(count.lost.values()), count


def nodes_of(pods: Sequence[dict[str, Any]]) -> set[str]:
    """Return the names of the nodes on which pods run."""
    return {pod["spec"].get("nodeName", "") for pod in pods}


def ready_elsewhere(pods: Sequence[dict[str, Any]], lost: str) -> list[str]:
    """Return the pods that are ready on other nodes than the lost one."""
    return [
        pod["metadata"]["name"]
        for pod in pods
        if pod["spec"].get("nodeName") not in (lost, None) and is_ready(pod)
    ]


def test_what_the_old_server_does_not_know_is_little_and_named(rollout: Rollout) -> None:
    """The kinds that were not tried stand in the documentation."""
    composed = yaml.safe_load_all(answer("kubectl", "kustomize", rollout.shop.folder / "deploy"))
    with contextlib.suppress(Refused):
        unknown = {each["kind"] for each in composed if not rollout.cluster.knows(each)}
        assert unknown == {"HorizontalPodAutoscaler", "PodDisruptionBudget"}
