"""The systemd unit of a site: the rights that a web app needs, and few others."""

from __future__ import annotations

import math

from enuf.errors import SettingsInvalid
from enuf.install.services.base import ServiceRequest, ServiceUser
from enuf.install.services.systemd_described import described
from enuf.install.services.systemd_socket import held_lines
from enuf.model.site import Site
from enuf.syntax.unit_print import Line, Section, command, literal, to_text, word

_HEADER = """\
The app in {project}, behind the host's nginx.
Written by `enuf install`, which also writes it again after a change of the settings; `enuf uninstall` removes it.
Your own lines belong in an override: systemctl edit {unit}"""

_CLOSED = (
    ("NoNewPrivileges", "yes", ""),
    ("CapabilityBoundingSet", "", "No right of root at all, whatever it runs."),
    ("AmbientCapabilities", "", ""),
    ("PrivateDevices", "yes", ""),
    ("ProtectClock", "yes", ""),
    ("ProtectControlGroups", "yes", ""),
    ("ProtectHostname", "yes", ""),
    ("ProtectKernelLogs", "yes", ""),
    ("ProtectKernelModules", "yes", ""),
    ("ProtectKernelTunables", "yes", ""),
    ("ProtectProc", "invisible", "It sees the processes of its own user only."),
    ("RemoveIPC", "yes", ""),
    ("KeyringMode", "private", ""),
    ("LockPersonality", "yes", ""),
    ("RestrictNamespaces", "yes", ""),
    ("RestrictRealtime", "yes", ""),
    ("RestrictSUIDSGID", "yes", ""),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK", "AF_NETLINK: the kernel tells by it how many requests wait."),
    ("SystemCallArchitectures", "native", ""),
    ("SystemCallFilter", "@system-service", "What a service needs; the second line takes away what only root could do."),
    ("SystemCallFilter", "~@privileged", ""),
    ("SystemCallErrorNumber", "EPERM", "A forbidden call fails, and does not kill the worker."),
)  # fmt: skip

_OF_A_FAILED_START = "4 5 6 7 8 9 70 200 203 217 226"
"""Exit statuses of `enuf serve`, and of systemd for a folder, program, user or namespace that is gone (systemd.exec(5))."""


def unit_text(request: ServiceRequest) -> str:
    """Return the text of the unit. Raise SettingsInvalid for a project whose path a unit cannot hold."""
    project, site = request.plan.paths.project, request.site
    if project.endswith("\\"):
        raise SettingsInvalid(
            f"the path {project} ends with a backslash, which joins two lines of a unit", "rename the folder"
        )
    held_by, links = held_lines(site) if site.waits_at else ((), ())
    sections = (
        Section("Unit", (*described(f"{_served(request)} (enuf status {site.name})", "enuf-status"), *_order(request), *held_by, *_failing(site))),
        Section("Service", (*_process(request), *service_limits(request), *links, *_folders(request), *confined(request))),
        Section("Install", (Line("WantedBy", "multi-user.target"),)),
    )  # fmt: skip
    return to_text(sections, _HEADER.format(project=project, unit=site.unit))


def _served(request: ServiceRequest) -> str:
    """Return `enuf site shop: app:app at https://shop.example`."""
    return f"enuf site {request.site.name}: {request.plan.app} at {request.plan.url.rstrip('/')}"


def _failing(site: Site) -> list[Line]:
    """Return the lines about a start that fails, and about a supervisor that is killed again and again."""
    return [
        Line("OnFailure", site.failed_unit, "Tries it again with growing pauses, and tells of it."),
        Line("PropagatesStopTo", site.failed_unit, "Whoever stops the site means that, too."),
        Line("StartLimitIntervalSec", "60", "Killed ten times in a minute: it has failed."),
        Line("StartLimitBurst", "10"),
    ]


def _process(request: ServiceRequest) -> list[Line]:
    plan, site, user = request.plan, request.site, request.user
    timeout_s, wait_s = request.settings.serve.timeout.seconds, plan.wait_s
    lines = [
        Line("Type", "notify", "It says by itself when it serves; until then `systemctl start` waits."),
        Line("ExecStart", command((*request.enuf, "serve", site.name))),
        Line(
            "ExecReload",
            command(
                (*request.enuf, "--quiet", "--project", plan.paths.project, "reload", "--own-environment")
            ),
            "Waits for the new version, and fails when that is broken: then the old one serves on.",
        ),
        *account(user, user.name),
    ]
    return [
        *lines,
        Line("WorkingDirectory", literal(plan.paths.project)),
        *service_variables(request),
        Line("UMask", "0027"),
        Line("KillMode", "mixed", "Only the supervisor is told to stop: it lets its servers finish the requests in flight."),
        Line("TimeoutStopSec", _seconds(2 * timeout_s + 10), "Twice serve.timeout, and 10 s."),
        Line("TimeoutStartSec", _seconds(2 * wait_s + 2 * timeout_s + 30 + _before_s(request)), "Also for a reload: twice reload.wait, and the time to drain."),
        Line("ExecStartPost", f"+{command(('/bin/sh', site.failed_script, 'served'))}", "Ends the tries after a failure."),
        Line("Restart", "on-failure"),
        Line("RestartSec", "2"),
        Line("RestartPreventExitStatus", _OF_A_FAILED_START, f"A start that fails is a failure that everybody sees; {site.failed_unit} tries again."),
        Line("OOMPolicy", "continue", "A worker that is out of memory is replaced; the others serve on."),
    ]  # fmt: skip


