"""What an app needs and this plan does not give: said before a visitor meets it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from enuf.model.app import AppReport, AppTrait
from enuf.model.topology import Topology
from enuf.plan.topologies import FRONTS, SERVERS
from enuf.settings.schema import Settings

_ONE = "serve.processes = 1 with more serve.threads"
_CAN = 'topology = "nginx-gunicorn" can'
FEW_WEBSOCKETS = 16
"""With fewer threads in all, a handful of open WebSockets leaves none for requests."""
MANY_THREADS = 64


class _Ground(msgspec.Struct, frozen=True):
    """What the warnings depend on."""

    row: Topology
    processes: int
    threads: int
    greenlets: bool
    lazy: bool
    user: str
    is_dev: bool
    hosts: tuple[str, ...]
    extra: frozenset[str]
    """URLs of static.extra."""
    protected: bool
    """True where static.protected names folders."""

    @property
    def upgrades(self) -> bool:
        """True where a connection can become a WebSocket: the app can take it over."""
        return SERVERS[self.row.server].upgrades

    @property
    def most_at_once(self) -> int | None:
        """The most requests and open WebSockets at once; None for a server that starts a thread for each."""
        return None if "serve.threads" in SERVERS[self.row.server].ignores else self.processes * self.threads


def forewarned(
    report: AppReport, settings: Settings, row: Topology, *, processes: int, lazy: bool, user: str
) -> tuple[str, ...]:
    """Return one sentence, with its cure, about each trait of the app that this plan does not suit."""
    extra = frozenset(settings.static.extra)
    ground = _Ground(
        row,
        processes,
        settings.serve.at_once,
        bool(settings.serve.greenlets),
        lazy,
        user,
        is_dev=settings.reload.watch,
        hosts=settings.serve.hosts,
        extra=extra,
        protected=bool(settings.static.protected),
    )
    found = (_WORDS[trait.kind](trait, ground) for trait in report.traits if trait.kind in _WORDS)
    return tuple(sentence for sentence in found if sentence)


def _websocket(trait: AppTrait, ground: _Ground) -> str:
    if ground.upgrades:
        return _few_threads(trait, ground)
    return (
        f"the app uses WebSockets ({trait.what}), and topology {ground.row.id!r} cannot serve them: "
        f"every handshake fails; {_CAN}"
    )


def _few_threads(trait: AppTrait, ground: _Ground) -> str:
    most = ground.most_at_once
    if most is None or ground.greenlets or (most >= FEW_WEBSOCKETS and ground.threads > 1):
        return ""
    return (
        f"each open WebSocket ({trait.what}) takes a thread, and there {'is' if most == 1 else 'are'} {most} for all requests: "
        f"serve.threads = {MANY_THREADS} gives each process so many"
    )


def _socketio(trait: AppTrait, ground: _Ground) -> str:
    if ground.processes == 1:
        if ground.upgrades:
            return _few_threads(trait, ground)
        return _websocket(trait, ground) + ", its clients fall back to long polling"
    more = "" if ground.upgrades else f", and {_CAN.removesuffix(' can')} for WebSockets"
    return (
        f"each client of {trait.what} must meet the same process every time, and there are {ground.processes}: "
        f"sessions are lost; {_ONE}{more}"
    )


def _async_mode(trait: AppTrait, ground: _Ground) -> str:
    """Return the words about a Socket.IO server that was made for another kind of worker."""
    title, chosen = SERVERS[ground.row.server].title, f'Socket.IO has chosen async_mode = "{trait.what}"'
    if ground.greenlets:
        if trait.what == "gevent":
            return ""
        return f'{chosen}, and {title} runs gevent here: SocketIO(app, async_mode="gevent") in the app'
    cure = 'SocketIO(app, async_mode="threading") in the app'
    if trait.what == "gevent":
        needs = "serve.greenlets = 1000"
        if "serve.greenlets" in SERVERS[ground.row.server].refuses:
            needs = f'topology = "nginx-gunicorn" with {needs}'
        cure += f", or {needs}"
    return f"{chosen}, and {title} runs threads here: {cure}"


def _other_websocket(_trait: AppTrait, ground: _Ground) -> str:
    """Return the words about a package that takes the place of the one with which Socket.IO's WebSockets work."""
    if not ground.greenlets:
        return ""
    return (
        "gevent-websocket is installed, and where it is, Socket.IO's WebSockets work with a server of its own only: they fail "
        "here; pip uninstall gevent-websocket"
    )


