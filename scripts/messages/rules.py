"""Which strings of the source are messages: texts that enuf says to people on a terminal.

A module speaks to people, raises errors for them, or does neither. In a module that speaks, a string with several words
is a message unless its use says otherwise (a pattern, a part of a comparison, an example).
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Sequence

from enuf.cli.root import ALIASES, VERBS

SILENT = (
    "bench/entry", "bench/floor_program", "bench/packages_program", "bench/scenarios/large_header", "bench/scenarios/requests", "bench/scenarios/upload", "bench/served_app", "doctor/collect/live/processes", "doctor/facts/compiled_packages", "doctor/live/evidence_lines", "doctor/live/upstream_errors", "doctor/live/masking", "language/", "cli/pages/", "export/dockerfile", "export/ignore", "export/yaml_text", "fronts/mime_types", "inspect/tracebacker", "install/alert_program", "install/certificate_script", "install/failure_script", "install/logrotate",
    "install/services/systemd_certificate", "install/services/systemd_unit", "install/takeover/known_words", "model/nginx_variables", "model/secrets",
    "observe/views/", "plan/front_request", "render/plain_ini", "render/plain_site", "render/plain_values", "run/dev_page", "servers/gunicorn_conf",
    "servers/shim", "servers/uwsgi_options", "servers/validators", "start/service_reporter",
    "syntax/access_log", "syntax/compose_keys",
    "syntax/excerpt", "syntax/gunicorn_options", "syntax/nginx_secrets", "syntax/nginx_stock", "syntax/python_frames", "syntax/secret_spans", "syntax/supervisor_keys", "syntax/unit_keys",
    "syntax/uwsgi_aliases", "syntax/uwsgi_magic", "syntax/uwsgi_options", "syntax/uwsgi_sockets", "syntax/uwsgi_values",
    "system/relay", "tls/acme/__main__", "web/", "wrapper/",
)  # fmt: skip
"""Modules without a word for people on a terminal: they write files, logs, programs or the dashboard's answers."""
ERRORS_ONLY = (
    "bench/plots",
    "bench/subjects/",
    "export/targets/",
    "fronts/",
    "install/services/",
    "servers/",
)
"""Modules whose strings are lines of configuration, save for errors and for what cannot be observed."""
ERRORS = frozenset((
    "EnufError", "AnswerIsNo", "NotRunning", "SettingsInvalid", "AppNotFound", "AppImportFailed", "ToolUnusable", "NotReady",
    "Conflict", "PrivilegeNeeded", "RolledBack", "ValueError", "Refusal", "Problem", "Unobservable",
))  # fmt: skip
SAYING = {
    "BadParameter": 0, "Progress": 0, "UsageError": 0, "_echo": 0, "_help_row": 2, "echo": 0, "fail": 0, "note": 0, "progress": 0, "remark": 1,
    "say": 0, "sentence": 0, "step": 0, "translated": 0, "warn": 0, "warning": 0,
}  # fmt: skip
"""Functions that say one of their arguments to people, by its number: also a single word is a message there."""
LABELLING = {
    "_counts": 0,
    "labelled": 0,
    "labelled_each": 0,
    "_help_row": 1,
    "label_cell": 1,
    "labelled_row": 1,
    "labelled_rows": 1,
    "remark": 0,
    "remark_text": 0,
    "translated_label": 0,
    "label": 0,
}
"""Functions of which an argument is a label."""
SAID_ARGUMENTS = frozenset(("short", "verdict", "why"))
"""Arguments that are said to people: also a single word is a message there."""
COUNTING = {"_count", "_counted"}
"""Functions that put a number before one of two words."""
NOT_SAYING = frozenset((
    "compile", "count", "encode", "endswith", "find", "has", "observed", "said_by_front", "fullmatch", "get", "getLogger", "getattr", "index", "match",
    "partition", "removeprefix", "removesuffix", "rindex", "rpartition", "rsplit", "search", "split", "startswith", "strftime",
    "strip", "strptime", "sub", "write_bytes", "Literal", "cast", "TypeVar", "NewType",
))  # fmt: skip
NOT_SAID_ARGUMENTS = frozenset(
    ("evidence", "metavar", "example", "examples", "name", "pattern", "encoding", "prefix", "form")
)
NOT_MESSAGES = frozenset((
    ":memory:", "During handling of the above exception", "The above exception was the direct cause", "Read-only file system",
    "client intended to send too large", "client sent too large header", "client sent too long header", "client sent too long URI",
    "upstream timed out", "Permission denied", "the counts add up to the total", "enuf: ",
    "tls.certificate: ", "tls.key: ", " id={0}", " in {0}{1}", " Fix: {0}", "http.error_pages, http.maintenance",
    "nginx: {0}", "enuf: {0}", "server: {0}", "capabilities of root would stay",
    "no program may be started while another user's rights are used",
    "{0} {1} {2} {3} bytes {4} s id={5}", "slow request: {0} {1} {2} {3} s{4} id={5}", "serve.user: {0}", "access.passwords: {0}",
    "enuf local CA", "enuf local CA {0}", "enuf stand-in certificate",
    "Environment {0}", "EnvironmentFile {0}", "gunicorn: master", "uWSGI master", "  app = {0}", "listen = {0} (not above net.core.somaxconn)", "{0} ssl", "{0} pyuwsgi", "{0} gunicorn", "{0} 'enuf[acme]'", " UTC", "bench compare", "bench advise",
))  # fmt: skip
"""Strings of several words that are compared, logged or put into files, and messages that need no translation."""
_PATTERN = re.compile(r"\\[a-zA-Z.()\[\]]|\(\?|\[\^|\.\*|\$[a-z_]{3}|</|%\(|\r|^<|^endColumn|^,endColumn")
"""Regular expressions, HTML, lines of HTTP."""
_CODE = re.compile(
    r"^\s*(?:import (?:os|sys|json|pyuwsgi)\b|from [\w.{}]+ import|def|try:|except|print\(|script =|gevent =|PRAGMA|# managed|Traceback|  File|AcmeRequest|\"uwsgi_|\"pyuwsgi_|bold|if __name__)\b|^\s*\"\w+\":"
)
_CONFIGURATION = re.compile(
    r"[\w.<>{}/-]+ = \S+(?: x \d+)?|(?:[a-z]+_[a-z_]+|include|listen|alias|root) [^,:`]*;|server \{\{.*|application = .*|^\\ No newline.*"
)
_VERBS_TYPED = "|".join(("--version", "--help", "--project", *VERBS, *ALIASES))
_COMMAND = re.compile(
    rf"`[^`]*`|-m pip(?: [\w=-]+)+|\benuf (?:{_VERBS_TYPED})\b(?: (?:-\S+|{{\d+}}|[A-Z_]{{2,}}|on|off|trust|renew|bash|local|server|status|[\w-]*[./:=][\w./:=*-]*))*"
    r"|\b(?:sudo|systemctl|journalctl|apt-get|pip|uv|curl|kill|chmod|chown|chgrp|mkdir|openssl|setpriv|flask|python)(?: (?!failed\b)[\w./:=*+{}%-]+)+"
    r"|--?[a-z][\w.-]*(?:[= ][\w./:={}'-]+)?"
)
"""What one types."""
_PLACEHOLDER = re.compile(r"\{\d+\}")
_WORD = re.compile(r"[A-Za-z]{2,}")


