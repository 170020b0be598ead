"""The pages of `enuf explain`: those of the doctor's codes, and those of error slugs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files

import msgspec

_CURE = {"en": "What to do.", "ko": "할 일."}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page in one language."""

    code: str
    """A code of the doctor (`U020`), or the slug of an error (`app-import-failed`)."""
    name: str
    """The name of the doctor's rule; empty for an error."""
    title: str
    text: str

    def matches(self, word: str) -> bool:
        """Return True when the page contains a word, in any case."""
        return word.lower() in self.heading + self.text.lower()

    @property
    def heading(self) -> str:
        """The code, the name and the title, with blanks for hyphens."""
        return f"{self.code} {self.name} {self.title}".replace("-", " ").lower()


def error_texts(language: str) -> dict[str, dict[str, str]]:
    """Return `means` and `cure` of every slug in a language."""
    text = files(__package__).joinpath(f"errors.{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def all_pages(language: str) -> list[Page]:
    """Return every page in a language: the codes in order, then the errors."""
    return [*_rule_pages(language), *_error_pages(language)]


def _rule_pages(language: str) -> Iterator[Page]:
    from enuf.doctor.engine import all_rules
    from enuf.doctor.pages import page

    names = {rule.code: rule.name for rule in all_rules()}
    for code in sorted(names):
        text = page(code, language) or ""
        title = text.partition("\n")[0].partition(":")[2].strip()
        yield Page(code=code, name=names[code], title=title, text=text)


def _error_pages(language: str) -> Iterator[Page]:
    for slug, error in sorted(error_texts(language).items()):
        text = f"# {slug}\n\n{error['means']}\n\n**{_CURE[language]}** {error['cure']}\n"
        yield Page(code=slug, name="", title=error["means"], text=text)
