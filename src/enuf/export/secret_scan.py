"""Secrets that are written in files: an image that holds such a file gives the secret to everybody who can pull it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import msgspec

from enuf.model.secrets import is_harmless, text_spans, url_spans

_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_TOKEN = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{50,90}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,80}"
    r"|sk_live_[A-Za-z0-9]{16,60}|AIza[\w-]{35})\b"
)
"""Keys of well-known services, which are no secret's example."""
_NAME = re.compile(
    r"(?:^|_)(?:SECRET_KEY|SECRET|PASSWORD|PASSWD|TOKEN|API_KEY|APIKEY|PRIVATE_KEY|ACCESS_KEY|CLIENT_SECRET)$"
)
_PLACEHOLDER = re.compile(
    r"|(?:pass|password|passwd|secret|secrets?[-_]?key|token|user|postgres|root|example|none|null|true|false|test(?:ing)?"
    r"|dev(?:elopment)?|dummy|placeholder|todo|x+|\*+|.*(?:change|replace|insert|your|fixme|example)[-_ ]?\w*.*|[<{$%].*)",
    re.IGNORECASE,
)
_SETTINGS = ("enuf.toml", "pyproject.toml")
_INSTALLERS = ("pip.conf", "setup.cfg", "Pipfile", "poetry.toml", "uv.toml")
_CONFIGURATION = (".ini", ".cfg", ".conf", ".toml", ".yaml", ".yml", ".json", ".properties")
_CONFIGURED = re.compile(
    r"""^[ \t{,-]*["']?(?P<name>[A-Za-z][\w.-]{0,80})["']?[ \t]*[:=][ \t]*["']?(?P<value>[^\s"',;#}]{8,200})["']?[ \t,;}]*(?:#.*)?$""",
    re.MULTILINE,
)
_LEAST_CHARACTERS = 6


class WrittenSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret in a file: the place and the words for it, never its value."""

    file: str
    line: int
    what: str


def written_secrets(file: str, text: str) -> Iterator[WrittenSecret]:
    """Yield the secrets in a file of the project, by its path below the project."""
    for match in _KEY.finditer(text):
        yield _at(file, text, match.start(), "a private key")
    for match in _TOKEN.finditer(text):
        yield _at(file, text, match.start(), "an access key")
    name = file.rpartition("/")[2]
    if name.endswith((".py", ".wsgi")):
        yield from _in_python(file, text)
    elif file in _SETTINGS:
        yield from _in_settings(file, text)
    elif is_installers(file):
        yield from _in_addresses(file, text)
    elif name.endswith(_CONFIGURATION):
        yield from _in_addresses(file, text)
        yield from _in_configuration(file, text)


def is_installers(file: str) -> bool:
    """Return True for a file that tells an installer of packages what to install, and from where."""
    name = file.rpartition("/")[2]
    return name.startswith("requirements") or name in _INSTALLERS


def _in_settings(file: str, text: str) -> Iterator[WrittenSecret]:
    """Yield what a table of enuf's settings spells out; the other tables of pyproject.toml are of other programs."""
    if file == "pyproject.toml":
        yield from _in_addresses(file, text)
        start = text.find("[tool.enuf")
        if start < 0:
            return
        end = re.search(r"^\[(?!tool\.enuf)", text[start:], re.MULTILINE)
        before, text = text[:start], text[start : start + end.start() if end else len(text)]
    else:
        before = ""
    uncommented = re.sub(r"^\s*#.*$", lambda match: " " * len(match[0]), text, flags=re.MULTILINE)
    for start, end_of_value in text_spans(uncommented):
        if _is_secret(text[start:end_of_value]) and not _names_file(text, start):
            name = text[text.rfind("\n", 0, start) + 1 : start].partition("=")[0].strip() or "a value"
            yield WrittenSecret(
                file=file, line=(before + text[:start]).count("\n") + 1, what=f"the value of {name}"
            )


def _names_file(text: str, position: int) -> bool:
    """Return True for a setting that names where a secret is: `tls.key`, and the files of `access.passwords`."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return bool(re.match(r"\s*(?:passwords|key|certificate)\s*=", line))


def _in_addresses(file: str, text: str) -> Iterator[WrittenSecret]:
    for start, end in url_spans(text):
        if _is_secret(text[start:end]):
            yield _at(file, text, start, "a password in an address")


def _in_configuration(file: str, text: str) -> Iterator[WrittenSecret]:
    """Yield values that look made by chance, with names of secrets: elsewhere than in code a word may be a translation."""
    for match in _CONFIGURED.finditer(text):
        name, value = match["name"], match["value"]
        spelled = re.sub(r"(?<=[a-z])(?=[A-Z])|[.-]", "_", name).upper()
        if _NAME.search(spelled) and _is_mixed(value) and not is_harmless(name, value) and _is_secret(value):
            yield _at(file, text, match.start("value"), f"the value of {name}")


def _is_mixed(text: str) -> bool:
    return any(sign.isdigit() for sign in text) and any(sign.isalpha() for sign in text)


def _in_python(file: str, text: str) -> Iterator[WrittenSecret]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    try:
        for node in ast.walk(tree):
            for name, value in _assigned(node):
                if what := _told(name, value):
                    yield WrittenSecret(file=file, line=value.lineno, what=what)
    except RecursionError:
        return


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names of settings that a node gives values to: variables, attributes, keys, arguments."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield _spelled(target), node.value
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield _spelled(node.target), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg if node.arg.isupper() else "", node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isupper():
                yield key.value, value


def _spelled(target: ast.expr) -> str:
    """Return the name of a setting in capitals; empty for a name that is no setting's."""
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        name = str(target.slice.value)
        return name if name.isupper() else ""
    if isinstance(target, ast.Attribute):
        return target.attr.upper() if target.attr == "secret_key" or target.attr.isupper() else ""
    return target.id if isinstance(target, ast.Name) and target.id.isupper() else ""


def _told(name: str, value: ast.expr) -> str:
    """Return the words for a secret that an expression spells out; empty for none."""
    if not name or not isinstance(value, ast.Constant) or not isinstance(value.value, str | bytes):
        return ""
    text = value.value if isinstance(value.value, str) else value.value.decode("latin-1")
    if _NAME.search(name.upper()) and not is_harmless(name, text) and _is_secret(text):
        return f"the value of {name}"
    return (
        f"a password in {name}" if any(_is_secret(text[start:end]) for start, end in url_spans(text)) else ""
    )


def _is_secret(text: str) -> bool:
    """Return False for a placeholder, a sentence and what is too short for a secret."""
    bare = text.strip("\"' ,]}")
    return len(bare) >= _LEAST_CHARACTERS and " " not in bare and not _PLACEHOLDER.fullmatch(bare)


def _at(file: str, text: str, position: int, what: str) -> WrittenSecret:
    return WrittenSecret(file=file, line=text.count("\n", 0, position) + 1, what=what)
