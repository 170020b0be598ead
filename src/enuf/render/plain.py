"""The files of `enuf render --plain`: a plan in the short form that the lecture notes write by hand."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.plan import ConfigFile, Plan
from enuf.plan.check import not_writable, refuse_without_files
from enuf.plan.topologies import SERVERS
from enuf.render.plain_ini import service_ini, trial_ini
from enuf.render.plain_site import nginx_conf, site, uwsgi_params_file
from enuf.render.plain_values import NGINX_GROUP, TRIAL, PlainValues
from enuf.servers.uwsgi_options import INI
from enuf.settings.fields import value_of
from enuf.settings.schema import Settings


def plain_files(plan: Plan, settings: Settings, user: str) -> tuple[ConfigFile, ...]:
    """Return the files of a plan. Raise SettingsInvalid for a plan that the short form cannot express."""
    _refuse(plan, settings)
    try:
        values = _values(plan, settings, user)
        return _files(plan, values)
    except ValueError as error:
        raise not_writable(error) from error


def _files(plan: Plan, values: PlainValues) -> tuple[ConfigFile, ...]:
    if _has_ini(plan):
        inis = (trial_ini(values), *((service_ini(values),) if plan.front else ()))
    else:  # the server's own files, as enuf itself runs with them
        inis = tuple(replace(file, name=f"conf/{file.name}") for file in plan.files_of("server"))
    return inis + ((site(values), nginx_conf(values), uwsgi_params_file()) if plan.front else ())


def _has_ini(plan: Plan) -> bool:
    """Return True for a server that is configured by a file of uWSGI options."""
    return any(file.name == INI for file in plan.files)


def _command(plan: Plan) -> tuple[str, ...]:
    """Return the command that starts the server with its written files."""
    paths = plan.paths
    return tuple(word.replace(paths.generation_folder, paths.conf) for word in plan.server.process.argv)


def _as_root(plan: Plan, user: str) -> tuple[str, ...]:
    """Return the command with which root starts the server as this user, with a socket for nginx's group."""
    opening = SERVERS[plan.topology.server].in_words.open_to_group
    if not opening or plan.front is None:
        return ()
    return ("runuser", "-u", user, "-g", NGINX_GROUP, "--", *_command(plan), *opening)


def _values(plan: Plan, settings: Settings, user: str) -> PlainValues:
    shared = next((at for at in plan.server.shared if isinstance(at, TcpAddress)), None)
    at = shared or plan.server.serves_at
    trial = TRIAL if plan.front else plan.listen
    return PlainValues(
        name=plan.name,
        project=plan.paths.project,
        folder=plan.paths.home,
        run=plan.paths.runtime,
        app=plan.app,
        python=plan.toolchain.python.executable,
        virtualenv=_virtualenv(plan),
        listen=(plan.listen, *plan.more_listen),
        trial=trial,
        wire=plan.server.wire,
        upstream=at if isinstance(at, TcpAddress) else UnixAddress(plan.paths.app_socket),
        processes=plan.processes,
        threads=plan.threads,
        loading=plan.loading,
        timeout_s=max(1, int(settings.serve.timeout.seconds)),
        max_body_bytes=settings.serve.max_body.bytes,
        hosts=settings.serve.hosts,
        www_pairs=settings.serve.www_pairs,
        pair=plan.tls.source if plan.tls else (),
        static_folders=plan.static_folders,
        env_files=plan.env_files,
        user=user,
        server_command="" if _has_ini(plan) else shlex.join(_command(plan)),
        server_as_root="" if _has_ini(plan) else shlex.join(_as_root(plan, user)),
    )


def _virtualenv(plan: Plan) -> str:
    python = plan.toolchain.python
    return python.prefix if python.is_virtualenv else ""


def _refuse(plan: Plan, settings: Settings) -> None:
    refuse_without_files(plan)
    if plan.app.loader != "module":
        raise SettingsInvalid(
            f"{plan.app} is no module, and --plain writes no Python that loads it",
            "import the app in a wsgi.py of yours, and render that",
        )
    if plan.app.call:
        raise SettingsInvalid(
            f"uWSGI cannot pass arguments to an app factory, and --plain writes no Python: {plan.app}",
            f"call it in a wsgi.py of yours: `app = {plan.app.attribute}({plan.app.call})`, and render that",
        )
    _refuse_extras(settings)
    if settings.static.protected:
        raise SettingsInvalid(
            "static.protected needs enuf's wrapper around the app, and --plain writes no Python",
            "render without --plain, or leave it out: --set static.protected=''",
        )
    if settings.serve.prefix:
        raise SettingsInvalid(
            f"serve.prefix = {settings.serve.prefix} has no place in the plain files",
            "render without --plain, or leave it out: --set serve.prefix=''",
        )


_NOT_PLAIN = (
    *("tls.http", "tls.hsts", "serve.proxy_protocol", "serve.trusted_proxies"),
    *("static.spa", "static.cache", "static.cors", "static.index", "static.precompressed"),
    *("access.passwords", "access.allow", "access.deny"),
    *("cache.paths", "limits.requests", "limits.paths", "limits.connections", "limits.queue"),
    *("http.error_pages", "http.maintenance", "processes", "schedule"),
)


def _refuse_extras(settings: Settings) -> None:
    """Raise SettingsInvalid for a setting that the short form leaves out."""
    for key in _NOT_PLAIN:
        if value_of(settings, key) != value_of(Settings(), key):
            raise SettingsInvalid(
                f"{key} has no place in the plain files", "render without --plain, or leave the setting out"
            )
