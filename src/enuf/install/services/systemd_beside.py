"""The units of systemd for what runs beside the web app: a service for each process, a timer for each command. Pure.

They start and stop with the site's service. After a reload of the site, which no service manager sees, a path unit
restarts the processes: the supervisor writes a file once the new version serves.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from enuf.install.change import MakeLink, WriteFile
from enuf.install.services.base import ServiceRequest
from enuf.install.services.systemd_described import described
from enuf.install.services.systemd_times import calendar_times
from enuf.install.services.systemd_unit import (
    account,
    app_folders,
    confined,
    service_limits,
    service_variables,
)
from enuf.model.beside import Beside, BesideSpec, ScheduledJob, SideProcess
from enuf.model.site import RENEWED, Site
from enuf.plan.release_paths import through_link
from enuf.syntax.unit_print import Line, Section, command, to_text

_HEADER = """\
{what}
Written by `enuf install`, which also writes it again after a change of the settings; `enuf uninstall` removes it."""
_SYSTEMCTL = "/usr/bin/systemctl"


def beside_files(request: ServiceRequest, folder: str) -> tuple[WriteFile | MakeLink, ...]:
    """Return the units of what runs beside the app, and the links that start them with the site's service."""
    return tuple(_files(request, folder))


def started_units(beside: Beside | None, site: Site) -> tuple[str, ...]:
    """Return the units that run, or wait, as long as the site's service."""
    if beside is None:
        return ()
    processes = [site.beside_unit(each.name) for each in beside.processes]
    timers = [site.beside_unit(each.name, "timer") for each in beside.jobs]
    return (*processes, *timers, *([site.beside_unit(RENEWED, "path")] if processes else ()))


def all_units(beside: Beside | None, site: Site) -> tuple[str, ...]:
    """Return all units of what runs beside the app, in the order in which they are stopped."""
    if beside is None:
        return ()
    commands = [site.beside_unit(each.name) for each in beside.jobs]
    renewed = [site.beside_unit(RENEWED)] if beside.processes else []
    return (*reversed(started_units(beside, site)), *renewed, *commands)


def _files(request: ServiceRequest, folder: str) -> Iterator[WriteFile | MakeLink]:
    site, beside = request.site, request.plan.beside
    if beside is None:
        return
    for process in beside.processes:
        yield WriteFile(f"{folder}/{site.beside_unit(process.name)}", _process_unit(request, beside, process))
    for job in beside.jobs:
        yield WriteFile(f"{folder}/{site.beside_unit(job.name)}", _job_unit(request, beside, job))
        yield WriteFile(f"{folder}/{site.beside_unit(job.name, 'timer')}", _timer(site, job))
    if beside.processes:
        yield WriteFile(f"{folder}/{site.beside_unit(RENEWED, 'path')}", _path(request))
        yield WriteFile(f"{folder}/{site.beside_unit(RENEWED)}", _renewal(request, beside))
    for unit in started_units(beside, site):
        yield MakeLink(f"{folder}/{site.unit}.wants/{unit}", f"{folder}/{unit}")


def _process_unit(request: ServiceRequest, beside: Beside, process: SideProcess) -> str:
    site = request.site
    service = (
        Line("Type", "exec"),
        *_run(request, beside, process, process.group),
        Line("Restart", "always"),
        Line("RestartSec", "5"),
    )
    unit = (
        *_described(site, process.group, process.command),
        *_with_site(site),
        Line("StartLimitIntervalSec", "0", "Never give up."),
    )
    return _text(
        f"The process {process.name} beside the site {site.name}: [processes] in enuf.toml.",
        unit,
        service,
        site,
    )


def _job_unit(request: ServiceRequest, beside: Beside, job: ScheduledJob) -> str:
    site = request.site
    unit = (*_described(site, job.name, job.command), Line("After", site.unit))
    service = (Line("Type", "oneshot", "Never twice at once."), *_run(request, beside, job, job.name))
    sections = (Section("Unit", unit), Section("Service", service))
    what = f"The command {job.name} of the site {site.name}: [schedule] in enuf.toml. At once: systemctl start {site.beside_unit(job.name)}"
    return to_text(sections, _HEADER.format(what=what))


