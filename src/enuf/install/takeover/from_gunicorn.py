"""The settings of a gunicorn, translated into settings of enuf."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.discover.gunicorn_settings import GunicornSetting, GunicornSettings
from enuf.discover.serve_command import number
from enuf.install.takeover.found import Gap, Taken, Translation
from enuf.install.takeover.known_words import GUNICORN_OWN_WAY, GUNICORN_SETTINGS
from enuf.model.address import Address
from enuf.syntax.uwsgi_sockets import address_of

_NUMBERS = {
    "workers": ("serve.processes", ""),
    "threads": ("serve.threads", ""),
    "timeout": ("serve.timeout", "s"),
    "max_requests": ("workers.max_requests", ""),
}
_DEFAULTS = {"workers": "1", "threads": "1", "timeout": "30"}
_CONNECTIONS = "1000"


def translate_gunicorn(settings: GunicornSettings, place: str) -> Translation:
    """Return what the settings of a gunicorn mean for enuf. `place` describes the server."""
    taken: dict[str, Taken] = {}
    gaps: list[Gap] = []
    for name, (key, unit) in _NUMBERS.items():
        setting = settings.get(name)
        if setting is not None and setting.values is None:
            gaps.append(Gap(place=setting.place, text=name, why="the value is computed; set it yourself"))
            continue
        value = number(setting.text if setting else _DEFAULTS.get(name))
        if value is not None:
            taken[key] = Taken(value=f"{value}{unit}", place=setting.place if setting else place)
    taken.update(_greenlets(settings))
    gaps += _left_out(settings)
    return Translation(settings=taken, gaps=tuple(gaps))


def gunicorn_listens(settings: GunicornSettings, directory: str) -> tuple[Address, ...]:
    """Return the addresses that a gunicorn listens on."""
    bound = settings.get("bind")
    texts = (bound.values or ()) if bound else ("127.0.0.1:8000",)
    addresses = (_address(text, directory) for each in texts for text in each.split(","))
    return tuple(address for address in addresses if address is not None)


def _address(text: str, directory: str) -> Address | None:
    text = text.strip().removeprefix("tcp://")
    if text.startswith("unix:"):
        return address_of(posixpath.join(directory, text.removeprefix("unix:").replace("//", "/")), directory)
    return address_of(text if ":" in text else f"{text}:8000", directory)


def _greenlets(settings: GunicornSettings) -> Iterator[tuple[str, Taken]]:
    worker = settings.get("worker_class")
    if worker is not None and worker.text == "gevent":
        connections = settings.get("worker_connections")
        value = connections.text if connections and connections.text else _CONNECTIONS
        yield "serve.greenlets", Taken(value=value, place=worker.place)


def _left_out(settings: GunicornSettings) -> Iterator[Gap]:
    for name, setting in settings.items():
        why = _why_left_out(name, setting)
        if why:
            yield Gap(place=setting.place, text=name, why=why)


def _why_left_out(name: str, setting: GunicornSetting) -> str:
    if name in GUNICORN_OWN_WAY or name in _NUMBERS or name not in GUNICORN_SETTINGS:
        return ""
    if name == "raw_env":
        why = "variables that are computed: set them with enuf env set"
        return why if setting.values is None else ""
    if name in ("worker_class", "worker_connections"):
        return (
            ""
            if setting.text in ("sync", "gthread", "gevent", "") or setting.text.isdigit()
            else "enuf has no such workers"
        )
    if name.startswith(("on_", "when_", "pre_", "post_", "worker_", "child_", "nworkers_")):
        return "a hook of gunicorn's: enuf does not call it"
    return "enuf has no setting for it"
