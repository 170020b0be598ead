"""A uWSGI configuration, translated into settings of enuf."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from enuf.discover.serve_command import number
from enuf.install.takeover.found import Gap, Taken, Translation
from enuf.install.takeover.known_words import UWSGI_OWN_WAY
from enuf.model.address import Address
from enuf.settings.shapes import spelled
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig
from enuf.syntax.uwsgi_sockets import PROTOCOLS, address_of

_BESIDE = frozenset(
    ["attach-daemon", "attach-daemon2", "smart-attach-daemon", "smart-attach-daemon2", "legion-attach-daemon"]
)
_PLANNED = frozenset(["cron", "cron2", "unique-cron", "legion-cron", "signal-timer", "signal-rbtimer"])
_QUEUED = frozenset(["mule", "mules", "farm", "spooler", "spooler-processes", "spooler-import"])
_TASKS = frozenset(["gevent", "async", "asyncio", "ugreen", "greenlet", "loop", "gevent-monkey-patch"])


def translate_uwsgi(config: UwsgiConfig, project: str) -> Translation:
    """Return what the options of a uWSGI mean for enuf."""
    settings: dict[str, Taken] = {}
    gaps: list[Gap] = []
    for option in config.options:
        if config.last(option.name) is not option and option.name not in ("static-map", "env", "mount"):
            continue
        translate = _TRANSLATED.get(option.name)
        if translate is not None:
            for key, value in translate(option, config, project):
                if value is None:
                    gaps.append(
                        _gap(option, "only the machine that runs it knows the value; set it yourself")
                    )
                else:
                    taken = Taken(value=value, place=_place(option))
                    settings[key] = taken.after(settings[key]) if key in settings else taken
        elif (why := _why_left_out(option)) is not None:
            gaps.append(_gap(option, why))
    return Translation(settings={**_defaults(config), **settings}, gaps=tuple(gaps))


def _defaults(config: UwsgiConfig) -> dict[str, Taken]:
    """Return the numbers of a uWSGI that does not set them."""
    alone = Taken(value="1", place=config.main_file)
    return {
        key: alone
        for key, name in (("serve.processes", "processes"), ("serve.threads", "threads"))
        if not config.last(name)
    }


def uwsgi_listens(config: UwsgiConfig, directory: str) -> tuple[Address, ...]:
    """Return the addresses that a uWSGI listens on, as far as they are known."""
    folder = config.working_folder(directory)
    sockets = (option for option in config.options if option.name in PROTOCOLS and not option.unresolved)
    addresses = (address_of(option.value, folder) for option in sockets)
    return tuple(address for address in addresses if address is not None)


def _place(option: ParsedOption) -> str:
    return f"{option.written.file}:{option.written.line}"


def _gap(option: ParsedOption, why: str) -> Gap:
    return Gap(place=_place(option), text=option.key, why=why)


def _why_left_out(option: ParsedOption) -> str | None:
    """Return why enuf has nothing for an option; None for one whose work enuf does in its own way."""
    name = option.name
    if name in UWSGI_OWN_WAY or name in PROTOCOLS or name.startswith(("if", "end", "for", "print", "log-")):
        return None
    if name == "env":
        return None  # carried over with the other variables
    if name in _BESIDE | _QUEUED | _PLANNED:
        return "a process beside the web app: the page about background jobs says how to run it"
    if name in _TASKS:
        return "many tasks in one thread: set serve.greenlets, if the app needs them"
    if name.startswith("route") or name.endswith(("route", "route-run")):
        return "a rule about requests: the app or nginx must do it, see the setting raw"
    if name == "emperor":
        return "a uWSGI that starts others: adopt each of their apps by itself"
    return "enuf has no setting for it"


Translated = Iterator[tuple[str, str | None]]


def _number(key: str, unit: str = "") -> Callable[[ParsedOption, UwsgiConfig, str], Translated]:
    def translate(option: ParsedOption, _config: UwsgiConfig, _project: str) -> Translated:
        value = None if option.unresolved or option.conditional else number(option.value)
        if value is not None or option.value.strip() != "0":
            yield key, None if value is None else f"{value}{unit}"

    return translate


def _lazy(option: ParsedOption, _config: UwsgiConfig, _project: str) -> Translated:
    if option.is_on:
        yield "workers.lazy", "true"


def _home(option: ParsedOption, _config: UwsgiConfig, _project: str) -> Translated:
    folder = option.value.removesuffix("/").removesuffix("/bin/python")
    yield "python", None if option.unresolved else f"{folder}/bin/python"


def _pythonpath(option: ParsedOption, config: UwsgiConfig, project: str) -> Translated:
    if option.unresolved or posixpath.normpath(posixpath.join(config.directory, option.value)) != project:
        yield "", None


def _static_map(option: ParsedOption, config: UwsgiConfig, project: str) -> Translated:
    url, _, folder = option.value.partition("=")
    if option.unresolved or not url.startswith("/"):
        yield "static.extra", None
        return
    path = posixpath.normpath(posixpath.join(config.directory, folder))
    if (url.strip("/"), path) != ("static", f"{project}/static"):
        yield "static.extra", spelled({f"/{url.strip('/')}/": path})


def _mount(option: ParsedOption, config: UwsgiConfig, _project: str) -> Translated:
    prefix = option.value.partition("=")[0].rstrip("/")
    if option.unresolved or len(config.all("mount")) > 1:
        yield "", None
    elif prefix:
        yield "serve.prefix", prefix


_TRANSLATED: dict[str, Callable[[ParsedOption, UwsgiConfig, str], Translated]] = {
    "processes": _number("serve.processes"),
    "threads": _number("serve.threads"),
    "harakiri": _number("serve.timeout", "s"),
    "max-requests": _number("workers.max_requests"),
    "reload-on-rss": _number("workers.max_memory", "m"),
    "max-worker-lifetime": _number("workers.max_age", "s"),
    "limit-post": _number("serve.max_body"),
    "lazy-apps": _lazy,
    "lazy": _lazy,
    "home": _home,
    "pythonpath": _pythonpath,
    "static-map": _static_map,
    "mount": _mount,
}
