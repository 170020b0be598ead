"""Checks for settings that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.numbers import decimal
from enuf.settings.acme_checks import acme_contradictions
from enuf.settings.beside_contradictions import beside_contradictions
from enuf.settings.fields import value_of
from enuf.settings.host_contradictions import www_contradictions
from enuf.settings.origin import DEFAULT, Origin
from enuf.settings.proxy_trust import proxy_contradictions
from enuf.settings.schema import Settings
from enuf.settings.shapes import spelled
from enuf.settings.unix_visitors import without_address
from enuf.syntax.nginx_balance import fault_in_lines

_THE_LINK = "enuf makes the socket between nginx and uWSGI itself, change serve.listen or topology instead"
_THE_SUPERVISOR = "enuf starts, watches and stops uWSGI itself"
_INSTEAD = {
    "harakiri": "set serve.timeout, which uWSGI and nginx both follow",
    "socket": _THE_LINK,
    "uwsgi-socket": _THE_LINK,
    "http-socket": _THE_LINK,
    "http": _THE_LINK,
    "chmod-socket": f"{_THE_LINK}; the socket is private to both servers",
    "daemonize": f"{_THE_SUPERVISOR}, run `enuf up -d` instead",
    "daemonize2": f"{_THE_SUPERVISOR}, run `enuf up -d` instead",
    "pidfile": f"{_THE_SUPERVISOR}, ask `enuf status` for process ids",
    "pidfile2": f"{_THE_SUPERVISOR}, ask `enuf status` for process ids",
    "safe-pidfile": f"{_THE_SUPERVISOR}, ask `enuf status` for process ids",
    "uid": "set serve.user, which uWSGI and nginx both follow",
    "gid": "set serve.user, which uWSGI and nginx both follow",
    "master-fifo": f"{_THE_SUPERVISOR} through that fifo, use `enuf reload` and `enuf down`",
    **dict.fromkeys(
        ("processes", "workers", "p"), "set serve.processes, which the queue and the advice follow too"
    ),
    "threads": "set serve.threads, which the queue and the advice follow too",
    **dict.fromkeys(
        ("cheaper", "cheaper-initial"), "set workers.scale, which sets the number of processes too"
    ),
    **dict.fromkeys(("lazy", "lazy-apps"), "set workers.lazy, which looks at what the import leaves behind"),
    **dict.fromkeys(
        ("max-worker-lifetime", "min-worker-lifetime"), "set workers.max_age, which sets both ends"
    ),
    "max-requests": "set workers.max_requests",
    **dict.fromkeys(
        ("logto", "logto2", "logger", "req-logger"),
        "enuf keeps and rotates the server's log, see `enuf logs`",
    ),
    "listen": "enuf makes the socket itself, with the longest queue that the system allows",
    "chdir": "the app starts in the project's folder, as the trial import does: name another one with --project",
    **dict.fromkeys(
        ("ini", "xml", "yaml", "yml", "json"),
        "it holds options, not files of options: write them into [raw.uwsgi]",
    ),
    "master": f"{_THE_SUPERVISOR} through its master process",
    **dict.fromkeys(
        ("module", "wsgi", "wsgi-file", "file", "callable", "mount"),
        "set app, which the trial import proves first",
    ),
    **dict.fromkeys(("home", "virtualenv", "venv", "pyhome"), "set python, which the trial import uses too"),
    "stats": "enuf reads the statistics at an address of its own, see `enuf status` and `enuf top`",
    "stats-server": "enuf reads the statistics at an address of its own, see `enuf status` and `enuf top`",
}


def setting_contradictions(settings: Settings, origins: Mapping[str, Origin]) -> list[str]:
    """Return one sentence per contradiction, each with its origin in front."""
    return [
        *_raw_uwsgi(settings, origins),
        *_raw_nginx(settings, origins),
        *_same_address(settings, origins),
        *(
            f"{origins.get(key, DEFAULT)}: {text}"
            for key, text in (
                *_tls(settings),
                *www_contradictions(settings.serve),
                *without_address(settings),
                *proxy_contradictions(settings),
                *_maintenance(settings),
                *beside_contradictions(settings),
            )
        ),
    ]


def _maintenance(settings: Settings) -> Iterator[tuple[str, str]]:
    if "unix:" in settings.http.maintenance_allow:
        yield (
            "http.maintenance_allow",
            'http.maintenance_allow = ["unix:"]: a visitor has an IP address: name it, or its network',
        )


def _tls(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the contradictions of the section [tls], each with its setting."""
    tls, addresses = settings.tls, settings.serve.addresses
    if tls.mode == "acme":
        yield from acme_contradictions(settings)
    missing = [key for key in ("certificate", "key") if not getattr(tls, key)]
    if tls.mode == "files" and missing:
        yield (
            "tls.mode",
            f'tls.mode = "files" needs {" and ".join(f"tls.{key}" for key in missing)}: name the file',
        )
    elif tls.mode == "off" and len(missing) == 1:
        yield (
            f"tls.{'certificate' if tls.certificate else 'key'}",
            f"tls.{missing[0]} is missing: HTTPS needs both files",
        )
    if not tls.on:
        return
    if any(isinstance(address, UnixAddress) for address in addresses):
        yield (
            "serve.listen",
            'serve.listen names a unix socket, and with tls.mode it would speak TLS: name IP:port, or set tls.mode = "off"',
        )
    if isinstance(tls.http, TcpAddress):
        yield from _plain_address(tls.http, settings)


def _plain_address(plain: TcpAddress, settings: Settings) -> Iterator[tuple[str, str]]:
    if plain.port == 0:
        yield "tls.http", "tls.http has port 0: visitors must know the port, name it"
    elif plain in settings.serve.addresses or plain == settings.dashboard.listen:
        other = "serve.listen" if plain in settings.serve.addresses else "dashboard.listen"
        yield "tls.http", f"tls.http and {other} are both {plain}: give one of them another port"


def _raw_uwsgi(settings: Settings, origins: Mapping[str, Origin]) -> Iterator[str]:
    for option, value in settings.raw.uwsgi.items():
        instead = _INSTEAD.get(option.replace("_", "-"))
        if instead:
            yield f"{origins.get('raw.uwsgi', DEFAULT)}: raw.uwsgi sets {option}: {instead}"
        elif option.replace("_", "-") == "buffer-size" and not _is_buffer_size(value):
            where = origins.get("raw.uwsgi", DEFAULT)
            yield f"{where}: raw.uwsgi: buffer-size = {spelled(value)} is no number of bytes from 4096 to 65536: uWSGI would answer no request"


def _is_buffer_size(value: object) -> bool:
    number = decimal(str(value))
    return number is not None and 4096 <= number <= 65_536


def _raw_nginx(settings: Settings, origins: Mapping[str, Origin]) -> Iterator[str]:
    """Yield the raw lines that would run into the lines around them."""
    for key in ("raw.nginx_server", "raw.nginx_http"):
        fault = fault_in_lines(str(value_of(settings, key)))
        if fault:
            yield f"{origins.get(key, DEFAULT)}: {key}: {fault}"


def _same_address(settings: Settings, origins: Mapping[str, Origin]) -> Iterator[str]:
    site, dashboard = settings.serve.addresses, settings.dashboard.listen
    any_port = isinstance(dashboard, TcpAddress) and dashboard.port == 0
    if dashboard in site and not any_port:
        where = origins.get("dashboard.listen", DEFAULT)
        if where.kind == "default":
            where = origins.get("serve.listen", DEFAULT)
        yield f'{where}: serve.listen and dashboard.listen are both {dashboard}: give one of them another port, or set dashboard.listen = "off"'
