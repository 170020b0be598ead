"""The hand-made site of a project on this host: found, read, and put into settings."""

from __future__ import annotations

import glob as globbing
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.discover.managed_starts import managed_starts
from enuf.discover.running_servers import running_servers
from enuf.discover.uwsgi_files import read_text
from enuf.doctor.evidence import Pass
from enuf.doctor.read.sites import read_passes
from enuf.install.takeover.found import Carried, Gap, HandMade, OldServer, Taken
from enuf.install.takeover.from_nginx import cannot_adopt, passes_to, read_site
from enuf.install.takeover.old_environment import carried_variables, running_variables
from enuf.install.takeover.old_servers import old_servers
from enuf.settings.load import Loaded
from enuf.syntax.nginx_read import NginxSources, read_nginx
from enuf.system.switch_user import acting_as, keeper_of
from enuf.system.trust import changeable_by_others, open_to_others

_GLOB_LIMIT = 500
_ROOTS = frozenset(("serve.user", "tls.certificate", "tls.key"))
"""Settings that root obeys: their values are taken from places that only root can change."""
_SAID = "adopted from"

Flags = dict[str, tuple[str, str | tuple[str, ...]]]


class Adopted(msgspec.Struct, frozen=True, kw_only=True):
    """The settings by which enuf serves as the hand-made site does."""

    settings: Mapping[str, Taken]
    target: str | None
    names: tuple[str, ...]
    gaps: tuple[Gap, ...]

    def as_flags(self) -> Flags:
        """Return the settings as flags, which name their places."""
        flags: Flags = {key: (f"{_SAID} {taken.place}", taken.value) for key, taken in self.settings.items()}
        return {**flags, **({"serve.hosts": (_SAID, self.names)} if self.names else {})}


def find_hand_made(project: Path, nginx_conf: str, etc: Path = Path("/etc")) -> HandMade:
    """Return the site of the host's nginx whose requests an app server of the project answers.

    Raise SettingsInvalid where there is none, or several, and, with the place, for what cannot be read.
    """
    folder = Path(os.path.realpath(project))
    running = running_servers(folder)
    managed = list(managed_starts(folder, lambda path: _read(str(path)) or "", etc))
    with acting_as(keeper_of(folder)):
        servers = old_servers(folder, running, managed, etc)
    config = read_nginx(nginx_conf, NginxSources(read=_read, glob=_glob))
    passes = read_passes([config])
    server = _served_by_nginx(servers, passes, folder)
    site = read_site(config, passes, server.listens, _is_empty)
    _refuse_open_folders(site.files)
    return HandMade(site=site, server=server, carried=_carried(server, folder))


def _carried(server: OldServer, project: Path) -> Carried:
    """Return the variables of the server, also of one that nothing but its own process describes.

    Those of the project's file .env stay there: the new site reads it too.
    """
    sources = [each for each in server.variables if each.path != str(project / ".env")]
    if server.pid is not None and not (server.unit or server.started_by):
        sources = [
            *running_variables(server.pid, f"the running {server.program} (pid {server.pid})"),
            *sources,
        ]
    return carried_variables(sources)


def _served_by_nginx(servers: list[OldServer], passes: Sequence[Pass], project: Path) -> OldServer:
    reached = [each for each in servers if passes_to(passes, each.listens)]
    reached = [each for each in reached if each.pid is not None] or reached
    if len(reached) == 1:
        return reached[0]
    if reached:
        places = ", ".join(each.place for each in reached)
        raise cannot_adopt(
            f"nginx passes requests to more than one app server of {project}: {places}",
            "stop or remove all but the one whose site is to be adopted",
        )
    if servers:
        listens = ", ".join(f"{each.place} at {address}" for each in servers for address in each.listens)
        summary = f"nginx passes no request to the app server of {project}: {listens or servers[0].place}"
    else:
        summary = f"there is no uWSGI or gunicorn of {project}: none runs, and no unit or file describes one"
    raise cannot_adopt(summary, "for a new site: enuf install; for another project: --project DIR")


def _refuse_open_folders(files: tuple[str, ...]) -> None:
    """Raise SettingsInvalid for a site's file in a folder where another user could replace it while root removes it."""
    for file in files:
        foreign = open_to_others(Path(file).parent)
        if foreign is not None:
            raise cannot_adopt(
                f"nginx includes {file}, and another user than root can change {foreign}",
                "move the file to where only root can write, /etc/nginx/sites-available for example",
            )


def settings_of(found: HandMade, loaded: Loaded) -> Adopted:
    """Return the settings of the hand-made site, without those that the user has set for this project."""
    gaps = list(found.gaps)
    wanted = found.settings
    user = found.server.user
    if user is not None and user.value != "root":
        wanted["serve.user"] = user
    taken = {}
    for key, value in wanted.items():
        if loaded.origins[key].kind != "default":
            continue
        why = _why_not_taken(key, value)
        if why:
            gaps.append(Gap(place=value.place, text=f"{key} = {value.value}", why=why))
        else:
            taken[key] = value
    is_own = loaded.origins["app"].kind != "default"
    return Adopted(
        settings=taken,
        target=None if is_own else found.server.target,
        names=found.site.names,
        gaps=tuple(gaps),
    )


def _why_not_taken(key: str, taken: Taken) -> str:
    """Return why root does not take a value from its place; empty for one that is taken."""
    if key not in _ROOTS:
        return ""
    file = Path(taken.place.rpartition(":")[0])
    if file.is_absolute() and changeable_by_others(file) is not None:
        return f"not only root can change that file; say it yourself: --set {key}={taken.value}"
    return ""


def with_python(found: HandMade) -> HandMade:
    """Return the site without a Python that is not there."""
    python = found.server.translation.settings.get("python")
    if python is None or os.path.exists(python.value):  # noqa: PTH110 - False in a folder that is closed to us
        return found
    translation = found.server.translation
    settings = {key: taken for key, taken in translation.settings.items() if key != "python"}
    return replace(found, server=replace(found.server, translation=replace(translation, settings=settings)))


def _read(path: str) -> str | None:
    """Return the text of a file of nginx's, read with the rights of the user who could have put it there."""
    with acting_as(keeper_of(Path(path))):
        return read_text(Path(path)) or None


def _glob(pattern: str) -> list[str]:
    try:
        return sorted(globbing.glob(pattern))[:_GLOB_LIMIT]  # noqa: PTH207 - nginx's own patterns are plain text
    except (OSError, ValueError):
        return []


def _is_empty(folder: str) -> bool:
    """Return True for a folder without files, or none at all."""
    try:
        with os.scandir(folder) as entries:
            return next(iter(entries), None) is None
    except OSError:
        return True
