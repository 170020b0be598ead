"""The catalogue of a language: its messages by what they say in English."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from msgspec import Struct

from enuf.language.choice import Language
from enuf.language.templates import Template, filled_in, template_of

FOLDER = Path(__file__).parent
LABEL = "label"
"""The context of words that stand alone: labels, states, the heads of tables."""
Entry = tuple[str, str, str]
"""Context, message, translation."""


class Catalogue(Struct, frozen=True):
    """The translations of one language."""

    labels: dict[str, str]
    exact: dict[str, str]
    """Translations of messages without placeholders."""
    begun: dict[str, tuple[Template, ...]]
    """Messages with placeholders that begin with a text, by its first character; those with the most letters first."""
    free: dict[str, tuple[Template, ...]]
    """Messages that begin with a placeholder, by their last character, empty for a placeholder."""

    def templates_for(self, text: str) -> Iterable[Template]:
        """Return the templates that a text may have the form of, those with the most letters first."""
        found = (*self.begun.get(text[:1], ()), *self.free.get(text[-1:], ()), *self.free.get("", ()))
        return sorted(found, key=_by_weight)


def catalogue_of(entries: Iterable[Entry]) -> Catalogue:
    """Return the catalogue of these entries."""
    labels, exact = dict[str, str](), dict[str, str]()
    begun, free = dict[str, list[Template]](), dict[str, list[Template]]()
    for context, message, translation in entries:
        template = template_of(message, translation)
        first, last = template.literals[0], template.literals[-1]
        if context == LABEL:
            labels[message] = translation
        elif not template.slots:
            exact[first] = filled_in(translation, {})
        elif first:
            begun.setdefault(first[0], []).append(template)
        else:
            free.setdefault(last[-1:], []).append(template)
    return Catalogue(labels, exact, _sorted(begun), _sorted(free))


def _sorted(templates: dict[str, list[Template]]) -> dict[str, tuple[Template, ...]]:
    return {key: tuple(sorted(each, key=_by_weight)) for key, each in templates.items()}


def _by_weight(template: Template) -> int:
    return -template.weight


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the catalogue of a language: the translated messages of its file, none of them for English."""
    if language == "en":
        return catalogue_of(())
    import polib

    entries = polib.pofile(str(FOLDER / f"{language}.po"))
    return catalogue_of(
        (entry.msgctxt or "", entry.msgid, entry.msgstr) for entry in entries if entry.translated()
    )
