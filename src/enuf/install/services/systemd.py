"""systemd: its units, `systemctl` and `journalctl`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from enuf.errors import EnufError, NotReady, ToolUnusable
from enuf.inspect.service_states import words_of_start
from enuf.install.change import MakeLink, WriteFile
from enuf.install.host_command import output_line, run_host_command
from enuf.install.services.base import ServiceAction, ServiceEnvironment, ServiceFiles, ServiceRequest
from enuf.install.services.systemd_beside import all_units, beside_files, started_units
from enuf.install.services.systemd_certificate import certificate_units
from enuf.install.services.systemd_changes import must_restart
from enuf.install.services.systemd_environment import SHOWN, credentials_in, credentials_of, variables_in
from enuf.install.services.systemd_failure import failure_units
from enuf.install.services.systemd_socket import socket_files
from enuf.install.services.systemd_unit import unit_text
from enuf.model.service_commands import SYSTEMD

QUERY_WITHIN_S, CONTROL_WITHIN_S = 30, 3600
LOG_LINES = 30


class SystemdFormat:
    """The units of systemd."""

    name = "systemd"
    folders = ("/etc/systemd/system",)
    programs = ("/usr/lib/systemd", "/lib/systemd")
    """Where systemd's own programs are; one of the folders exists where systemd is installed."""
    private_logs = "/var/log/private"
    private_state = "/var/lib/private"
    private_cache = "/var/cache/private"
    commands = SYSTEMD
    holds_sockets = True

    def must_restart(self, before: str, after: str) -> bool:
        """Return True where the change takes more than `systemctl daemon-reload`."""
        return must_restart(before, after)

    def override_folder(self, service: str) -> str:
        """Return the folder of `systemctl edit`."""
        return f"{self.folders[0]}/{service}.d"

    def certificate_files(self, request: ServiceRequest) -> tuple[WriteFile | MakeLink, ...]:
        """Return the service and the timer that order a certificate, or take a renewed one."""
        return certificate_units(request, *self.folders)

    def failure_files(self, request: ServiceRequest, *, alerts: bool) -> tuple[WriteFile, ...]:
        """Return the service that tries the failed site again, and with `alerts` the one that tells of it."""
        return failure_units(request, *self.folders, alerts=alerts)

    def files(self, request: ServiceRequest) -> ServiceFiles:
        """Return the unit, the sockets that systemd holds for it, and the links that start both at boot.

        Raise SettingsInvalid for a path that a unit cannot hold.
        """
        unit = request.site.unit
        (folder,) = self.folders
        path = f"{folder}/{unit}"
        link = MakeLink(f"{folder}/multi-user.target.wants/{unit}", path)
        sockets = socket_files(request, folder) if request.site.waits_at else ()
        beside, site = request.plan.beside, request.site
        return ServiceFiles(
            definition=WriteFile(path, unit_text(request)),
            links=(link,),
            sockets=sockets,
            beside=beside_files(request, folder),
            started=started_units(beside, site),
            stopped=all_units(beside, site),
            job_times={job.name: job.times for job in beside.jobs} if beside else {},
        )


class SystemdHost:
    """The running systemd of this host."""

    is_live = True

    def __init__(self) -> None:
        self.format = SystemdFormat()

    def control(self, action: ServiceAction, service: str) -> None:
        """Start, stop, restart or reload a unit and wait for the result; to stop an unknown unit is a no-op.

        Raise NotReady with the end of the unit's journal.
        """
        if action == "stop" and not self._is_loaded(service):
            return
        done = run_host_command(["systemctl", action, service], CONTROL_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(
                _failure(action, service, done),
                self.format.commands.log(service),
                detail=self._log_tail(service),
            )
        if action == "stop":
            run_host_command(["systemctl", "reset-failed", service], QUERY_WITHIN_S)

    def is_active(self, service: str) -> bool:
        """Return True while the unit runs."""
        done = run_host_command(["systemctl", "is-active", "--quiet", service], QUERY_WITHIN_S)
        return done.returncode == 0

    def is_masked(self, service: str) -> bool:
        """Return True for a masked unit."""
        return _property(service, "LoadState") == "masked"

    def environment(self, service: str) -> ServiceEnvironment:
        """Return what systemd gives the unit; of an unknown unit nothing is known."""
        shown = run_host_command(
            ["systemctl", "show", f"--property={','.join(SHOWN)}", service], QUERY_WITHIN_S
        )
        definition = run_host_command(["systemctl", "cat", service], QUERY_WITHIN_S)
        got, named = credentials_of(service), credentials_in(definition.stdout)
        return ServiceEnvironment(
            variables=variables_in(shown.stdout),
            credentials={**got, **named},
            is_renewed=any(got.get(name) != content for name, content in named.items()),
        )

    def reload_definitions(self) -> None:
        """Run `systemctl daemon-reload`. Raise NotReady when it fails."""
        done = run_host_command(["systemctl", "daemon-reload"], QUERY_WITHIN_S)
        if done.returncode != 0:
            raise NotReady(f"systemctl daemon-reload failed: {output_line(done)}")

    @staticmethod
    def _is_loaded(unit: str) -> bool:
        return _property(unit, "LoadState") not in ("not-found", "")

    @staticmethod
    def _log_tail(unit: str) -> str:
        """Return what the last start of a unit has logged, without the starts before."""
        words = ["journalctl", "--no-pager", "--output=cat", f"--lines={LOG_LINES}", f"--unit={unit}"]
        try:
            last = _property(unit, "InvocationID")
            return run_host_command([*words, *words_of_start(last)], QUERY_WITHIN_S).stdout.strip()
        except EnufError:
            return ""


def _property(unit: str, name: str) -> str:
    """Return a property of a unit, as systemd prints it."""
    done = run_host_command(["systemctl", "show", f"--property={name}", "--value", unit], QUERY_WITHIN_S)
    return done.stdout.strip()


def refuse_without_systemd() -> None:
    """Raise ToolUnusable where systemd does not run the services of this machine (sd_booted(3))."""
    if not Path("/run/systemd/system").is_dir():
        raise ToolUnusable(
            "systemd does not run the services of this machine, as in most containers",
            "`enuf up -d` serves without it; `enuf install --root DIR` writes the files into the tree of an image",
            slug="no-systemd",
        )


def _failure(action: str, unit: str, done: subprocess.CompletedProcess[str]) -> str:
    first = (done.stderr or done.stdout).strip().partition("\n")[0]
    return f"{unit} does not {action}: {first}"
