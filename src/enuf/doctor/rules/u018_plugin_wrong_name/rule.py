"""A plugin that is not installed: uWSGI warns and runs without it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.containers import distribution
from enuf.doctor.facts.uwsgi import without_comment
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption

_OLD = re.compile(r"\bpython(2|2\.?7|27)?(?![\w.])")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every plugin for Python 2, and every plugin that a known plugin folder lacks."""
    for server in evidence.servers:
        for option in server.config.all("plugins"):
            if option.unresolved or option.conditional:
                continue
            missing = _missing_plugin(evidence, server, option)
            if missing:
                yield at_option(
                    option,
                    f"there is no plugin `{missing}` in its folder: uWSGI warns, and runs without it",
                    severity="warning",  # uWSGI looks into the folder that it was built with, too
                    hint="plugins = python3",
                )
            elif _has_python3_by_that_name(server):
                continue
            elif _OLD.search(option.value) and server.build != "pyuwsgi":
                value = _OLD.sub("python3", without_comment(option))
                yield at_option(
                    option,
                    f"`{option.value}` is the plugin of Python 2 on Debian and Ubuntu; where it is missing, uWSGI warns and serves 502",
                    severity="warning" if _is_debian(evidence, server) else "advice",
                    hint=f"{option.key} = {value}",
                    fix=write_value(
                        option, value, asks="outside of Debian and Ubuntu the plugin may have this name"
                    ),
                )
            else:
                yield from _relative_folder(evidence, server, option)


def _has_python3_by_that_name(server: Server) -> bool:
    """Return True for a container of a distribution whose plugin `python` is that of Python 3."""
    return any(distribution(machine) in ("alpine", "arch", "fedora") for machine in server.machines)


def _is_debian(evidence: Evidence, server: Server) -> bool:
    """Return True if this is certainly the uWSGI of Debian or Ubuntu, where `python` means Python 2."""
    if any(distribution(machine) == "debian" and _has_packaged_uwsgi(machine) for machine in server.machines):
        return True
    if re.search(r"arch|alpine|fedora|centos|suse", server.config.main_file):
        return False
    packaged = any(name.startswith("uwsgi-plugin-python") for name in evidence.packages)
    return packaged or "/uwsgi/apps-" in server.config.main_file


def _has_packaged_uwsgi(machine: Container) -> bool:
    """Return True for a container with the distribution's uWSGI; that of pip has Python inside and needs no plugin."""
    by_pip = any(each.startswith("pip") for each in machine.installers)
    return any(name.startswith("uwsgi-") for name in machine.packages) or (
        "uwsgi" in machine.packages and not by_pip
    )


def _relative_folder(evidence: Evidence, server: Server, option: ParsedOption) -> Iterator[Diagnostic]:
    """Report a plugin folder relative to uWSGI's start folder in which the plugin is not seen."""
    folder = server.config.last("plugins-dir")
    if folder is None or folder.unresolved or folder.conditional or not folder.value.startswith("."):
        return
    fact = evidence.fact(posixpath.normpath(posixpath.join(server.config.directory, folder.value)))
    if fact.kind == "folder" and option.value in fact.names:
        return
    yield at_option(
        folder,
        f"uWSGI looks for {option.value} in the folder that it is started in: where it is missing, pip's uWSGI says "
        "`UNABLE to load uWSGI plugin` (it has Python inside), and Debian's takes the one of its own folder",
        severity="advice",
        hint="plugins = python3, and no plugins-dir; with pip's uWSGI neither",
    )


def _missing_plugin(evidence: Evidence, server: Server, option: ParsedOption) -> str:
    """Return the first plugin that none of the named and readable folders holds, empty if there is none."""
    folders = [each for each in server.config.all("plugins-dir") if not each.unresolved]
    seen = [evidence.fact(each.value.rstrip("/")) for each in folders]
    if not seen or any(fact.kind != "folder" or len(fact.names) >= 500 for fact in seen):
        return ""
    present = {name for fact in seen for name in fact.names}
    for word in re.split(r"[,\s]+", option.value):
        name = word.partition(":")[2] or word
        if name and "/" not in name and not {name, f"{name}_plugin.so", f"{name}.so"} & present:
            return name
    return ""


RULE = Rule("U018", "plugin-wrong-name", "error", check)
