"""Values that nginx refuses: too many, too few, or none that the directive takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template, line_text
from enuf.doctor.rule import Diagnostic, Rule, at_directive, at_line, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective
from enuf.syntax.nginx_values import size_in_bytes, time_in_seconds
from enuf.syntax.placeholders import is_filled_in_later

_PLACEHOLDER = re.compile(r"\$\{?[A-Z][A-Z0-9_]*\}?|.*(?:\{\{|<|%|@|__).*", re.DOTALL)
_FORMS = ('/"', "/'")
_SIZES = ("client_max_body_size", "client_body_buffer_size", "proxy_buffer_size", "uwsgi_buffer_size")
_TIMES = (
    *("proxy_read_timeout", "proxy_send_timeout", "proxy_connect_timeout"),
    *("uwsgi_read_timeout", "uwsgi_send_timeout", "uwsgi_connect_timeout"),
    *("keepalive_timeout", "send_timeout", "client_body_timeout", "client_header_timeout"),
)
_MODIFIERS = ("=", "~", "~*", "^~")
_REWRITE_FLAGS = ("last", "break", "redirect", "permanent")
_PORT = re.compile(r"(?:^|:)([0-9]{1,9})\Z")
_LAST_PORT = 65535
_PROTOCOLS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every directive with a number of values, or with a value, for which nginx does not start."""
    for site in evidence.sites:
        yield from _counted(evidence, site)
        for match in site.find("location", "rewrite", "ssl_protocols", "listen", *_SIZES, *_TIMES):
            wrong = _wrong(match.directive)
            if wrong and not is_template(evidence, match.directive.file):
                index, says, right = wrong
                yield at_directive(
                    match.directive,
                    f"nginx does not start: {match.directive.name} takes {says}, and not {match.directive.arg(index)}",
                    index,
                    hint=right,
                    fix=by_hand(f"write `{right}`"),
                )


def _counted(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    """Report a wrong number of values, and flags that are neither on nor off."""
    for problem in site.problems:
        text = line_text(evidence.file(problem.file), problem.line).partition(" #")[0].strip()
        if problem.kind != "arguments" or not text.endswith((";", "{", "}")):
            continue  # N011 reports a line without its end
        words = re.split(r"[\s;{}]+", text)[1:]
        if any(map(_is_left_open, words)) or is_template(evidence, problem.file):
            continue
        yield at_line(
            problem.file,
            problem.line,
            f"nginx does not start: it takes another number of values behind {problem.directive}"
            if "number of arguments" in problem.text
            else f"nginx does not start: it takes nothing but on and off behind {problem.directive}",
            hint=f"look at the values of {problem.directive}",
        )


def _wrong(directive: ParsedDirective) -> tuple[int, str, str] | None:
    """Return the index of a value that nginx refuses, what the directive takes, and the right line; None for none."""
    name, value = directive.name, directive.arg()
    if name not in ("location", "rewrite") and any(map(_is_filled_in, directive.args)):
        return None
    if name == "location" and len(directive.args) == 2 and value not in _MODIFIERS:
        return _modifier(value, directive.arg(1))
    if name == "rewrite" and len(directive.args) == 3 and directive.arg(2) not in _REWRITE_FLAGS:
        flag = "permanent" if directive.arg(2).startswith("perm") else "last"
        return 2, "last, break, redirect or permanent", f"{' '.join((name, value, directive.arg(1), flag))};"
    if name == "listen":
        port = _PORT.search(value)
        is_port = port is None or 0 < int(port[1]) <= _LAST_PORT
        return None if is_port else (0, f"a port from 1 to {_LAST_PORT}", "listen 80;")
    if name == "ssl_protocols":
        odd = next((index for index, each in enumerate(directive.args) if each not in _PROTOCOLS), None)
        return None if odd is None else (odd, "names of versions of TLS", "ssl_protocols TLSv1.2 TLSv1.3;")
    digits = re.match(r"[0-9]+", value)
    if name in _SIZES and size_in_bytes(value) is None:
        return 0, "a size such as 10m", f"{name} {digits[0] if digits else '10'}m;"
    if name in _TIMES and time_in_seconds(value) is None:
        return 0, "a time such as 60s", f"{name} {digits[0] if digits else '60'}s;"
    return None


def _is_filled_in(value: str) -> bool:
    return "$" in value or _is_left_open(value)


def _is_left_open(word: str) -> bool:
    """Return True for a word that a script or a person still has to replace, such as `/"full path to the files"`."""
    return _PLACEHOLDER.fullmatch(word) is not None or word.startswith(_FORMS) or is_filled_in_later(word)


def _modifier(value: str, path: str) -> tuple[int, str, str] | None:
    if _is_filled_in(value):
        return None
    sign = "~" if "~" in value or path.startswith("^") else ""
    right = " ".join(("location", sign, path, "{")) if sign else " ".join(("location", value + path, "{"))
    return 0, "the signs = ~ ~* and ^~ before a path", right


RULE = Rule("N092", "value-refused", "error", check)
