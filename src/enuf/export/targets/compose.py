"""The target `compose`: the image, and a compose.yaml for one machine."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from enuf.export.deployment import TEMPORARY, Deployment, ExportedFile
from enuf.export.dockerfile import DOCKERFILE, PROBE, image_files
from enuf.export.meaningless import WITH_ENUF
from enuf.export.targets.common import ENGINE_DECIDES, health_check
from enuf.export.targets.image import WHY
from enuf.export.yaml_text import Noted, yaml_text
from enuf.model.peers import Peers
from enuf.model.topology import Topology
from enuf.plan.in_container import PATHS

COMPOSE = "compose.yaml"
_HEAD = """\
The app on one machine: one container with enuf, nginx and the app server. Written by enuf export compose.
In the project's folder:
  {up}
A new version replaces the container: Compose stops the old one first, so requests of that moment are lost. Two ways
without a loss: code in a volume and `docker compose exec web enuf reload`, or enuf export swarm."""


class Compose:
    """Docker Compose, on one machine."""

    name = "compose"
    title = "Docker Compose"
    starts_enuf = True
    takes_variables_literally = False
    runs_copies = False
    meaningless: Mapping[str, str] = WITH_ENUF

    def settings(self, row: Topology) -> Mapping[str, str]:
        """Return what holds in every container."""
        return ENGINE_DECIDES

    def peers(self, row: Topology) -> Peers | None:
        """Return None: one container has all servers."""
        return None

    def files(self, deployment: Deployment, own_ignored: tuple[str, ...]) -> tuple[ExportedFile, ...]:
        """Return the files of the image, and `compose.yaml`."""
        head = _HEAD.format(up=_up(deployment))
        document = ExportedFile(name=COMPOSE, text=yaml_text(_document(deployment), head))
        return (*image_files(deployment, own_ignored, WHY), document)

    def commands(self, deployment: Deployment) -> tuple[tuple[str, str], ...]:
        """Return how to build and start."""
        return (("start", _up(deployment)),)


def _up(deployment: Deployment) -> str:
    file = "" if deployment.place.is_project else f"-f {deployment.place.typed(COMPOSE)} "
    return f"docker compose {file}up -d --build --wait"


def _document(deployment: Deployment) -> dict[str, Any]:
    volumes: dict[str, Any] = {each.name: {} for each in deployment.writes}
    return {
        "name": deployment.name,
        "services": {"web": _service(deployment)},
        **({"volumes": volumes} if volumes else {}),
    }


def _service(deployment: Deployment) -> dict[str, Any]:
    place = deployment.place
    build: dict[str, Any] = {"context": place.project, "dockerfile": _dockerfile(deployment)}
    if not place.is_inside:
        build["additional_contexts"] = {"conf": "./conf"}
    service: dict[str, Any] = {
        "image": f"{deployment.image.name}:${{TAG:-{deployment.image.tag}}}",
        "build": build,
        "ports": Noted(
            [f"127.0.0.1:${{PORT:-{deployment.port}}}:{deployment.port}"],
            "On this machine alone; behind a proxy with HTTPS it stays so. Without 127.0.0.1: reachable from everywhere, past the\n"
            "host's own firewall.",
        ),
    }
    if deployment.env_files:
        service["env_file"] = Noted(
            [_from_folder(deployment, name) for name in deployment.env_files],
            "The app's secrets: variables of the container, in no image. (Compose mounts `secrets:` with the owner of the file,\n"
            "whom the user of the image may not be.)",
        )
    service |= {
        "read_only": Noted(True, "Nothing of the image can be changed;"),
        "tmpfs": Noted([TEMPORARY], "configs, logs and sockets are in memory."),
        "environment": {
            "ENUF_LOG_ROTATE": Noted("4m x 2", "In memory there is no room for the 50 MB of the default.")
        },
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    if deployment.writes:
        service["volumes"] = Noted(
            [f"{each.name}:{each.path}" for each in deployment.writes],
            "What the app writes outlives the container.",
        )
    return {**service, **_life(deployment)}


def _life(deployment: Deployment) -> dict[str, Any]:
    grace = Noted(
        f"{deployment.grace_s}s",
        "serve.timeout and what is beyond it: Docker's own ten seconds would cut answers.",
    )
    test = ["CMD", "python", f"{PATHS.conf}/{PROBE}"]
    return {
        **({"healthcheck": health_check(test, deployment, interval_s=15)} if deployment.probe.is_on else {}),
        "stop_grace_period": grace,
        "restart": "unless-stopped",
    }


def _dockerfile(deployment: Deployment) -> str:
    place = deployment.place
    return place.inside(DOCKERFILE) if place.is_inside else f"{place.folder}/{DOCKERFILE}"


def _from_folder(deployment: Deployment, name: str) -> str:
    """Return a file of the project as it is named from the folder of the export."""
    return name if name.startswith("/") else posixpath.join(deployment.place.project, name)
