"""The pages of the rules, and the examples in the pages, which are the rules' tests."""

from __future__ import annotations

import re
from importlib.resources import files

import msgspec

from enuf.doctor import rules as rules_package

LANGUAGES = ("en", "ko")
_FOLDER_OF_RULES = "https://github.com/enuf/enuf/blob/main/src/enuf/doctor/rules"
_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_NAMES = {
    "ini": "uwsgi.ini",
    "xml": "uwsgi.xml",
    "yaml": "uwsgi.yaml",
    "json": "uwsgi.json",
    "nginx": "site.conf",
    "python": "app.py",
    "unit": "app.service",
    "dockerfile": "Dockerfile",
    "compose": "compose.yml",
    "procfile": "Procfile",
    "supervisor": "supervisor.conf",
    "logrotate": "logrotate.conf",
    "requirements": "requirements.txt",
    "text": "notes.txt",
}


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One or more files that together are bad (the rule must fire) or good (the rule must not fire)."""

    verdict: str
    texts: dict[str, str]


def page(code: str, language: str) -> str | None:
    """Return the page of a rule in a language, None if no rule has this code."""
    for folder in files(rules_package).iterdir():
        if folder.name.startswith(f"{code.lower()}_"):
            return folder.joinpath(f"page.{language}.md").read_text(encoding="utf-8")
    return None


def address_of_page(code: str) -> str:
    """Return the address of the page of a rule in the repository, empty if no rule has this code."""
    for folder in files(rules_package).iterdir():
        if folder.name.startswith(f"{code.lower()}_"):
            return f"{_FOLDER_OF_RULES}/{folder.name}/page.en.md"
    return ""


def codes() -> tuple[str, ...]:
    """Return the codes of all rules, sorted."""
    names = (folder.name for folder in files(rules_package).iterdir())
    return tuple(sorted(name[:4].upper() for name in names if re.fullmatch(r"[a-z]\d{3}_\w+", name)))


def examples(text: str) -> tuple[Example, ...]:
    """Return the fenced blocks marked `bad` or `good`. A block marked `+` adds a file to the block before.

    The file name follows from the language, or is given: ```python bad + name=src/app.py
    `crlf` gives the file the line ends of Windows.
    """
    result: list[Example] = []
    for match in _FENCE.finditer(text):
        words = match["info"].split()
        if len(words) < 2 or words[1] not in ("bad", "good"):
            continue
        name = next((word[5:] for word in words if word.startswith("name=")), _NAMES.get(words[0], words[0]))
        body = _whole_ini(match["body"]) if words[0] == "ini" else match["body"]
        body = body.replace("\n", "\r\n") if "crlf" in words else body
        if "+" in words and result:
            result[-1] = Example(verdict=result[-1].verdict, texts={**result[-1].texts, name: body})
        else:
            result.append(Example(verdict=words[1], texts={name: body}))
    return tuple(result)


def _whole_ini(body: str) -> str:
    """Return an ini example with its heading, which most pages leave out."""
    return body if re.search(r"^\ufeff?\s*\[", body, re.MULTILINE) else f"[uwsgi]\n{body}"
