"""The search of `enuf explain`: by code, by what people see, by words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from enuf.cli.pages import Page

SHORT = 2
FILLERS = ("already", "not", "the", "with", "for", "and", "error")
_HANGUL = re.compile("[가-힣]")
_NUMBER_OF_A_PORT = re.compile("[0-9]{4,5}")
"""A number that examples have for any reason; those of three digits are statuses."""


def is_korean(text: str) -> bool:
    """Return True for a text with Korean letters."""
    return _HANGUL.search(text) is not None


def page_of(wanted: str, pages: Iterable[Page]) -> Page | None:
    """Return the page of a code, of a name, or of what people see, which may be a whole line of a log."""
    names = {wanted.lower(), "-".join(wanted.split()).lower()}
    pages = list(pages)
    exact = next((page for page in pages if wanted and names & {page.code.lower(), page.name}), None)
    return exact or _symptom_in(wanted, pages)


def _symptom_in(wanted: str, pages: Sequence[Page]) -> Page | None:
    """Return the page whose longest phrase stands in the words, else the page of a status in them."""
    line = _plain(wanted)
    symptoms = [page for page in pages if page.is_symptom]
    said = [
        (len(phrase), page) for page in symptoms for phrase in page.says if _stands_in(_plain(phrase), line)
    ]
    if said:
        return max(said, key=lambda each: each[0])[1]
    return next((page for page in symptoms if page.code.isdigit() and page.code in line.split()), None)


def _stands_in(phrase: str, line: str) -> bool:
    """Return True for whole words; the end of a Korean one is free, for particles stand there."""
    return phrase in line if is_korean(phrase) else f" {phrase} " in f" {line} "


def _plain(text: str) -> str:
    """Return the words of a text in lower case, without punctuation."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def mentioning(words: Sequence[str], pages: Iterable[Page]) -> list[Page]:
    """Return the pages that mention all words, or, where none does, those that mention most of them.

    Pages with all of these words in the heading come first. A page with fewer than half of the words is left out.
    """
    # Short words are in every page, and a port in any example.
    telling = (word.lower() for word in words if not _NUMBER_OF_A_PORT.fullmatch(word))
    sought = [word for word in telling if len(word) > SHORT and word not in FILLERS]
    sought = sought or [word.lower() for word in words]
    counted = [(sum(page.matches(word) for word in sought), page) for page in pages]
    most = max((count for count, _ in counted), default=0)
    if most * 2 < len(sought) or (sought and not most):
        return []
    found = [page for count, page in counted if count == most]
    return sorted(found, key=lambda page: not all(word in page.heading for word in sought))
