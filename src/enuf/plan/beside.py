"""What runs beside the web app, from the settings or a Procfile."""

from __future__ import annotations

from enuf.model.beside import Beside, ScheduledJob, SideProcess
from enuf.plan.preparation import app_programs
from enuf.plan.request import PlanRequest
from enuf.settings.beside_contradictions import copies


def beside_of(request: PlanRequest) -> Beside | None:
    """Return the processes and the scheduled commands; None without any."""
    settings, log = request.settings, request.paths.log
    processes = request.processes or settings.processes
    if not processes and not settings.schedule:
        return None
    return Beside(
        **app_programs(request),
        processes=tuple(
            SideProcess(
                name=copy,
                group=name,
                command=process.command,
                environment=process.env,
                stop_within_s=process.stop_within.seconds,
                log=f"{log}/{name}.log",
            )
            for name, process in processes.items()
            for copy in copies(name, process)
        ),
        jobs=tuple(
            ScheduledJob(
                name=name,
                command=job.command,
                environment=job.env,
                stop_within_s=job.stop_within.seconds,
                log=f"{log}/{name}.log",
                cron=job.cron,
                every_s=job.every.seconds if job.every else 0.0,
            )
            for name, job in settings.schedule.items()
        ),
        json_logs=settings.log.format == "json",
    )
