"""The target `swarm`: the image, and a stack.yml for Docker Swarm on several hosts."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from enuf.errors import SettingsInvalid
from enuf.export.deployment import REPLICAS, TEMPORARY, Deployment, ExportedFile
from enuf.export.dockerfile import build_command, image_files
from enuf.export.meaningless import ON_SWARM
from enuf.export.targets.app_probe import APP_PROBE, app_probe_program
from enuf.export.targets.common import ENGINE_DECIDES, env_file_options, flask_variables, health_check
from enuf.export.targets.launch import LAUNCHER, graceful, launcher_program
from enuf.export.yaml_text import Noted, yaml_text
from enuf.model.peers import Peers
from enuf.model.process import AppPrograms
from enuf.model.topology import Topology
from enuf.plan.in_container import PATHS

STACK = "stack.yml"
LINK_PORT = 3031
_RESOLVER = "127.0.0.11"
_UWSGI_ROWS = ("nginx-uwsgi", "nginx-uwsgi-tcp")
_SECRETS = "/run/secrets"
_ASKED_EVERY_S = 2
WHY = """\
Process 1 is enuf where this image runs by itself. The stack of stack.yml starts the two servers instead, each in containers
of its own: Swarm replaces copies one by one, and asks each of them whether it serves."""
_HEAD = """\
The app on the hosts of a swarm: nginx on each host, and copies of the app on any of them. Written by enuf export swarm.
On a manager, after the image was pushed to a registry that all hosts reach:
{commands}
A new version: build and push another tag, then the same command with TAG=…  Each copy is replaced when its successor is
healthy; when a new one does not become healthy, Swarm puts all back.
nginx finds the copies by DNS (tasks.app), and its port is that of each host. Swarm's own load balancer needs IPVS in the
kernel of every host, and where that is missing it says that all is well while no connection works. So ask a host:
  curl -fsS http://HOST/"""

_ROTATION = """\
Docker changes no secret. For new variables create a secret of another name, then deploy with SECRET=NAME, as with TAG=…: the
copies are replaced like those of a new version. Say SECRET=NAME again at each later deploy, or write the name here."""


class Swarm:
    """Docker Swarm, on several hosts."""

    name = "swarm"
    title = "Docker Swarm"
    starts_enuf = False
    takes_variables_literally = False
    runs_copies = True
    meaningless: Mapping[str, str] = ON_SWARM

    def settings(self, row: Topology) -> Mapping[str, str]:
        """Return a TCP link between the servers, which are on several hosts. Raise SettingsInvalid where there is none."""
        if row.id not in _UWSGI_ROWS:
            raise SettingsInvalid(
                f"topology {row.id!r} has no link from nginx to an app server on another host, and Swarm's copies are on several",
                "--topology nginx-uwsgi, or enuf export kubernetes",
            )
        return {
            **ENGINE_DECIDES,
            "topology": "nginx-uwsgi-tcp",
            "serve.link": f"0.0.0.0:{LINK_PORT}",
            "static.mode": "off",
        }

    def peers(self, row: Topology) -> Peers | None:
        """Return the name of all copies, which Swarm's own resolver knows."""
        return Peers(host="tasks.app", port=LINK_PORT, resolver=_RESOLVER)

    def files(self, deployment: Deployment, own_ignored: tuple[str, ...]) -> tuple[ExportedFile, ...]:
        """Return the files of the image, and `stack.yml`."""
        commands = "\n".join(f"  {command}" for _, command in self.commands(deployment)[2:])
        programs = (
            ExportedFile(name=f"conf/{LAUNCHER}", text=launcher_program()),
            ExportedFile(name=f"conf/{APP_PROBE}", text=app_probe_program(deployment)),
        )
        document = ExportedFile(
            name=STACK, text=yaml_text(_document(deployment), _HEAD.format(commands=commands))
        )
        return (*image_files(deployment, own_ignored, WHY), *programs, document)

    def commands(self, deployment: Deployment) -> tuple[tuple[str, str], ...]:
        """Return how to build, to give the secrets, to run what comes before, and to deploy."""
        secret = (
            (("secrets", f"docker secret create {deployment.secret} {shlex.join(deployment.env_files)}"),)
            if len(deployment.env_files) == 1
            else (
                (
                    "secrets",
                    f"cat {shlex.join(deployment.env_files)} | docker secret create {deployment.secret} -",
                ),
            )
            if deployment.env_files
            else ()
        )
        before = deployment.preparation.commands if deployment.preparation else ()
        return (
            ("build", build_command(deployment)),
            ("push", f"docker push {deployment.image}"),
            *secret,
            *(("before", _run_once(deployment, command)) for command in before),
            ("deploy", f"docker stack deploy -c {deployment.place.typed(STACK)} {deployment.name}"),
            # The word for a rollout that was rolled back; `stack deploy --detach=false` waits for it since Docker 26 alone.
            ("watch", f"docker service inspect -f '{{{{json .UpdateStatus}}}}' {deployment.name}_app"),
        )