def _run(request: ServiceRequest, beside: Beside, spec: BesideSpec, layer: str) -> list[Line]:
    plan, (python, *_) = request.plan, request.enuf
    project = plan.paths.project

    def linked(path: str) -> str:
        return through_link(path, project, beside.directory)

    words = [
        python,
        "-P",
        "-m",
        "enuf.start.side_command",
        "--project",
        project,
        "--log",
        spec.log,
        "--layer",
        layer,
        "--name",
        spec.name,
    ]
    words += ["--programs", linked(beside.programs)]
    words += [word for name in plan.env_files for word in ("--env-file", linked(name))]
    words += ["--virtualenv", linked(beside.virtualenv)] if beside.virtualenv else []
    words += ["--flask-app", linked(beside.flask_app)] if beside.flask_app else []
    words += ["--json"] if beside.json_logs else []
    words += [word for name, value in spec.environment.items() for word in ("--env", f"{name}={value}")]
    return [
        Line("ExecStart", command((*words, "--", *shlex.split(spec.command))), "In the folder and with the environment of the app; its output gets times."),
        *account(request.user, request.user.name),
        *service_variables(request),
        Line("UMask", "0027"),
        Line("KillMode", "mixed", "The process alone is told to stop: it may finish what it has in hand."),
        Line("TimeoutStopSec", f"{spec.stop_within_s:g}", "stop_within"),
        Line("SuccessExitStatus", "143", "Ended by the TERM of a stop, which it does not handle: no failure."),
        *service_limits(request),
        *app_folders(request),
        *confined(request),
    ]  # fmt: skip


def _described(site: Site, layer: str, command_line: str) -> tuple[Line, ...]:
    what = f"enuf site {site.name}: {layer}: {command_line} (enuf logs {site.name} --layer {layer})"
    return described(what, "enuf-logs")


def _waits(site: Site, what: str) -> tuple[Line, ...]:
    return (
        *described(f"enuf site {site.name}: {what} (enuf status {site.name})", "enuf-status"),
        *_with_site(site),
    )


def _with_site(site: Site) -> tuple[Line, ...]:
    return (
        Line("PartOf", site.unit, "Stops and starts anew with the site."),
        Line("After", site.unit),
    )


def _text(what: str, unit: tuple[Line, ...], service: tuple[Line, ...], site: Site) -> str:
    sections = (
        Section("Unit", unit),
        Section("Service", service),
        Section("Install", (Line("WantedBy", site.unit),)),
    )
    return to_text(sections, _HEADER.format(what=what))


def _timer(site: Site, job: ScheduledJob) -> str:
    if job.cron:
        times = [Line("OnCalendar", each, job.cron) for each in calendar_times(job.cron)]
    else:
        every = f"{job.every_s:g}"
        times = [Line("OnActiveSec", every), Line("OnUnitActiveSec", every)]
    sections = (
        Section("Unit", _waits(site, f"when {job.name} runs")),
        Section("Timer", (*times, Line("AccuracySec", "1s"))),
        Section("Install", (Line("WantedBy", site.unit),)),
    )
    return to_text(
        sections, _HEADER.format(what=f"When {job.name} of the site {site.name} runs: {job.times}.")
    )


def _path(request: ServiceRequest) -> str:
    site, renewed = request.site, request.plan.paths.renewed
    sections = (
        Section("Unit", _waits(site, "looks whether a new version serves")),
        Section(
            "Path", (Line("PathChanged", renewed, "Written by the supervisor once a new version serves."),)
        ),
        Section("Install", (Line("WantedBy", site.unit),)),
    )
    return to_text(
        sections, _HEADER.format(what=f"Lets the processes of the site {site.name} take the new version.")
    )


def _renewal(request: ServiceRequest, beside: Beside) -> str:
    site = request.site
    units = [site.beside_unit(each.name) for each in beside.processes]
    sections = (
        Section(
            "Unit",
            (
                *described(f"enuf site {site.name}: restarts its processes for a new version", "enuf-status"),
                Line("ConditionPathExists", request.plan.paths.renewed, "Missing while the site is stopped."),
                Line("StartLimitIntervalSec", "0"),
            ),
        ),
        Section(
            "Service",
            (
                Line("Type", "oneshot"),
                Line("ExecStart", command((_SYSTEMCTL, "--no-block", "try-restart", *units)), "Root's own command, with no word of the project in it."),
            ),
        ),
    )  # fmt: skip
    return to_text(sections, _HEADER.format(what=f"Restarts the processes of the site {site.name}."))
