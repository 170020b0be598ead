"""The uWSGI configurations of a project, read as uWSGI reads them."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from enuf.discover.serve_command import ServeOptions, served_by_uwsgi
from enuf.discover.source import is_file
from enuf.syntax.uwsgi_argv import read_argv
from enuf.syntax.uwsgi_config import UwsgiConfig
from enuf.syntax.uwsgi_logic import HostContext
from enuf.syntax.uwsgi_read import read_config, read_written
from enuf.system import files

USUAL = "uwsgi.ini"
READ_LIMIT_BYTES = 256 * 1024
_SECTION = re.compile(r"^\ufeff?[ \t]*\[uwsgi\]", re.MULTILINE)
_DEPTH, _MOST_FOLDERS, _MOST_FILES = 2, 200, 50
_SKIPPED = frozenset(("node_modules", "site-packages", "__pycache__"))
_NAMES = ("module", "wsgi-file", "callable", "processes", "threads", "harakiri")
_BEHIND_NGINX = ("socket", "uwsgi-socket")


def read_text(file: Path) -> str:
    """Return the beginning of a text file; empty if the file is missing or not readable."""
    try:
        return files.read_regular(file, READ_LIMIT_BYTES).decode("utf-8-sig", "replace")
    except (OSError, ValueError):
        return ""


def uwsgi_files(project: Path) -> list[tuple[str, UwsgiConfig]]:
    """Return the ini files with a section [uwsgi] that serve an app, by their names in the project, the likeliest first.

    The likeliest is uwsgi.ini, then one that listens for nginx, then one that stands further up.
    """
    found = []
    for name in _ini_names(project):
        if _SECTION.search(read_text(project / name)):
            config = read_uwsgi_file(project / name, project)
            if served_by_config(config, str(project)) != ServeOptions(server="uwsgi"):
                found.append((name, config))
    parts = {path for _, config in found for path in config.files[1:]}
    wholes = [each for each in found if str(project / each[0]) not in parts]
    return sorted(wholes, key=lambda each: _rank(*each))


def _rank(name: str, config: UwsgiConfig) -> tuple[bool, int, bool, str]:
    is_behind = any(option.name in _BEHIND_NGINX for option in config.options)
    return name != USUAL, name.count("/"), not is_behind, name


def _ini_names(project: Path) -> list[str]:
    """Return the paths of the ini files in the project, without those of environments and hidden folders."""
    names: list[str] = []
    for count, (folder, folders, found) in enumerate(os.walk(project)):
        inside = posixpath.relpath(folder, project)
        if count >= _MOST_FOLDERS or len(names) >= _MOST_FILES:
            break
        depth = 0 if inside == "." else inside.count("/") + 1
        folders[:] = [] if depth >= _DEPTH else sorted(each for each in folders if _is_searched(folder, each))
        names += [posixpath.normpath(f"{inside}/{name}") for name in sorted(found) if name.endswith(".ini")]
    return names[:_MOST_FILES]


def _is_searched(folder: str, name: str) -> bool:
    return name[0] != "." and name not in _SKIPPED and not is_file(Path(folder, name, "pyvenv.cfg"))


def read_uwsgi_file(file: Path, project: Path) -> UwsgiConfig:
    """Return the configuration that begins with this file, as a uWSGI that is started in the project would read it."""
    return read_config(str(file), _host(str(project)), kind="ini")


def read_uwsgi_words(words: Sequence[str], directory: str, place: str) -> UwsgiConfig:
    """Return the configuration of a command line, files that it names included."""
    return read_written(read_argv(words, place, 1), _host(directory))


def _host(directory: str) -> HostContext:
    def exists(path: str, kind: str) -> bool | None:
        place = Path(path)
        return {"file": is_file(place), "dir": os.path.isdir(place)}.get(kind, os.path.exists(place))  # noqa: PTH110, PTH112

    return HostContext(directory=directory, read=lambda path: read_text(Path(path)) or None, exists=exists)


def served_by_config(config: UwsgiConfig, project: str) -> ServeOptions:
    """Return what a configuration serves, as seen from the project."""
    options = {
        name: option.value for name in _NAMES if (option := config.last(name)) and not option.unresolved
    }
    if not {"module", "wsgi-file"} & options.keys():
        options.update(_mounted(config))
    folder = config.working_folder(config.directory)
    is_absolute = options.get("wsgi-file", "").startswith("/")
    if not is_absolute and folder != project and f"{folder}/".startswith(f"{project.rstrip('/')}/"):
        options["chdir"] = posixpath.relpath(folder, project)
    return served_by_uwsgi({name: value for name, value in options.items() if value})


def _mounted(config: UwsgiConfig) -> Iterator[tuple[str, str]]:
    """Yield the app of the only mount."""
    mounts = config.all("mount")
    if len(mounts) == 1 and not mounts[0].unresolved:
        app = mounts[0].value.partition("=")[2]
        yield ("wsgi-file" if app.endswith((".py", ".wsgi")) else "module"), app
