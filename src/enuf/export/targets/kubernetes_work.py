"""What runs beside the web app on Kubernetes: commands before a version, processes, and commands at certain times."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from enuf.export.deployment import TEMPORARY, Deployment
from enuf.export.targets.common import flask_variables
from enuf.export.targets.kubernetes_objects import entity, is_single
from enuf.export.targets.kubernetes_pod import (
    container_basics,
    data_mounts,
    data_volumes,
    names_of,
    pod_basics,
    secrets_of,
    variables_of_pod,
)
from enuf.export.yaml_text import Noted
from enuf.model.beside import BesideSpec, ScheduledJob, SideProcess
from enuf.model.process import AppPrograms
from enuf.plan.in_container import PROJECT

_DAY_S = 86_400


def before_job(deployment: Deployment) -> dict[str, Any]:
    """Return the Job of reload.before: each command in a container, one after the other."""
    preparation = deployment.preparation
    assert preparation is not None
    image = {"image": str(deployment.image)}  # kustomize, which sets the tag, does not read this file
    *first, last = (
        {**_container(deployment, f"step-{number}", command, preparation, {}), **image}
        for number, command in enumerate(preparation.commands, 1)
    )
    pod = {
        **pod_basics(),
        "restartPolicy": "Never",
        **({"initContainers": first} if first else {}),
        "containers": [last],
        "volumes": _job_volumes(deployment),
    }
    return {
        **entity("Job", "batch/v1", deployment, before_name(deployment), "before"),
        "spec": {
            "backoffLimit": Noted(0, "A migration that has failed is looked at, and not tried again."),
            "activeDeadlineSeconds": int(preparation.within_s * len(preparation.commands)),
            "ttlSecondsAfterFinished": _DAY_S,
            "template": {"metadata": {"labels": names_of(deployment, "before")}, "spec": pod},
        },
    }


def before_name(deployment: Deployment) -> str:
    """Return the name of the Job of reload.before."""
    return f"{deployment.name}-before"


def process_deployments(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """Yield a Deployment for each process beside the app, with all of its copies."""
    beside = deployment.beside
    groups: dict[str, list[SideProcess]] = {}
    for each in beside.processes if beside else ():
        groups.setdefault(each.group, []).append(each)
    for name, copies in groups.items():
        assert beside is not None
        component = f"process-{name}"
        pod = {
            **_pod(deployment, copies[0], beside),
            "terminationGracePeriodSeconds": int(copies[0].stop_within_s) + 5,
        }
        strategy = {"strategy": {"type": "Recreate"}} if is_single(deployment) else {}
        yield {
            **entity("Deployment", "apps/v1", deployment, f"{deployment.name}-{name}", component),
            "spec": {
                "replicas": len(copies),
                **strategy,
                "selector": {"matchLabels": names_of(deployment, component)},
                "template": {"metadata": {"labels": names_of(deployment, component)}, "spec": pod},
            },
        }


def cron_jobs(deployment: Deployment) -> Iterator[dict[str, Any]]:
    """Yield a CronJob for each command at certain times."""
    beside = deployment.beside
    for job in beside.jobs if beside else ():
        assert beside is not None
        times = cron_of(job)
        if not times:
            continue
        component = f"schedule-{job.name}"
        pod = {**_pod(deployment, job, beside), "restartPolicy": "Never"}
        template = {"metadata": {"labels": names_of(deployment, component)}, "spec": pod}
        yield {
            **entity("CronJob", "batch/v1", deployment, f"{deployment.name}-{job.name}", component),
            "spec": {
                "schedule": Noted(
                    times, "In the time zone of the cluster; timeZone: Europe/Berlin for another."
                ),
                "concurrencyPolicy": Noted(
                    "Forbid", "A run that has not ended is never joined by a second one."
                ),
                "jobTemplate": {"spec": {"backoffLimit": 0, "template": template}},
            },
        }


def cron_of(job: ScheduledJob) -> str:
    """Return the times of a job in cron's words; empty for an interval that cron cannot say."""
    if job.cron:
        return job.cron
    minutes, rest = divmod(int(job.every_s), 60)
    if rest or not minutes or job.every_s % 1:
        return ""
    if minutes < 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *"
    hours, rest = divmod(minutes, 60)
    if rest or 24 % hours:
        return ""
    return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"


def _pod(deployment: Deployment, each: BesideSpec, programs: AppPrograms) -> dict[str, Any]:
    return {
        **pod_basics(),
        "containers": [_container(deployment, "command", each.command, programs, each.environment)],
        "volumes": _job_volumes(deployment),
    }


def _container(
    deployment: Deployment, name: str, command: str, programs: AppPrograms, environment: dict[str, str]
) -> dict[str, Any]:
    return {
        "name": name,
        **container_basics(deployment),
        "command": shlex.split(command),
        "workingDir": PROJECT,
        **variables_of_pod({**flask_variables(programs), **environment}),
        **secrets_of(deployment),
        "volumeMounts": [{"name": "tmp", "mountPath": TEMPORARY}, *data_mounts(deployment)],
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
    }


def _job_volumes(deployment: Deployment) -> list[dict[str, Any]]:
    return [{"name": "tmp", "emptyDir": {}}, *data_volumes(deployment)]