def _many(sentence: str) -> Callable[[AppTrait, _Ground], str]:
    """Return the words about what only one process can do; `{what}` and `{count}` stand in them."""

    def words(trait: AppTrait, ground: _Ground) -> str:
        return sentence.format(what=trait.what, count=ground.processes) if ground.processes > 1 else ""

    return words


def _scheduler(trait: AppTrait, ground: _Ground) -> str:
    if not ground.lazy or ground.processes == 1:
        return ""
    return f"{trait.what} runs in each of {ground.processes} processes, and so does each job; {_ONE}, or a process of its own for the jobs"


def _x_sendfile(trait: AppTrait, ground: _Ground) -> str:
    if ground.protected:
        return ""
    off = f"set {trait.what} = False in the app"
    if ground.row.front not in FRONTS or "static.protected" in SERVERS[ground.row.server].refuses:
        return f"{trait.what} is on, and no server here obeys X-Sendfile: such answers arrive empty; {off}"
    return (
        f"{trait.what} is on, and no folder is named from which nginx may send: such answers arrive empty; "
        f'static.protected = {{ "/private/" = "./private" }}, with your folder, or {off}'
    )


def _unwritable(trait: AppTrait, ground: _Ground) -> str:
    return (
        f"the app runs as {ground.user}, who cannot write the database {trait.what}, or its folder, where SQLite keeps "
        f"its journal: give both to {ground.user}, or name their owner in serve.user"
    )


def _django_debug(_trait: AppTrait, ground: _Ground) -> str:
    if ground.is_dev:
        return ""
    return "Django runs with DEBUG = True: an error shows code and settings to every visitor; DEBUG = False in its settings"


def _django_hosts(trait: AppTrait, ground: _Ground) -> str:
    allowed = trait.what.split()
    refused = [host for host in ground.hosts if not any(_covers(each, host) for each in allowed)]
    if refused:
        return (
            f"serve.hosts names {', '.join(refused)}, and Django's ALLOWED_HOSTS does not: a request for it is "
            "answered 400; name it in both"
        )
    if allowed:
        return ""
    return 'ALLOWED_HOSTS is empty, so Django answers 400 to everybody: name the hosts of the site in it, or ["127.0.0.1"] to try it here'


def _covers(allowed: str, host: str) -> bool:
    """Return True when an entry of ALLOWED_HOSTS covers a name of serve.hosts, which may be `*.example.com`."""
    name = host.lower().removeprefix("*")
    allowed = allowed.lower()
    return allowed in ("*", name) or (allowed.startswith(".") and f".{name}".endswith(allowed))


def _django_static(trait: AppTrait, _ground: _Ground) -> str:
    return f"Django's static files are not collected, so its pages have no CSS: {trait.what} python manage.py collectstatic"


def _django_media(trait: AppTrait, ground: _Ground) -> str:
    url, _, folder = trait.what.partition(" ")
    if url in ground.extra or ground.row.front not in FRONTS:
        return ""
    return (
        f"nobody serves Django's MEDIA_ROOT at {url}: if everybody may read what is uploaded, "
        f'static.extra = {{ "{url}" = "{folder}" }} lets nginx send it'
    )


_WORDS: dict[str, Callable[[AppTrait, _Ground], str]] = {
    "django-debug": _django_debug,
    "django-hosts": _django_hosts,
    "django-static": _django_static,
    "django-media": _django_media,
    "websocket": _websocket,
    "socketio": _socketio,
    "async-mode": _async_mode,
    "gevent-websocket": _other_websocket,
    "scheduler": _scheduler,
    "x-sendfile": _x_sendfile,
    "unwritable": _unwritable,
    "metrics": _many(
        "{what} counts in each of {count} processes by itself, so /metrics tells of one of them only; "
        "PROMETHEUS_MULTIPROC_DIR in the environment names an empty folder that they share, or serve.processes = 1"
    ),
    "cache": _many(
        "{what} is in the memory of each of {count} processes by itself: what one stores or deletes the others do not "
        "see; use a cache that they share (Redis, files), or serve.processes = 1"
    ),
    "limiter": _many(
        "the limiter counts in {what}, in each of {count} processes by itself: visitors get up to {count} times as much; "
        "give it a storage that they share (redis://), or serve.processes = 1"
    ),
    "one-process": _many(
        "{what} keeps its state in the memory of one process, and there are {count}; " + _ONE
    ),
}