def is_silent(module: str) -> bool:
    """Return True for a module that says nothing to people."""
    return module.startswith(SILENT)


def only_raises(module: str) -> bool:
    """Return True for a module of which only the errors are messages."""
    return module.startswith(ERRORS_ONLY)


def has_words(message: str) -> bool:
    """Return True for a text with words of its own, beside placeholders and what one types or writes into a file."""
    fixed = "".join(literal for literal, *_ in string.Formatter().parse(message))
    if (
        message in NOT_MESSAGES
        or _PATTERN.search(fixed)
        or _CODE.search(fixed)
        or _CONFIGURATION.fullmatch(message)
    ):
        return False
    return _WORD.search(_PLACEHOLDER.sub("", _COMMAND.sub("", message))) is not None


def is_sentence(message: str) -> bool:
    """Return True for a text of several words."""
    return " " in message.strip() or message[:1] in ",;:( " or message[-1:] == " "


def is_excluded_by_use(parents: Iterable[ast.AST], node: ast.AST) -> bool:
    """Return True for a string whose use says that it is no message; `parents` come from the inside out."""
    child: ast.AST = node
    for parent in parents:
        if isinstance(parent, ast.Call) and called(parent) == "FormattedText":
            return False  # the name of a kind of value, which messages contain
        if isinstance(
            parent, ast.Compare | ast.Assert | ast.Subscript | ast.alias | ast.MatchValue | ast.Delete
        ):
            return True
        if isinstance(parent, ast.arg | ast.AnnAssign) and child is parent.annotation:
            return True
        if isinstance(parent, ast.FunctionDef) and child is parent.returns:
            return True
        if isinstance(parent, ast.keyword) and parent.arg in NOT_SAID_ARGUMENTS:
            return True
        if isinstance(parent, ast.Call) and child is not parent.func and called(parent) in NOT_SAYING:
            return True
        if isinstance(parent, ast.stmt):
            return False
        child = parent
    return False


def describes_setting(parents: Sequence[ast.AST]) -> bool:
    """Return True for the description of a setting."""
    keyword, *above = parents
    return (
        isinstance(keyword, ast.keyword)
        and keyword.arg == "description"
        and isinstance(above[0], ast.Call)
        and called(above[0]) == "Meta"
    )


def makes_plural(parents: Sequence[ast.AST]) -> bool:
    """Return True for a word of which the function that puts a number before it makes the plural."""
    return any(
        isinstance(each, ast.Call) and called(each) in COUNTING and len(each.args) == 2
        for each in parents[:2]
    )


def is_raised(parents: Iterable[ast.AST]) -> bool:
    """Return True for a string inside of an error."""
    return any(
        isinstance(each, ast.Raise) or (isinstance(each, ast.Call) and called(each) in ERRORS)
        for each in parents
    )


def called(call: ast.Call) -> str:
    """Return the name of the function that is called, without its module or object."""
    function = call.func
    return (
        function.id
        if isinstance(function, ast.Name)
        else function.attr
        if isinstance(function, ast.Attribute)
        else ""
    )
