"""The pages of the rules, and the examples in the pages, which are the rules' tests."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from enuf.doctor import live as live_package
from enuf.doctor import rules as rules_package
from enuf.doctor.rule_folders import rule_folders

LANGUAGES = ("en", "ko")
_FOLDER_OF_RULES = "https://github.com/enuf/enuf/blob/main/src/enuf/doctor/rules"
_FOLDER_OF_LIVE = "https://github.com/enuf/enuf/blob/main/src/enuf/doctor/live/pages"
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


_LANGUAGES_OF_FENCES = {
    "unit": "ini",
    "supervisor": "ini",
    "compose": "yaml",
    "procfile": "text",
    "logrotate": "text",
    "requirements": "text",
}
"""What a highlighter calls the languages of fences that only the pages have."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One or more files that together are bad (the rule must fire) or good (the rule must not fire)."""

    verdict: str
    texts: dict[str, str]


def page(code: str, language: str) -> str | None:
    """Return the page of a rule or of a live cause in a language, None if there is none with this code."""
    folder = rule_folders().get(code.upper())
    if folder:
        return files(rules_package).joinpath(folder, f"page.{language}.md").read_text(encoding="utf-8")
    name = live_page_name(code)
    return _live_pages().joinpath(f"{name}.{language}.md").read_text(encoding="utf-8") if name else None


def for_readers(text: str) -> str:
    """Return a page without the words behind its fences that are for tests: what is bad stands above **Fix**.

    A fence keeps a language that others know, and the name of its file where the page gives one stands above it.
    """
    return _FENCE.sub(_fence_for_readers, text)


def _fence_for_readers(match: re.Match[str]) -> str:
    words = match["info"].split()
    if len(words) < 2 or words[1] not in ("bad", "good"):
        return match[0]
    name = next((word[5:] for word in words if word.startswith("name=")), "")
    if not name and ("+" in words or "crlf" in words):
        name = _NAMES.get(words[0], "")
    above = f"`{name}`{' (CRLF)' if 'crlf' in words else ''}:\n\n" if name else ""
    return f"{above}```{_LANGUAGES_OF_FENCES.get(words[0], words[0])}\n{match['body']}```"


def address_of_page(code: str) -> str:
    """Return the address of the page of a rule or of a live cause in the repository, empty if there is none."""
    folder = rule_folders().get(code.upper())
    if folder:
        return f"{_FOLDER_OF_RULES}/{folder}/page.en.md"
    name = live_page_name(code)
    return f"{_FOLDER_OF_LIVE}/{name}.en.md" if name else ""


def codes() -> tuple[str, ...]:
    """Return the codes of all rules, sorted."""
    return tuple(rule_folders())


def live_codes() -> tuple[str, ...]:
    """Return the codes that only a running stack shows and that have pages of their own, sorted."""
    names = (file.name for file in _live_pages().iterdir())
    return tuple(
        sorted({name[:4].upper() for name in names if re.fullmatch(r"[a-z]\d{3}_\w+\.en\.md", name)})
    )


def live_page_name(code: str) -> str:
    """Return the name of a page among those of live causes, without its language; empty if there is none."""
    for file in _live_pages().iterdir():
        if file.name.startswith(f"{code.lower()}_") and file.name.endswith(".en.md"):
            return file.name.removesuffix(".en.md")
    return ""


def _live_pages() -> Traversable:
    return files(live_package).joinpath("pages")


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
