"""The checks of a plan before anything is started."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.errors import AppNotFound, SettingsInvalid, ToolUnusable
from enuf.fronts import nginx_limits
from enuf.model.address import UNIX_PATH_LIMIT_BYTES, Address, TcpAddress, UnixAddress
from enuf.model.app import AppReport
from enuf.model.plan import Plan
from enuf.model.tool import Toolchain
from enuf.model.topology import Topology
from enuf.plan.greenlets import greenlet_contradictions
from enuf.plan.topologies import FRONTS, SERVERS, TOPOLOGIES, address_of_link, illegal_because
from enuf.settings.fields import value_of
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings
from enuf.settings.values import ProcessRange


def contradictions(settings: Settings, row: Topology, origins: Mapping[str, Origin]) -> list[str]:
    """Return the settings that this topology cannot honour together, one sentence each after its origin."""
    problems = [("topology", reason)] if (reason := illegal_because(row)) else []
    problems += [*_needs_front(settings, row), *_refused_by_server(settings, row), *_two_numbers(settings)]
    problems += [*_one_address_for_two(settings, row), *greenlet_contradictions(settings)]
    limit = SERVERS[row.server].max_header_bytes
    if limit is not None and settings.serve.max_header.bytes > limit:
        wish = settings.serve.max_header
        problems.append(
            ("serve.max_header", f"serve.max_header = {wish}: {row.server} takes {limit // 1024}k at most")
        )
    return [f"{origins[key]}: {text}" if key in origins else text for key, text in problems]


_NEEDS_FRONT = (
    "serve.hosts", "serve.www", "serve.health_path", "serve.trusted_proxies", "serve.proxy_protocol", "serve.prefix",
    "static.extra", "static.protected", "static.spa", "http.error_pages", "http.maintenance", "tls.mode", "cache.paths",
    "access.passwords", "access.allow", "access.deny", "limits.requests", "limits.paths", "limits.connections", "limits.queue",
    "raw.nginx_http", "raw.nginx_server",
)  # fmt: skip


def _needs_front(settings: Settings, row: Topology) -> list[tuple[str, str]]:
    if row.front in FRONTS:
        return []
    keys = _changed(settings, frozenset(_NEEDS_FRONT))
    if len(settings.serve.addresses) > 1 or isinstance(settings.serve.address, UnixAddress):
        keys.append("serve.listen")
    able = ", ".join(
        each.id for each in TOPOLOGIES.values() if each.front in FRONTS and each.server == row.server
    )
    others = f": those with one are {able}" if able else ""
    return [
        (key, f"{key} needs a web server in front, and topology {row.id!r} has none{others}") for key in keys
    ]


def _refused_by_server(settings: Settings, row: Topology) -> list[tuple[str, str]]:
    server = SERVERS[row.server]
    return [
        (key, f"{key}: {server.title}, in topology {row.id!r}, cannot do that{_others(key, row)}")
        for key in _changed(settings, server.refuses)
        if row.front in FRONTS or key not in _NEEDS_FRONT
    ]


def _others(key: str, row: Topology) -> str:
    """Return the topologies, with a front or without as this one, whose servers can do what the setting says."""
    able = (
        each.id
        for each in TOPOLOGIES.values()
        if each.front == row.front and key not in SERVERS[each.server].refuses
    )
    named = ", ".join(able)
    return f": those that can are {named}" if named else ""


_ONLY_A_FRONT_OBEYS = frozenset(
    {
        "cache.size",
        "cache.stale",
        "serve.max_body",
        "serve.socket_mode",
        "serve.websocket_timeout",
        "http.gzip",
        "http.security_headers",
        "http.request_id",
        "http.maintenance_allow",
        "log.format",
        "static.mode",
        "static.spa_except",
        "static.cache",
        "static.cors",
        "static.index",
        "static.precompressed",
    }
)


def ignored(settings: Settings, row: Topology) -> tuple[str, ...]:
    """Return notes about settings that have no effect in this topology."""
    server, notes = SERVERS[row.server], list[str]()
    if keys := _changed(settings, server.ignores):
        notes.append(f"{server.title} has nothing for {', '.join(keys)}: not in force in topology {row.id!r}")
    alone = _ONLY_A_FRONT_OBEYS | server.ignores_alone
    if row.front not in FRONTS and (keys := _changed(settings, alone)):
        notes.append(
            f"topology {row.id!r} has no web server in front: these settings have no effect: {', '.join(keys)}"
        )
    elif _changed(settings, frozenset({"serve.socket_mode"})) and not _has_unix_socket(settings):
        notes.append("serve.socket_mode has no effect: serve.listen names no unix socket")
    return tuple(notes)


def _has_unix_socket(settings: Settings) -> bool:
    return any(isinstance(address, UnixAddress) for address in settings.serve.addresses)


def open_to_local_users(settings: Settings, row: Topology) -> tuple[str, ...]:
    """Return a warning about a server through which every user of this machine can run code."""
    address = address_of_link(row, settings) if row.link.runs_code else None
    if address is None:
        return ()
    private = next((other.id for other in TOPOLOGIES.values() if _is_private_like(other, row)), "")
    cure = f": use topology {private!r}, whose socket is private" if private else ""
    return (
        f"whoever can connect to {address}, as every user of this machine, can run code as the app{cure}",
    )


def _is_private_like(other: Topology, row: Topology) -> bool:
    alike = (other.front, other.server, other.link.wire) == (row.front, row.server, row.link.wire)
    return alike and not other.link.runs_code


def _changed(settings: Settings, keys: frozenset[str]) -> list[str]:
    """Return the keys whose settings differ from their defaults."""
    unset = Settings()
    return [key for key in sorted(keys) if value_of(settings, key) != value_of(unset, key)]


def _two_numbers(settings: Settings) -> list[tuple[str, str]]:
    processes, scale = settings.serve.processes, settings.workers.scale
    if processes == "auto" or not isinstance(scale, ProcessRange):
        return []
    why = f"serve.processes = {processes} is a fixed number and workers.scale = {scale} is not: remove one of them"
    return [("serve.processes", why)]


def _one_address_for_two(settings: Settings, row: Topology) -> list[tuple[str, str]]:
    """Return a contradiction for each setting that has the address of the link too."""
    link = address_of_link(row, settings)
    if row.front not in FRONTS or link is None or (isinstance(link, TcpAddress) and link.port == 0):
        return []
    others = {
        "serve.listen": settings.serve.addresses,
        "dashboard.listen": (settings.dashboard.listen,),
    }
    return [
        ("serve.link", f"serve.link and {key} are both {link}: give one of them another port")
        for key, addresses in others.items()
        if link in addresses
    ]


def refuse_contradictions(settings: Settings, row: Topology, origins: Mapping[str, Origin]) -> None:
    """Raise SettingsInvalid with all contradictions at once."""
    problems = contradictions(settings, row, origins)
    if len(problems) == 1:
        raise SettingsInvalid(problems[0], "`enuf config` shows every setting and where it came from")
    if problems:
        raise SettingsInvalid(
            f"{len(problems)} settings contradict each other or the topology",
            "`enuf config` shows where each came from",
            detail="\n".join(problems),
        )


def refuse_app(report: AppReport, row: Topology) -> None:
    """Raise AppNotFound if the server cannot run this kind of app."""
    takes_any = SERVERS[row.server].takes_any_wsgi
    if report.app.loader != "module" and not takes_any:
        raise AppNotFound(
            f"topology {row.id!r} imports modules only, and {report.app} is none",
            "use the default topology, nginx-uwsgi, or import the app in a wsgi.py and name that",
        )
    if not report.is_flask and not takes_any:
        raise AppNotFound(
            f"{report.app} is not a Flask app, and topology {row.id!r} can only run Flask apps",
            "use the default topology, nginx-uwsgi, which runs any WSGI app",
            slug="app-not-flask",
        )


def refuse_tool(toolchain: Toolchain, row: Topology) -> None:
    """Raise ToolUnusable if this version of the server does not speak the link's wire."""
    server = SERVERS[row.server]
    feature, tool = server.tool_features.get(row.link.wire), toolchain.tools.get(server.tool or "")
    if feature and tool and feature not in tool.features:
        raise ToolUnusable(
            f"{server.title} {tool.version} does not speak the {row.link.wire} protocol, which topology {row.id!r} needs",
            f"{toolchain.python.executable} -m pip install --upgrade {tool.name}",
        )