def _run_once(deployment: Deployment, command: str) -> str:
    """Return how to run a command of reload.before in a container of the new image."""
    assert deployment.preparation
    options = [*env_file_options(deployment), *_flask_options(deployment.preparation)]
    return " ".join(("docker run --rm", *options, str(deployment.image), command))


def _flask_options(programs: AppPrograms) -> list[str]:
    return [f"-e {shlex.quote(f'{name}={value}')}" for name, value in flask_variables(programs).items()]


def _document(deployment: Deployment) -> dict[str, Any]:
    document: dict[str, Any] = {
        "version": "3.8",
        "services": {"app": _app(deployment), "web": _web(deployment), **_beside(deployment)},
        "networks": {
            "back": Noted(
                {"driver": "overlay"},
                "Whoever reaches the app's port in this network can run code as the app: no other service is in it, and the port is\n"
                'published nowhere. Between hosts that share their network with others add driver_opts: {encrypted: ""}.',
            )
        },
    }
    if deployment.env_files:
        name = f"${{SECRET:-{deployment.secret}}}"
        document["secrets"] = {deployment.secret: Noted({"external": True, "name": name}, _ROTATION)}
    if deployment.writes:
        document["volumes"] = {each.name: {} for each in deployment.writes}
    return document


def _common(deployment: Deployment) -> dict[str, Any]:
    service: dict[str, Any] = {
        "image": f"{deployment.image.name}:${{TAG:-{deployment.image.tag}}}",
        "read_only": True,
        "volumes": [
            {"type": "tmpfs", "target": TEMPORARY},
            {
                "type": "volume",
                "target": Noted(
                    PATHS.runtime,
                    "Of this container alone, and gone with it: sockets, and uploads on their way. A tmpfs would belong to root.",
                ),
            },
        ],
        "cap_drop": ["ALL"],
        "stop_grace_period": f"{deployment.grace_s}s",
    }
    if deployment.env_files:
        service["secrets"] = [
            {
                "source": deployment.secret,
                "target": deployment.secret,
                "uid": "10001",
                "gid": "10001",
                "mode": Noted(0o400, "0400 in octal."),
            }
        ]
    return service


def _with_data(deployment: Deployment) -> dict[str, Any]:
    """Return what all containers have, and the volumes of what the app writes."""
    service = _common(deployment)
    data = ({"type": "volume", "source": each.name, "target": each.path} for each in deployment.writes)
    return {**service, "volumes": [*service["volumes"], *data]}


def _app(deployment: Deployment) -> dict[str, Any]:
    service = {**_with_data(deployment), "command": [*_launched(deployment), *graceful(deployment.server)]}
    service["environment"] = dict(deployment.server_environment)
    service["networks"] = ["back"]
    service["healthcheck"] = _app_check(deployment)
    service["deploy"] = {
        "replicas": REPLICAS,
        "endpoint_mode": Noted("dnsrr", "Each copy has its own address in DNS; see the head of this file."),
        **_rollout(),
        "resources": {"limits": {"memory": "512M"}},
    }
    return service


