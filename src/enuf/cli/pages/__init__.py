"""The pages of `enuf explain`: what people see, the doctor's codes, and error slugs."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import msgspec

_CURE = {"en": "What to do.", "ko": "할 일."}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page in one language."""

    code: str
    """A code of the doctor (`U020`), the slug of an error (`app-import-failed`), or what people see (`502`)."""
    name: str
    """Another name: that of the doctor's rule, or `bad-gateway`; empty for an error."""
    title: str
    text: str
    is_symptom: bool = False
    """True for what people see (`502`), of which other pages tell causes."""
    says: tuple[str, ...] = ()
    """Words of messages, in every language, that lead to the page of what people see."""

    def matches(self, word: str) -> bool:
        """Return True when the page contains a word, in any case."""
        return word.lower() in self.heading + self.text.lower()

    @property
    def heading(self) -> str:
        """The code, the name and the title, with blanks for hyphens."""
        return f"{self.code} {self.name} {self.title}".replace("-", " ").lower()


def error_texts(language: str) -> dict[str, dict[str, str]]:
    """Return `means` and `cure` of every slug in a language."""
    return _texts("errors", language)


def _texts(kind: str, language: str) -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath(f"{kind}.{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache  # hundreds of files, which nobody changes meanwhile
def all_pages(language: str) -> tuple[Page, ...]:
    """Return every page in a language: what people see, then the codes in order, then the errors."""
    return (*_symptom_pages(language), *_rule_pages(language), *_error_pages(language))


def _symptom_pages(language: str) -> Iterator[Page]:
    every = [_texts("symptoms", each) for each in _CURE]
    for code, symptom in _texts("symptoms", language).items():
        says = tuple(phrase for texts in every for phrase in texts[code].get("says", ()))
        heading = f"{code} ({symptom['name'].replace('-', ' ')})" if code.isdigit() else code
        text = f"# {heading}\n\n{symptom['means']}\n\n**{_CURE[language]}**\n\n{symptom['cure'].strip()}\n"
        yield Page(
            code=code, name=symptom["name"], title=symptom["means"], text=text, is_symptom=True, says=says
        )


def _rule_pages(language: str) -> Iterator[Page]:
    from enuf.doctor.engine import all_rules
    from enuf.doctor.live.engine import all_causes
    from enuf.doctor.pages import for_readers, live_codes, page

    live = set(live_codes())
    names = {rule.code: rule.name for rule in all_rules()}
    names.update({cause.code: cause.name for cause in all_causes() if cause.code in live})
    for code in sorted(names):
        text = for_readers(page(code, language) or "")
        title = text.partition("\n")[0].partition(":")[2].strip()
        yield Page(code=code, name=names[code], title=title, text=text)


def _error_pages(language: str) -> Iterator[Page]:
    for slug, error in sorted(error_texts(language).items()):
        text = f"# {slug}\n\n{error['means']}\n\n**{_CURE[language]}** {error['cure']}\n"
        yield Page(code=slug, name="", title=error["means"], text=text)