def refuse_front(toolchain: Toolchain, settings: Settings) -> None:
    """Raise ToolUnusable for an nginx that is too old for the settings."""
    nginx = toolchain.tools.get("nginx")
    if nginx and settings.limits.of_clients and nginx.version_numbers < nginx_limits.OLDEST:
        oldest = ".".join(map(str, nginx_limits.OLDEST))
        raise ToolUnusable(
            f"nginx {nginx.version} is too old for [limits]: {oldest} is the first that tells which limit a request met",
            'upgrade it, or use the embedded one: nginx = "embedded"',
        )


def refuse_virtualenv(toolchain: Toolchain) -> None:
    """Raise ToolUnusable for a virtualenv that this uWSGI would not find, nor its packages (see F214)."""
    tool, prefix = toolchain.tools.get("uwsgi"), toolchain.python.prefix
    has_plugin = tool is not None and any(feature.startswith("plugin:") for feature in tool.features)
    if has_plugin and toolchain.python.is_virtualenv and not prefix.isascii():
        raise ToolUnusable(
            f"the system's uWSGI cannot use the virtualenv {prefix}: it reads only ASCII letters in that path",
            'move the project, or use the embedded uWSGI: uwsgi = "embedded"',
        )


def refuse_as_site(settings: Settings, row: Topology) -> None:
    """Raise SettingsInvalid for a stack that cannot stand behind the host's own nginx."""
    if row.front not in FRONTS or row.link.transport != "unix":
        raise SettingsInvalid(
            f"the host's nginx reaches the app by a unix socket, and topology {row.id!r} does not serve at one",
            "use the default topology, nginx-uwsgi",
        )
    server = SERVERS[row.server]
    if server.most_sockets == 1:
        raise SettingsInvalid(
            f"{server.title} listens at one socket, and a service needs a second one, at which requests wait while it starts",
            "use the default topology, nginx-uwsgi",
        )
    if settings.tls.mode == "local":
        raise SettingsInvalid(
            'tls.mode = "local": no visitor of a server trusts an authority that was made on it',
            "name a certificate of a public authority by tls.certificate and tls.key, or say --tls off",
        )
    if settings.serve.proxy_protocol:
        raise SettingsInvalid(
            "serve.proxy_protocol: the ports of the host's nginx belong to all its sites, and each would need the PROXY protocol",
            "leave it out for enuf install, and let the proxy send X-Forwarded-For; or serve with enuf up at a port of its own",
        )
    for address in settings.serve.addresses:
        if not isinstance(address, TcpAddress) or address.port == 0:
            raise SettingsInvalid(
                f"{address} is no address for a site of the host's nginx",
                "leave serve.listen out for port 80, or name a port",
            )


def refuse_long_socket(address: Address) -> None:
    """Raise SettingsInvalid for a unix socket path that the kernel cannot bind (F22)."""
    if isinstance(address, UnixAddress) and len(address.path.encode()) > UNIX_PATH_LIMIT_BYTES:
        raise SettingsInvalid(
            f"the socket path {address.path} is {len(address.path.encode())} bytes long, and {UNIX_PATH_LIMIT_BYTES} is the limit of the system",
            "choose a shorter path, for example below /tmp or /run",
        )


def not_writable(error: ValueError) -> SettingsInvalid:
    """Return the error for a text that the language of a file cannot hold."""
    return SettingsInvalid(
        str(error), "rename the folder, or change the setting, that this comes from", slug="text-not-writable"
    )


def refuse_without_files(plan: Plan) -> None:
    """Raise SettingsInvalid for a topology without configuration files."""
    if not plan.files:
        raise SettingsInvalid(
            f"topology {plan.topology.id!r} has no configuration files, only a command line",
            "`enuf plan` shows it",
        )
