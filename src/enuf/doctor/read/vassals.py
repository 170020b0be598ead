"""The emperors of vassals: who starts a configuration, as whom, and with which more options."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.evidence import Server
from enuf.syntax.uwsgi_lines import WrittenOption


def is_watched(path: str, watched: str) -> bool:
    """Return True if an emperor looks into the folder of a file, here or on the machine it is meant for."""
    folder = watched.rstrip("/")
    if "*" in watched:
        return fnmatch.fnmatch(path, watched) or fnmatch.fnmatch(path, f"*/{_last_parts(watched)}")
    here = posixpath.dirname(path)
    return here == folder or here.endswith(f"/{_last_parts(folder)}")


def _last_parts(path: str) -> str:
    return "/".join(path.strip("/").split("/")[-2:])


def emperor_of(path: str, servers: Sequence[Server]) -> Server | None:
    """Return the emperor that starts a configuration, None if none does or several may.

    A folder of the same name is taken for the watched one as long as there is one emperor.
    """
    watching = [
        (server, option.value)
        for server in servers
        for option in server.config.all("emperor")
        if not option.unresolved and server.config.main_file != path
    ]
    if len({server.config.main_file for server, _ in watching}) == 1:
        folder = posixpath.basename(posixpath.dirname(path))
        found = [server for server, watched in watching if folder == _folder_name(watched)]
    else:
        found = [server for server, watched in watching if is_watched(path, watched)]
    return found[0] if len({server.config.main_file for server in found}) == 1 else None


def _folder_name(watched: str) -> str:
    """Return the name of the folder that `/etc/uwsgi/vassals` or `/etc/uwsgi/vassals/*.ini` watches."""
    folder = posixpath.dirname(watched) if "*" in watched else watched
    return posixpath.basename(folder.rstrip("/"))


def vassal_options(emperor: Server) -> Iterator[WrittenOption]:
    """Yield the options that `vassal-set = key=value` gives to every vassal."""
    for option in emperor.config.all("vassal-set"):
        name, equals, value = option.value.partition("=")
        if equals and not option.unresolved:
            column = option.written.column + len(name) + 1
            yield msgspec.structs.replace(
                option.written, key=name.strip(), value=value.strip(), raw=value.strip(), column=column
            )
