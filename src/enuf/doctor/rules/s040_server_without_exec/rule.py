"""A script of a container that starts the server as its child: the signal to stop reaches the shell alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.entry_scripts import EntryScript, entry_scripts
from enuf.doctor.facts.last_command import child_of_dash, server_beside_a_wait
from enuf.doctor.rule import Diagnostic, Rule, at_line

_SERVER = re.compile(
    r"(?P<indent>[ \t]*)(?:[A-Za-z_]\w*=\S*[ \t]+)*(?:(?:poetry|pipenv|uv|pdm|hatch)[ \t]+run[ \t]+)?(?:python[0-9.]*[ \t]+-m[ \t]+)?"
    r"(?:[\w./$\{\}-]*/)?(?P<program>uwsgi|pyuwsgi|gunicorn|uvicorn|hypercorn|daphne|granian|waitress-serve|supervisord|nginx)(?=[ \t]|$)"
    r"(?P<rest>.*)"
)
_ARGUMENTS = re.compile(r"(?:(?:gosu|su-exec)[ \t]+\S+[ \t]+)?(?:\"\$@\"|\$@|\"\$\{@\}\"|\$\*)")
_SCRIPT = re.compile(r"[\w./-]*\w\.(?:sh|bash)")
_BEFORE = re.compile(r"^[^\n&|;\"']{0,300}[^&]&[ \t]+(?=\S)")
"""A command in the background before another one on its line."""
_LABEL = re.compile(r"[ \t]*(?:\"[^\"]*\"|[\w*|.-]+)\)[ \t]*")
"""The label of a branch of `case`."""
_ENDS = frozenset(("fi", "done", "esac", ";;", "}", "else", "exit", "exit 0", "exit $?"))
_FOR_EVER = re.compile(
    r"^[ \t]*(?:while[ \t]+(?:true|:)|tail[ \t]+(?:-\S+[ \t]+)*-[fF]|sleep[ \t]+infinity)", re.MULTILINE
)
_HANDLES_SIGNALS = re.compile(r"^[ \t]*(?:trap|wait)\b", re.MULTILINE)
_TO_ALL = re.compile(
    r"^[^#\n]*\b(?:dumb-init\b(?!\S*[\"',\s]+(?:-c|--single-child)\b)|tini\b[\"',\s]+(?:-\w+[\"',\s]+)*-\w*g\b|TINI_KILL_PROCESS_GROUP=)",
    re.MULTILINE,
)
"""An init of a container that hands signals to every process."""
_ELSEWHERE = (
    "--version",
    "--help",
    "--stop",
    "--reload",
    "--daemon",
    "--daemonize",
    "-t",
    "-s",
    "reload",
    "restart",
    "stop",
    "status",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server that a started script runs as its last command without exec."""
    seen: set[tuple[str, int]] = set()
    yield from _of_containers(evidence, seen)
    yield from _of_shell_forms(evidence)
    for entry in entry_scripts(evidence):
        found = (
            _last_server(entry.script.text)
            or _in_a_branch(entry.script.text)
            or _in_background(entry.script.text)
            or _before_the_command(evidence, entry.script.text)
        )
        if found is None and entry.starter.kind != "supervisor":
            yield from _given_command(entry)
            yield from _called_script(evidence, entry, seen)
        if found is None or _stops_all(entry) or (entry.script.path, found[0]) in seen:
            continue
        line, match = found
        seen.add((entry.script.path, line))
        program = match["program"]
        column = len(match["indent"]) + 1
        yield at_line(
            entry.script.path,
            line,
            f"supervisorctl stop ends the shell of this script alone: {program} goes on, and keeps its port"
            if entry.starter.kind == "supervisor"
            else f"docker stop signals the shell of this script, and {program} never hears of it: requests are cut off when it is killed",
            column,
            hint=f"exec {match[0].strip()}",
            evidence=(f"{entry.starter.path}:{entry.line}: starts {entry.script.path.rpartition('/')[2]}",),
        )


