"""An option unknown to every build, which uWSGI keeps as a placeholder without a message (F202)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import any_python_matches, comment_in, without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_key, write_value
from enuf.model.finding import Edit, Fix
from enuf.syntax.uwsgi_config import ParsedOption
from enuf.syntax.uwsgi_options import FLAGS, NUMBERS, OPTIONAL, SWITCHES, TEXTS
from enuf.syntax.uwsgi_values import ELSEWHERE, option_kind

_KNOWN = tuple(FLAGS | NUMBERS | OPTIONAL | SWITCHES | TEXTS)
_USUAL_GUESSES = {
    "logfile": "logto",
    "log-file": "logto",
    "log": "logto",
    "pid-file": "pidfile",
    "user": "uid",
    "group": "gid",
    "working-directory": "chdir",
    "work-dir": "chdir",
    "bind": "socket",
    "timeout": "harakiri",
    "reload": "py-autoreload",
}
"""What people write for an option by the name that another program gives it."""
_PLACEHOLDER = re.compile(
    r"(?:project|app|site|base|domain|repo|home|web|django|my)[-_]?(?:name|dir|folder|path|root|home|home)?"
)
"""Names that people give to values of their own, to use them as `%(projectname)`."""
_READS_OPTIONS = re.compile(r"\buwsgi\.opt\b")
_SETTERS = ("set", "set-ph", "set-placeholder")
_MANY = 200
"""A file with more unknown options is no uWSGI configuration."""
_CLOSE = 0.82
_ASKS = "the option that was meant is a guess, and so far the line has done nothing"
_CLOSE_TO_A_PLUGINS = 0.9


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unknown key that no other line uses as a placeholder."""
    read_by_app = any_python_matches(evidence, _READS_OPTIONS)
    for server in evidence.servers:
        used = _used(server)
        unknown = [each for each in server.config.options if option_kind(each.key) == "unknown" and each.key]
        for option in unknown[:_MANY]:
            if option.key not in used:
                diagnostic = _diagnostic(option, server, read_by_app)
                if diagnostic:
                    yield diagnostic


def _used(server: Server) -> set[str]:
    """Return the names used as placeholders, tested for, or set as placeholders explicitly."""
    used: set[str] = set()
    for option in server.config.options:
        used |= {word.split(" ")[0] for word in re.findall(r"%\(([^()%]{1,200})\)", option.written.raw)}
        if option.key.startswith(("if-opt", "if-not-opt", "declare-option")) or option.key in _SETTERS:
            used.add(option.value.partition("=")[0])
    return used


def _diagnostic(option: ParsedOption, server: Server, read_by_app: bool) -> Diagnostic | None:
    if any(sign in option.key for sign in "${<@%"):
        return None  # a placeholder of a shell or of a template engine
    name, remark = _meant(option.key)
    if _PLACEHOLDER.fullmatch(option.key):
        name, remark = "", ""
    if not name and ELSEWHERE.fullmatch(option.key):
        return None
    strict = server.config.is_on("strict") is True
    typed = any(word.startswith(f"--{option.key}") for word in (server.start.argv if server.start else ()))
    return at_key(
        option,
        f"no uWSGI option is called `{option.key}`: {_effect(strict, typed)}"
        + (f"; {remark}" if remark else ""),
        severity="error"
        if (name or strict) and not read_by_app
        else "advice"
        if read_by_app or _PLACEHOLDER.fullmatch(option.key)
        else "warning",
        hint=f"{name} = {without_comment(option)}"
        if name
        else "correct the name, or remove the line; `strict = true` finds such lines",
        fix=_rename(option, name) if name else None,
    )


def _effect(strict: bool, typed: bool) -> str:
    """Return what uWSGI makes of the option: a command line with an unknown one is refused (getopt)."""
    if strict:
        return "uWSGI refuses to start, since strict is on"
    return "uWSGI does not start" if typed else "the line has no effect, and uWSGI says nothing"


@lru_cache(256)
def _meant(key: str) -> tuple[str, str]:
    """Return the option that was most likely meant, with a remark on it."""
    colon = re.match(r"([a-z][a-z0-9_-]*)\s*:", key)
    if colon and (option_kind(colon[1]) != "unknown"):
        return colon[1], "between name and value stands `=`, not `:`"
    plain = key.lower().replace("_", "-").strip("-")
    if option_kind(plain) != "unknown":
        return plain, f"it is written `{plain}`"
    cutoff = _CLOSE_TO_A_PLUGINS if ELSEWHERE.fullmatch(key) else _CLOSE
    if plain in _USUAL_GUESSES:
        return _USUAL_GUESSES[plain], f"did you mean `{_USUAL_GUESSES[plain]}`?"
    near = difflib.get_close_matches(plain, _KNOWN, n=1, cutoff=cutoff) if len(plain) > 3 else []
    return (near[0], f"did you mean `{near[0]}`?") if near else ("", "")


def _rename(option: ParsedOption, name: str) -> Fix | None:
    written = option.written
    edit = Edit(
        file=written.file,
        line=written.line,
        column=written.key_column,
        end_column=written.key_column + len(option.key),
        text=name,
    )
    cut = write_value(option, without_comment(option)).edits if comment_in(option) else ()
    return None if ":" in option.key else Fix(description=f"write `{name}`", edits=(edit, *cut), asks=_ASKS)


RULE = Rule("U023", "ini-unknown-option", "error", check)