def service_variables(request: ServiceRequest) -> list[Line]:
    """Return the variables of the app, also of what runs beside it; those of the last file win, and a drop-in's win over all."""
    site = request.site
    lines = [Line("Environment", "LANG=C.UTF-8")]
    lines += (Line("Environment", word(f"{name}={value}")) for name, value in home_variables(request).items())
    secrets = word(f"-{site.environment_file}")
    return [
        *lines,
        Line("EnvironmentFile", secrets, f"Secrets, for root's eyes only: enuf env set {site.name} NAME"),
    ]


def home_variables(request: ServiceRequest) -> dict[str, str]:
    """Return the variables that lead programs to folders that the service may write.

    A home directory that the service sees read-only stays the home: it may hold packages and settings.
    """
    home = {} if request.needs_home else {"HOME": request.site.state}
    return {**home, "XDG_CACHE_HOME": request.site.cache}


def service_limits(request: ServiceRequest) -> list[Line]:
    """Return the lines of what a service of the site, each by itself, may use of the machine."""
    wanted = request.settings.install
    found = []
    if wanted.max_memory:
        found.append(Line("MemoryMax", str(wanted.max_memory.bytes), "install.max_memory"))
    if wanted.max_cpu:
        found.append(Line("CPUQuota", f"{wanted.max_cpu}%", "install.max_cpu"))
    if wanted.max_tasks:
        found.append(Line("TasksMax", str(wanted.max_tasks), "install.max_tasks"))
    return found


def _order(request: ServiceRequest) -> list[Line]:
    """Return the lines of what starts before the service."""
    wanted = request.settings.install
    after = " ".join(dict.fromkeys(("network.target", *wanted.after, *wanted.wants)))
    wants = [Line("Wants", " ".join(wanted.wants), "install.wants")] if wanted.wants else []
    return [Line("After", after), *wants]


def _before_s(request: ServiceRequest) -> float:
    """Return how long all commands of reload.before may take."""
    preparation = request.plan.preparation
    return len(preparation.commands) * preparation.within_s if preparation else 0


def account(user: ServiceUser, name: str) -> list[Line]:
    """Return the lines of the account that runs a service; `name` is that of a dynamic one."""
    lines = [Line("User", literal(name if user.dynamic else user.name))]
    if user.group:
        lines.append(Line("Group", literal(user.group)))
    if user.dynamic:
        why = "A user that exists only while this runs, and owns no file of this host."
        lines.append(Line("DynamicUser", "yes", why))
    return lines


def _folders(request: ServiceRequest) -> list[Line]:
    return [
        Line("RuntimeDirectory", request.site.full_name, "Its sockets; the x is for nginx, by an access list that the service sets."),
        Line("RuntimeDirectoryMode", "0710"),
        *app_folders(request),
    ]  # fmt: skip


def app_folders(request: ServiceRequest) -> list[Line]:
    """Return the lines of the folders that the app may write, also where it runs beside the web app."""
    site = request.site
    lines = [
        Line("LogsDirectory", site.full_name),
        Line("LogsDirectoryMode", "0750"),
        Line("StateDirectory", site.full_name, "$STATE_DIRECTORY: lasting files of the app."),
        Line("StateDirectoryMode", "0700"),
        Line("CacheDirectory", site.full_name, "$CACHE_DIRECTORY: files that the app can make again."),
        Line("CacheDirectoryMode", "0700"),
    ]  # fmt: skip
    lines += writable_paths(request)
    if request.settings.tls.mode == "acme":
        why = "The certificate's key is nginx's alone."
        lines.append(Line("InaccessiblePaths", f"-{site.orders}", why))
    return lines


def writable_paths(request: ServiceRequest) -> list[Line]:
    """Return the lines of what the app, and an alert of the site, may write, and of the code inside of that."""
    lines = []
    if request.writable:
        why = "install.writable: besides its logs and its own /tmp, the app may write here only."
        lines.append(Line("ReadWritePaths", " ".join(map(word, request.writable)), why))
    if request.protected:
        paths = " ".join(word(f"-{path}") for path in request.protected)
        lines.append(Line("ReadOnlyPaths", paths, "Code that runs the app, inside of what it may write."))
    return lines


def confined(request: ServiceRequest) -> list[Line]:
    """Return the lines that take away what a service of enuf's does not need."""
    home = "read-only" if request.needs_home else "yes"
    why_home = "The project, or its Python, lies in there." if request.needs_home else ""
    return [
        Line("ProtectSystem", "strict", "The whole file system is read-only."),
        Line("ProtectHome", home, why_home),
        Line("PrivateTmp", "yes"),
        *(Line("BindReadOnlyPaths", word(path)) for path in request.bound),
        *(Line(*words) for words in _CLOSED),
    ]


def _seconds(value: float) -> str:
    return str(math.ceil(value))