def _of_containers(evidence: Evidence, seen: set[tuple[str, int]]) -> Iterator[Diagnostic]:
    """Report the scripts that were found as the start of an app server in a container."""
    for server in evidence.app_servers:
        script = evidence.file(server.start.file)
        if server.service is None or script is None or script.kind != "script" or server.beside_nginx:
            continue
        if server.service.node.at("init") or _has_an_init_for_all(evidence, server.service):
            continue
        found = _last_server(script.text)
        if found and found[0] == server.start.line and (script.path, found[0]) not in seen:
            seen.add((script.path, found[0]))
            yield _of_script(
                script.path, found, f"{server.service.file}:{server.service.line}: {server.service.name}"
            )


def _has_an_init_for_all(evidence: Evidence, service: ComposeService) -> bool:
    file = evidence.file(service.build.file) if service.build else None
    entry = " ".join(each.text for each in service.node.each("entrypoint"))
    return _TO_ALL.search(f"{file.text if file else ''}\n{entry}") is not None


def _of_shell_forms(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the containers whose command is a line for the shell of Debian with a server at its end."""
    for machine in evidence.machines:
        program = child_of_dash(machine) or server_beside_a_wait(machine)
        if not program:
            continue
        service = machine.service
        if service and service.node.at("init"):
            continue
        yield at_line(
            *machine.place_of_command,
            f"docker stop signals the shell alone, and {program} never hears of it: requests are cut off when it is killed",
            hint=f"exec {program} …   as the last command",
        )


def _given_command(entry: EntryScript) -> Iterator[Diagnostic]:
    """Report a script that runs the command of the image, which it is given as its arguments, without exec."""
    last = None if _HANDLES_SIGNALS.search(entry.script.text) else _last_command(entry.script.text)
    if last and _ARGUMENTS.fullmatch(last[1].strip()):
        yield at_line(
            entry.script.path,
            last[0],
            "docker stop signals the shell of this script, and the server that it is given never hears of it: requests are cut "
            "off when it is killed",
            hint=f"exec {last[1].strip()}",
            evidence=(f"{entry.starter.path}:{entry.line}: starts {entry.script.path.rpartition('/')[2]}",),
        )


def _before_the_command(evidence: Evidence, text: str) -> tuple[int, re.Match[str]] | None:
    """Return a server in the foreground that stands before the `exec "$@"` of a script: the last line is never reached."""
    last = _last_command(text)
    if last is None or not re.fullmatch(r"exec[ \t]+(?:\"\$@\"|\$@|\"\$\{@:1\}\")", last[1].strip()):
        return None
    found = _last_server("\n".join(text.splitlines()[: last[0] - 1]))
    is_daemon = (
        found is not None
        and found[1]["program"] in ("nginx", "uwsgi")
        and not re.search(r"daemon off|--(?:http|socket|module)", found[1]["rest"])
        and not _stays(evidence, found[1]["program"])
    )
    return None if is_daemon else found


def _stays(evidence: Evidence, program: str) -> bool:
    """Return True for a uWSGI that no configuration of the project sends to the background; nginx goes there by itself."""
    return program == "uwsgi" and not any(
        each.config.last("daemonize", "daemonize2") for each in evidence.servers
    )


def _called_script(
    evidence: Evidence, entry: EntryScript, seen: set[tuple[str, int]]
) -> Iterator[Diagnostic]:
    """Report a script whose last command is another script with a server at its end, run without exec."""
    last = None if _HANDLES_SIGNALS.search(entry.script.text) else _last_command(entry.script.text)
    words = last[1].split() if last else []
    if last is None or not words or words[0] in ("exec", "source", ".") or words[-1] in ("&", "|"):
        return
    behind = words[len(words) - words[::-1].index("--") :] if "--" in words else words
    named = next((word for word in behind[:2] if _SCRIPT.fullmatch(word)), "")
    called = _script_named(evidence, entry, named) if named else None
    if called is None or (entry.script.path, last[0]) in seen:
        return
    text = called.text
    server = (
        _before_the_command(evidence, text) or _last_server(text) or _last_server(text.replace("exec ", ""))
    )
    if server:
        seen.add((entry.script.path, last[0]))
        yield at_line(
            entry.script.path,
            last[0],
            f"docker stop signals the shell of this script alone, and {server[1]['program']}, which {posixpath.basename(named)} starts, "
            "never hears of it: requests are cut off when it is killed",
            hint=f"exec {last[1].strip()}   and exec before {server[1]['program']} in {posixpath.basename(named)}",
            evidence=(f"{called.path}:{server[0]}: {server[1]['program']}",),
        )


def _script_named(evidence: Evidence, entry: EntryScript, named: str) -> SourceFile | None:
    """Return the one script of the name that another script calls, near that script."""
    name = posixpath.basename(named)
    folder = posixpath.dirname(entry.script.path)
    found = [
        file
        for file in evidence.of_kind("script")
        if posixpath.basename(file.path) == name
        and file is not entry.script
        and posixpath.dirname(file.path).startswith((folder, posixpath.dirname(entry.starter.path)))
    ]
    return found[0] if len(found) == 1 else None


def _of_script(path: str, found: tuple[int, re.Match[str]], evidence: str) -> Diagnostic:
    line, match = found
    return at_line(
        path,
        line,
        f"docker stop signals the shell of this script, and {match['program']} never hears of it: requests are cut off when it is killed",
        len(match["indent"]) + 1,
        hint=f"exec {match[0].strip()}",
        evidence=(evidence,),
    )


def _last_command(text: str) -> tuple[int, str] | None:
    """Return the last command of a script with its line."""
    last: tuple[int, str] | None = None
    waiting: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.rstrip()
        if not waiting and (
            not line.strip()
            or line.lstrip().startswith("#")
            or line.strip().rstrip(";") in _ENDS
            or _LABEL.fullmatch(line)
        ):
            continue
        first = first if waiting else number
        waiting.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            last, waiting = (first, " ".join(waiting)), []
    return last


def _last_server(text: str) -> tuple[int, re.Match[str]] | None:
    """Return the last command of a script with its line if it is a server in the foreground without exec."""
    if _HANDLES_SIGNALS.search(text):
        return None
    last = _last_command(text)
    match = _SERVER.fullmatch(_BEFORE.sub("", last[1])) if last else None
    if last is None or match is None or match["rest"].rstrip().endswith("&"):
        return None
    words = [word for word in match["rest"].split() if match["program"] == "uwsgi" or word != "--reload"]
    if any(word in ("&&", "||", "|", ";") or word.split("=")[0] in _ELSEWHERE for word in words):
        return None
    return last[0], match


def _in_a_branch(text: str) -> tuple[int, re.Match[str]] | None:
    """Return the first server without exec at the end of a branch of the `case` that a script ends with."""
    lines = text.splitlines()
    if not lines or next((line.strip() for line in reversed(lines) if line.strip()), "") != "esac":
        return None
    for number, line in enumerate(lines, 1):
        if line.strip() == ";;" or line.rstrip().endswith(";;"):
            above = [*lines[: number - 1], line.rstrip().removesuffix(";;")]
            found = _last_server("\n".join(above))
            if found and not any(each.strip().endswith(";;") for each in lines[found[0] - 1 : number - 1]):
                return found
    return None


def _in_background(text: str) -> tuple[int, re.Match[str]] | None:
    """Return a server that a script starts in the background before it sleeps or watches a file for ever."""
    if _HANDLES_SIGNALS.search(text) or not _FOR_EVER.search(text):
        return None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.rstrip()
        if line.endswith("&") and not line.endswith("&&"):
            match = _SERVER.fullmatch(line.removesuffix("&").rstrip())
            if match and not any(word.split("=")[0] in _ELSEWHERE for word in match["rest"].split()):
                return number, match
    return None


def _stops_all(entry: EntryScript) -> bool:
    """Return True if supervisor, dumb-init or tini signals the whole group of processes."""
    if entry.starter.kind != "supervisor":
        return _TO_ALL.search(entry.starter.text) is not None
    return (
        entry.starter.kind == "supervisor"
        and re.search(r"^(?:stopasgroup|killasgroup)[ \t]*=[ \t]*true", entry.starter.text, re.MULTILINE)
        is not None
    )


RULE = Rule("S040", "server-without-exec", "warning", check)
