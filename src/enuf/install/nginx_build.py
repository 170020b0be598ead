"""The version and the compile-time options of an nginx, from the output of `nginx -V`."""

from __future__ import annotations

import re
import shlex

import msgspec

from enuf.errors import ToolUnusable
from enuf.model.topology import Wire
from enuf.settings.schema import Settings

OLDEST = (1, 11, 8)
"""The oldest version with `log_format escape=`, `absolute_redirect` and `$request_id`, which a site uses."""


class NginxBuild(msgspec.Struct, frozen=True, kw_only=True):
    """The build of an nginx; all fields are empty where no nginx could be run."""

    version: str = ""
    options: dict[str, str] = {}
    """The arguments of `configure`, as `--conf-path` with a path; a switch has an empty value."""

    @property
    def conf(self) -> str:
        """The path of the main configuration."""
        return self.options.get("--conf-path", "/etc/nginx/nginx.conf")

    @property
    def user(self) -> str:
        """The user of the workers, unless the configuration names one."""
        return self.options.get("--user", "nobody")

    @property
    def pid(self) -> str:
        """The path of the pid file, unless the configuration names one."""
        return self.options.get("--pid-path", "/run/nginx.pid")

    @property
    def error_log(self) -> str:
        """The path of the log of errors, unless the configuration names one."""
        return self.options.get("--error-log-path", "/var/log/nginx/error.log")

    @property
    def log(self) -> str:
        """The folder of the logs."""
        return self.options.get("--http-log-path", "/var/log/nginx/access.log").rpartition("/")[0]


def read_build(output: str) -> NginxBuild:
    """Return the build that printed this. Raise ToolUnusable for a program that is no nginx, or too old."""
    version = re.search(r"nginx version: \S+?/(\d+(?:\.\d+)+)", output)
    arguments = re.search(r"configure arguments:(.*)", output)
    if version is None:
        raise ToolUnusable(
            "the host's nginx does not answer as nginx does", "see: nginx -V", detail=output[:500]
        )
    if tuple(map(int, version[1].split("."))) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ToolUnusable(
            f"the host's nginx is {version[1]}, and {oldest} is the oldest that can serve a site of enuf",
            "upgrade it",
        )
    options = {}
    for word in shlex.split(arguments[1]) if arguments else []:
        name, _, value = word.partition("=")
        options[name] = value
    return NginxBuild(version=version[1], options=options)


def refuse_lacking(build: NginxBuild, settings: Settings, wire: Wire) -> None:
    """Raise ToolUnusable when the build lacks a module that a site with these settings needs."""
    if not build.version:
        return  # no nginx could be run: its modules are unknown
    needed = {"map", "rewrite", "uwsgi" if wire == "uwsgi" else "proxy"}
    if settings.http.gzip:
        needed.add("gzip")
    if settings.serve.trusted_proxies or settings.access.allow or settings.access.deny:
        needed.add("geo")
    if settings.access.files:
        needed.add("auth_basic")
    if settings.limits.of_clients:
        needed |= {"limit_req", "limit_conn"}
    lacking = sorted(name for name in needed if f"--without-http_{name}_module" in build.options)
    if settings.tls.on:
        lacking += [name for name in ("ssl", "v2") if f"--with-http_{name}_module" not in build.options]
    if settings.serve.trusted_proxies and "--with-http_realip_module" not in build.options:
        lacking.append("realip")
    if lacking:
        raise ToolUnusable(
            f"the host's nginx {build.version} was built without: {', '.join(lacking)}",
            "install the distribution's full package, or leave out the setting that needs it (http.gzip, serve.trusted_proxies, tls.mode, [access], [limits])",
            slug="nginx-lacks-module",
        )
