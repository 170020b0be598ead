"""The apps that a uWSGI configuration loads, and their sources among the files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from enuf.doctor.evidence import AppTarget, PythonFile
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig

TARGETS_LIMIT, FOLDERS_LIMIT = 100, 100
"""Apps of one uWSGI, and folders in which each is looked for. A real configuration has a few."""


class AppSources(msgspec.Struct, frozen=True, kw_only=True):
    """The places where the source of an app is looked up."""

    exists: Callable[[str, str], bool | None]
    python_files: Mapping[str, PythonFile]
    located: Callable[[str], str] = str
    """Return the checked path behind a path of a container."""


def read_targets(config: UwsgiConfig, directory: str, sources: AppSources) -> tuple[AppTarget, ...]:
    """Return the loaded apps: the winning `module` and `wsgi-file`, and every mount."""
    named = islice(_named(config), TARGETS_LIMIT)
    return tuple(_target(option, text, config, directory, sources) for option, text in named)


def _named(config: UwsgiConfig) -> Iterator[tuple[ParsedOption, str]]:
    for option in config.options:
        if option.unresolved:
            continue
        if option.name in ("module", "wsgi-file") and config.last(option.name) is option:
            yield option, option.value
        elif option.name == "mount" and "=" in option.value:
            yield option, option.value.partition("=")[2]


def _target(
    option: ParsedOption, text: str, config: UwsgiConfig, directory: str, sources: AppSources
) -> AppTarget:
    name = config.last("callable")
    is_file = option.name == "wsgi-file" or text.endswith(".py") or _is_wsgi_file(option, text)
    module, colon, inline = ("", "", "") if is_file else text.partition(":")
    folders = [each.value for each in config.all("pythonpath")[:FOLDERS_LIMIT] if not each.unresolved]
    searched = [directory, *(posixpath.normpath(posixpath.join(directory, each)) for each in folders)]
    python_file, guessed = _find_python_file(text if is_file else module, is_file, searched, config, sources)
    return AppTarget(
        option=option,
        module=module,
        file=text if is_file else "",
        callable=(inline if colon else name.value if name else "application").removesuffix("()"),
        callable_option=option if colon else name,
        python_file=python_file,
        guessed=guessed,
    )


def _is_wsgi_file(option: ParsedOption, text: str) -> bool:
    """Return True for `app.wsgi` as a file. In `module = project.wsgi` it is a module of Django's."""
    return text.endswith(".wsgi") and (option.name == "mount" or "/" in text)


def _find_python_file(
    text: str, is_file: bool, folders: Sequence[str], config: UwsgiConfig, sources: AppSources
) -> tuple[PythonFile | None, bool]:
    """Return the source that uWSGI would load, and whether it is a guess from a file of that name."""
    tails = [text] if is_file else [text.replace(".", "/") + ".py", text.replace(".", "/") + "/__init__.py"]
    for folder in folders[:1] if is_file else folders:
        for tail in tails:
            path = posixpath.normpath(posixpath.join(folder, tail))
            python_file = sources.python_files.get(sources.located(path)) or sources.python_files.get(path)
            if python_file:
                return python_file, False
    if any(sources.exists(folder, "dir") for folder in folders if folder != posixpath.dirname(config.file)):
        return None, False  # the folder exists on this machine, without the app
    for tail in tails:
        end = "/" + tail.lstrip("./")
        match = [path for path in sources.python_files if path.endswith(end)]
        fitting = folders[0] if is_file and folders else ""
        match = [path for path in match if _may_begin(path.removesuffix(end), fitting, sources)]
        if len(match) == 1:
            return sources.python_files[match[0]], True
    return None, False


def _may_begin(folder: str, fitting: str, sources: AppSources) -> bool:
    """Return True for a folder that an import may begin in: what lies inside of a package has a longer name.

    A file may be started in a package that has the name of the folder `fitting`.
    """
    inside = (
        f"{folder}/__init__.py" in sources.python_files and f"{folder}/manage.py" not in sources.python_files
    )
    return not inside or posixpath.basename(folder) == posixpath.basename(fitting)
