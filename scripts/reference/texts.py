"""The words of the reference pages in one language, and Markdown tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from enuf.cli.pages import error_texts
from enuf.language.catalogue import catalogue
from enuf.language.sentences import Sentences

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "ko")
OF_COMMAND_LINE = ("verbs", "help", "options.", "settings")
"""Tables of texts that `enuf` itself shows: their translations are messages of the catalogue."""
WORDS = {
    "en": {
        "key": "key", "default": "default", "variable": "variable", "what": "what it does", "flag": "Flag",
        "verb": "verb", "option": "option", "example": "Example", "exits": "Exit codes", "settings": "It also takes the [flags of settings](#flags-of-settings).",
        "code": "code", "means": "meaning", "slug": "slug", "cure": "what to do", "metric": "metric", "type": "type",
        "labels": "labels", "note": "note", "field": "field", "name": "name", "severity": "severity", "title": "page",
        "text": "text format", "nginx": "nginx variable", "top": "Above the first section", "alias": "Alias",
        "error": "error", "warning": "warning", "advice": "advice", "choices": "one of", "usual": "Default", "again": "repeatable",
    },
    "ko": {
        "key": "키", "default": "기본값", "variable": "환경 변수", "what": "설명", "flag": "플래그",
        "verb": "명령", "option": "옵션", "example": "예", "exits": "종료 코드", "settings": "[설정용 플래그](#설정용-플래그)도 쓸 수 있습니다.",
        "code": "코드", "means": "뜻", "slug": "슬러그", "cure": "할 일", "metric": "지표", "type": "종류",
        "labels": "레이블", "note": "참고", "field": "필드", "name": "이름", "severity": "심각도", "title": "설명 페이지",
        "text": "text 형식", "nginx": "nginx 변수", "top": "섹션 앞에 적는 것", "alias": "다른 이름",
        "error": "error", "warning": "warning", "advice": "advice", "choices": "다음 중 하나", "usual": "기본값", "again": "여러 번 쓸 수 있음",
    },
}  # fmt: skip


class Texts:
    """The texts of one language by table and key, with a record of the missing and the used ones."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = WORDS[language]
        self.facts = _toml("en")
        self._texts = dict(_leaves(_toml(language), ()))
        self._sentences = Sentences(catalogue("ko" if language == "ko" else "en"))
        self._used: set[tuple[str, str]] = set()
        self.missing: list[str] = []

    def of(self, table: str, key: str, english: str | None = None) -> str:
        """Return the text of a key.

        `english` is the text that the code has: English pages show it, other languages look it up.
        """
        if self.language == "en" and english is not None:
            return english
        if english and table.startswith(OF_COMMAND_LINE):
            return self._of_catalogue(table, key, english)
        self._used.add((table, key))
        text = self._texts.get((table, key))
        if text is None:
            if english == "":
                return ""
            self.missing.append(f'{_file_of(table, self.language)}: [{table}] "{key}" ({english or ""})')
            return "?"
        return text

    def _of_catalogue(self, table: str, key: str, english: str) -> str:
        """Return a text of the command line from the catalogue that the command line itself uses."""
        text = self._sentences.translated(english)
        if text == english:
            self.missing.append(f'src/enuf/language/{self.language}.po: [{table}] "{key}" ({english})')
        return text

    def stale(self) -> list[str]:
        """Return the keys of the file that no page used."""
        known = {key for key in self._texts if self.language != "en" or not key[0].startswith("documents.")}
        return sorted(
            f'{_file_of(table, self.language)}: [{table}] "{key}"' for table, key in known - self._used
        )


def _file_of(table: str, language: str) -> str:
    if table.startswith("slugs."):
        return f"src/enuf/cli/pages/errors.{language}.toml"
    return f"scripts/reference_{language}.toml"


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield every text of a file with its table and key. Lists are facts, which are not translated."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        elif isinstance(value, str):
            yield (".".join(path), key), value


def _toml(language: str) -> dict[str, dict[str, Any]]:
    own = tomllib.loads((ROOT / f"scripts/reference_{language}.toml").read_text(encoding="utf-8"))
    return {**own, "slugs": error_texts(language)}


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
