"""A reader of command lines that serve an app: `gunicorn pkg:app -w 4`, `uwsgi --ini x.ini`, `flask run`."""

from __future__ import annotations

import re
import shlex

import msgspec

from enuf.discover.gunicorn_settings import GunicornSettings, read_gunicorn_words

_SEPARATORS = frozenset({"&&", "||", ";", "|", "&"})

_TARGET = re.compile(r"[\w./-]+(?::.+)?", re.DOTALL)


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The values of one source; None where it has none."""

    target: str | None = None
    processes: int | None = None
    threads: int | None = None
    timeout_s: int | None = None
    file: str | None = None
    """Configuration file of the server: an ini file for uWSGI, a Python file for gunicorn."""
    server: str = ""


def read_command(line: str) -> ServeOptions:
    """Read a shell line that serves an app. Return empty values for any other line."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quote that is never closed
        return ServeOptions()
    served = ServeOptions()
    command: list[str] = []
    for word in [*words, ";"]:
        if word in _SEPARATORS:
            options = _read_simple(command)
            served = options if options.server else served
            command = []
        else:
            command.append(word)
    return served


def number(text: str | None) -> int | None:
    """Return the positive whole number at the start of a text; None for any other text."""
    match = re.match(r"\s*(\d{1,6})\b", text or "")
    return int(match[1]) or None if match else None


def _read_simple(words: list[str]) -> ServeOptions:
    """Read one command whose server may follow `exec`, `FOO=bar`, `poetry run` and similar words."""
    for position, word in enumerate(words):
        arguments = words[position + 1 :]
        match word.rpartition("/")[2]:
            case "gunicorn":
                return _gunicorn(arguments)
            case "uwsgi":
                return _uwsgi(arguments)
            case "flask" if "run" in arguments:
                return ServeOptions(server="flask", target=_value(arguments, "--app", "-A"))
            case "python" | "python3" if arguments and arguments[0].endswith(".py"):
                return ServeOptions(server="python", target=arguments[0])
    return ServeOptions()


def _gunicorn(words: list[str]) -> ServeOptions:
    settings = read_gunicorn_words(words, "")
    folder, config = settings.get("chdir"), settings.get("config")
    served = gunicorn_options(settings, folder.text if folder else None)
    return msgspec.structs.replace(served, file=config.text if config else None)


def gunicorn_options(settings: GunicornSettings, folder: str | None) -> ServeOptions:
    """Return what gunicorn serves by its settings, in a folder as seen from the project."""
    texts = {name: setting.text for name, setting in settings.items()}
    return ServeOptions(
        server="gunicorn",
        target=_inside(folder, texts.get("wsgi_app")),
        processes=number(texts.get("workers")),
        threads=number(texts.get("threads")),
        timeout_s=number(texts.get("timeout")),
    )


def _uwsgi(words: list[str]) -> ServeOptions:
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


def served_by_uwsgi(options: dict[str, str]) -> ServeOptions:
    """Read uWSGI's own options by their long names."""
    place = options.get("module") or options.get("wsgi") or options.get("wsgi-file") or options.get("file")
    name = options.get("callable")
    if place and name and ":" not in place:
        place = f"{place}:{name}"
    return ServeOptions(
        server="uwsgi",
        target=_inside(options.get("chdir"), place),
        processes=number(options.get("processes") or options.get("workers")),
        threads=number(options.get("threads")),
        timeout_s=number(options.get("harakiri")),
    )


def _value(words: list[str], *names: str) -> str | None:
    """Return the value of the last option with one of these names.

    The forms are `--workers 4`, `--workers=4`, `-w 4` and `-w4`.
    """
    last = None
    for position, word in enumerate(words):
        option, equals, value = word.partition("=")
        if word in names and position + 1 < len(words):
            last = words[position + 1]
        elif equals and option in names:
            last = value
        elif word[:2] in names and word[1:2] != "-" and len(word) > 2:
            last = word[2:]
    return last


def _inside(folder: str | None, target: str | None) -> str | None:
    """Return the target as seen from the project if the server changes into a folder first.

    Return None if the text is no target.
    """
    if target is None or not _TARGET.fullmatch(target):
        return None
    if not folder or folder in (".", "./") or folder.startswith(("/", "%", "$")):
        return target  # another machine's folder, or the project itself
    place, colon, name = target.partition(":")
    path = place if place.endswith(".py") else place.replace(".", "/")
    return f"{folder.rstrip('/')}/{path}{colon}{name}"
