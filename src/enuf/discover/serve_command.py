"""What a command line that serves an app says about it: `gunicorn pkg:app -w 4`, `uwsgi --ini x.ini`, `flask run`."""

from __future__ import annotations

import re
import shlex

import msgspec

_SEPARATORS = frozenset({"&&", "||", ";", "|", "&"})

_GUNICORN_SWITCHES = frozenset(
    [
        "-D",
        "-R",
        "-h",
        "-v",
        "--capture-output",
        "--check-config",
        "--daemon",
        "--disable-redirect-access-to-syslog",
        "--enable-stdio-inheritance",
        "--help",
        "--initgroups",
        "--log-syslog",
        "--no-sendfile",
        "--preload",
        "--print-config",
        "--proxy-protocol",
        "--reload",
        "--reuse-port",
        "--spew",
        "--suppress-ragged-eofs",
        "--do-handshake-on-connect",
        "--version",
    ]
)
"""Options of gunicorn that take no value; every other one does, so that `-b :8000` is not taken for an app."""

_TARGET = re.compile(r"[\w./-]+(?::.+)?", re.DOTALL)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says; None where it says nothing."""

    target: str | None = None
    processes: int | None = None
    threads: int | None = None
    timeout_s: int | None = None
    file: str | None = None
    """Configuration file that it names: an ini for uWSGI, a Python file for gunicorn."""
    server: str = ""


def read_command(line: str) -> Served:
    """What a shell line tells about the app that it serves; empty for anything else."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quote that is never closed
        return Served()
    served = Served()
    command: list[str] = []
    for word in [*words, ";"]:
        if word in _SEPARATORS:
            found = _read_simple(command)
            served = found if found.server else served
            command = []
        else:
            command.append(word)
    return served


def number(text: str | None) -> int | None:
    """The whole number from 1 on that stands at the start of a text, None for anything else."""
    match = re.match(r"\s*(\d{1,6})\b", text or "")
    return int(match[1]) or None if match else None


def _read_simple(words: list[str]) -> Served:
    """One command, its server found behind `exec`, `FOO=bar`, `poetry run` and the like."""
    for position, word in enumerate(words):
        arguments = words[position + 1 :]
        match word.rpartition("/")[2]:
            case "gunicorn":
                return _gunicorn(arguments)
            case "uwsgi":
                return _uwsgi(arguments)
            case "flask" if "run" in arguments:
                return Served(server="flask", target=_value(arguments, "--app", "-A"))
            case "python" | "python3" if arguments and arguments[0].endswith(".py"):
                return Served(server="python", target=arguments[0])
    return Served()


def _gunicorn(words: list[str]) -> Served:
    return Served(
        server="gunicorn",
        target=_inside(_value(words, "--chdir"), _first_positional(words)),
        processes=number(_value(words, "--workers", "-w")),
        threads=number(_value(words, "--threads")),
        timeout_s=number(_value(words, "--timeout", "-t")),
        file=_value(words, "--config", "-c"),
    )


def _uwsgi(words: list[str]) -> Served:
    options = {
        "module": _value(words, "--module", "-w", "--wsgi"),
        "wsgi-file": _value(words, "--wsgi-file", "--file"),
        "callable": _value(words, "--callable"),
        "chdir": _value(words, "--chdir"),
        "processes": _value(words, "--processes", "-p", "--workers"),
        "threads": _value(words, "--threads"),
        "harakiri": _value(words, "--harakiri", "-t"),
    }
    ini = _value(words, "--ini") or next(
        (word for word in words if word.endswith(".ini") and word[0] != "-"), None
    )
    given = {name: value for name, value in options.items() if value is not None}
    return msgspec.structs.replace(served_by_uwsgi(given), file=ini)


def served_by_uwsgi(options: dict[str, str]) -> Served:
    """What uWSGI's own options say, by their long names."""
    place = options.get("module") or options.get("wsgi") or options.get("wsgi-file") or options.get("file")
    name = options.get("callable")
    if place and name and ":" not in place:
        place = f"{place}:{name}"
    return Served(
        server="uwsgi",
        target=_inside(options.get("chdir"), place),
        processes=number(options.get("processes") or options.get("workers")),
        threads=number(options.get("threads")),
        timeout_s=number(options.get("harakiri")),
    )


def _value(words: list[str], *names: str) -> str | None:
    """The value of the last option of one of these names: `--workers 4`, `--workers=4`, `-w 4`, `-w4`."""
    found = None
    for position, word in enumerate(words):
        option, equals, value = word.partition("=")
        if word in names and position + 1 < len(words):
            found = words[position + 1]
        elif equals and option in names:
            found = value
        elif word[:2] in names and word[1:2] != "-" and len(word) > 2:
            found = word[2:]
    return found


def _first_positional(words: list[str]) -> str | None:
    """The first word that is neither an option nor an option's value."""
    is_value = False
    for word in words:
        if is_value:
            is_value = False
        elif word.startswith("-"):
            attached = "=" in word or (len(word) > 2 and word[1] != "-")
            is_value = not attached and word not in _GUNICORN_SWITCHES
        else:
            return word
    return None


def _inside(folder: str | None, target: str | None) -> str | None:
    """The target as seen from the project when the server changes into a folder first; None when it is no target."""
    if target is None or not _TARGET.fullmatch(target):
        return None
    if not folder or folder in (".", "./") or folder.startswith(("/", "%", "$")):
        return target  # another machine's folder, or the project itself
    place, colon, name = target.partition(":")
    path = place if place.endswith(".py") else place.replace(".", "/")
    return f"{folder.rstrip('/')}/{path}{colon}{name}"