def _rollout() -> dict[str, Any]:
    """Return how copies are replaced; `monitor` is longer than a health check needs to fail three times."""
    return {
        "update_config": {
            "parallelism": 1,
            "order": Noted("start-first", "The old copy serves until the new one is healthy."),
            "failure_action": Noted("rollback", "Otherwise all stay as they were."),
            "monitor": "10s",
        },
        "rollback_config": {"parallelism": 1, "order": "start-first"},
        "restart_policy": {"condition": "any", "delay": "1s"},
    }


def _launched(deployment: Deployment) -> list[str]:
    """Return the begin of the command that gives a program the variables of the secret."""
    if not deployment.env_files:
        return []
    return ["python", f"{PATHS.conf}/{LAUNCHER}", f"{_SECRETS}/{deployment.secret}"]


def _app_check(deployment: Deployment) -> dict[str, Any]:
    """Return the check of a copy, on which an update waits."""
    test = (
        Noted(
            ["CMD", "python", f"{PATHS.conf}/{APP_PROBE}"],
            "The app must have answered before a copy gets requests; later its port is enough, so that no trouble of a database\n"
            "ends all copies.",
        )
        if deployment.probe.is_on
        else _connects(deployment.link_port)
    )
    return health_check(test, deployment, interval_s=_ASKED_EVERY_S)


def _connects(port: int) -> list[str]:
    return ["CMD", "python", "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)"]


def _web(deployment: Deployment) -> dict[str, Any]:
    return {
        **{key: value for key, value in _common(deployment).items() if key != "secrets"},
        "image": Noted(
            f"{deployment.image.name}:${{WEB_TAG:-{deployment.image.tag}}}",
            "A tag of its own: a new version of the app leaves nginx alone. Raise it when nginx's files have changed: each host's\n"
            "port is closed for a moment then, and a load balancer passes on to the other hosts.",
        ),
        "command": list(deployment.front),
        "stop_signal": Noted("SIGQUIT", "nginx finishes its answers; TERM would cut them."),
        "networks": ["back"],
        "ports": [_port(deployment)],
        "healthcheck": health_check(
            Noted(
                _connects(deployment.port),
                "nginx alone: where no copy answers, it says so to visitors, and ending it would not help.",
            ),
            deployment,
            interval_s=_ASKED_EVERY_S,
        ),
        "deploy": {
            "mode": Noted(
                "global",
                "One on each host, at the host's own port: let DNS or a load balancer name the hosts.",
            ),
            "endpoint_mode": "dnsrr",
            "update_config": {
                "parallelism": 1,
                "order": "stop-first",
                "failure_action": "rollback",
                "monitor": "10s",
            },
            "restart_policy": {"condition": "any", "delay": "1s"},
            "resources": {"limits": {"memory": "256M"}},
        },
    }


def _port(deployment: Deployment) -> dict[str, Any]:
    return {"target": deployment.port, "published": 80, "protocol": "tcp", "mode": "host"}


def _beside(deployment: Deployment) -> dict[str, Any]:
    """Return a service for each process beside the app."""
    beside = deployment.beside
    groups: dict[str, list[Any]] = {}
    for each in beside.processes if beside else ():
        groups.setdefault(each.group, []).append(each)
    return {
        name: {
            **_with_data(deployment),
            "command": [*_launched(deployment), *shlex.split(copies[0].command)],
            "environment": {**(flask_variables(beside) if beside else {}), **copies[0].environment},
            "stop_grace_period": f"{int(copies[0].stop_within_s) + 5}s",
            "healthcheck": {"disable": True},
            "deploy": {"replicas": len(copies), **_rollout()},
        }
        for name, copies in groups.items()
    }
