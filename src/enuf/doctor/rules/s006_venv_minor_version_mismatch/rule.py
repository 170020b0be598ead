"""A virtual environment of one Python minor version, and a uWSGI of another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_option, by_hand
from enuf.syntax.uwsgi_config import ParsedOption

_PLUGIN = re.compile(r"python3[._]?(\d{1,2})(?:_plugin)?(?:\.so)?(?:$|[,\s])")
_IN_PATH = re.compile(r"python3\.(\d{1,2})(?:/|$)")
_IN_CFG = re.compile(r"^version(?:_info)?\s*=\s*3\.(\d{1,2})", re.MULTILINE)
_IMAGE = re.compile(r"^FROM\s+(?:\S+/)?python:3\.(\d{1,2})", re.MULTILINE | re.IGNORECASE)
_APT, _PLUGIN_PACKAGE = re.compile(r"\bapt(?:-get)?\b"), re.compile(r"\buwsgi-plugin-python3\b")
_PIP, _OWN_UWSGI = re.compile(r"\bpip3?\b", re.IGNORECASE), re.compile(r"\b(?:py)?uwsgi\b", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every environment whose known version differs from the known version of uWSGI's plugin."""
    for server in evidence.servers:
        plugin = _plugin(server)
        for option, version in _environments(evidence, server):
            if plugin and version != plugin:
                yield at_option(
                    option,
                    f"this is an environment of Python 3.{version}, the plugin is Python 3.{plugin}: "
                    "its packages are not found, and the app fails to import",
                    hint=f"make the environment with python3.{plugin}",
                    fix=by_hand(
                        f"make the environment again with python3.{plugin}, or install uWSGI in it with pip"
                    ),
                )
    yield from _images(evidence)


def _plugin(server: Server) -> int | None:
    for option in server.config.all("plugins"):
        match = _PLUGIN.search(option.value)
        if match and not option.unresolved:
            return int(match[1])
    match = re.search(r"python3\.(\d{1,2})$", server.start.executable if server.start else "")
    return int(match[1]) if match else None


def _environments(evidence: Evidence, server: Server) -> Iterator[tuple[ParsedOption, int]]:
    for option in server.config.all("home", "pythonpath"):
        match = _IN_PATH.search(option.value)
        home = posixpath.normpath(posixpath.join(server.directory, option.value))
        written = evidence.file(f"{home}/pyvenv.cfg")
        match = match or (_IN_CFG.search(written.text) if written else None)
        if match and not option.unresolved:
            yield option, int(match[1])


def _images(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report images of python with the distribution's plugin, which needs the distribution's Python."""
    for file in evidence.of_kind("dockerfile"):
        text = file.text.replace("\\\n", "  ")
        image = list(_IMAGE.finditer(text))
        if (
            image
            and _is_installed(text, _APT, _PLUGIN_PACKAGE)
            and not _is_installed(text, _PIP, _OWN_UWSGI)
            and "uwsgi" not in _wanted(evidence)
            and "--build-plugin" not in text
        ):
            yield at_line(
                file.path,
                file.text.count("\n", 0, file.text.find(image[-1][0])) + 1,
                f"pip installs for Python 3.{image[-1][1]} of this image, the plugin of apt is for Debian's own Python: "
                "it does not find the packages",
                hint="pip install uwsgi, in place of uwsgi-plugin-python3",
                fix=by_hand("install uWSGI with pip, in place of the packages of apt"),
            )


def _wanted(evidence: Evidence) -> str:
    return "\n".join(file.text.lower() for file in evidence.of_kind("packages"))


def _is_installed(text: str, manager: re.Pattern[str], package: re.Pattern[str]) -> bool:
    """Return True if the package is an argument of the package manager in one simple command."""
    for command in re.split(r"[&;|\n]", text):
        match = manager.search(command)
        if match and package.search(command, match.end()):
            return True
    return False


RULE = Rule("S006", "venv-minor-version-mismatch", "warning", check)
