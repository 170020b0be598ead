"""The translation of finished sentences: each is found in the catalogue again, with what stood in its placeholders.

Messages are composed in English all over enuf, cross processes and stand in JSON and logs. So the translation happens
where a text meets a person, and knows nothing but the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from enuf.cli.language.catalogue import Catalogue
from enuf.cli.language.joined import SIGNS, Found, translate_joined
from enuf.cli.language.templates import Template

LONGEST_LINE, LONGEST_VALUE, DEEPEST, MOST_PLACES = 2000, 400, 5, 4
LEAST_LETTERS = 3
"""So many letters of a line must agree with a message."""
LEAST_LETTERS_OF_PART = 8
"""So many letters must agree before a value within a sentence counts as a message; fewer if its own values are numbers."""
LEAST_LETTERS_OF_NUMBERS = 2
_SEPARATORS = ("; ", ", ")


def _is_sentence(template: Template, values: tuple[str, ...]) -> bool:
    """Return True for a form that is no accident in a line of ours."""
    return template.weight >= LEAST_LETTERS or _is_part_in_row(template, values)


def _is_part(template: Template, values: tuple[str, ...]) -> bool:
    """Return True for a form that is no accident in the value of a user: many letters, or few with numbers as values."""
    if template.weight >= LEAST_LETTERS_OF_PART:
        return True
    return template.weight >= LEAST_LETTERS_OF_NUMBERS and all(_has_number(value) for value in values)


def _is_part_in_row(template: Template, values: tuple[str, ...]) -> bool:
    """Return True also for a short form that begins with a sign: in a row of parts those follow each other."""
    return _is_part(template, values) or (
        template.weight >= LEAST_LETTERS_OF_NUMBERS and template.literals[0][:1] in SIGNS
    )


def _has_number(value: str) -> bool:
    """Return True for one word with a digit in it."""
    return " " not in value and any(map(str.isdigit, value))


class Sentences:
    """Translates sentences with one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.translated: Callable[[str], str] = lru_cache(maxsize=1000)(self._translated)
        """Return the text in the language of the catalogue, as far as the catalogue has its lines."""

    def label(self, word: str) -> str:
        """Return a label in the language of the catalogue."""
        return self._catalogue.labels.get(word, word)

    def headings(self, text: str) -> str:
        """Return the text with only those lines translated that are whole messages without placeholders."""
        return "\n".join(self._catalogue.exact.get(line, line) for line in text.split("\n"))

    def _translated(self, text: str) -> str:
        known = self._catalogue.exact.get(text)
        if known is not None:
            return known
        return "\n".join(map(self._line, text.split("\n"))) if "\n" in text else self._line(text)

    def _line(self, line: str) -> str:
        """Translate one line; blanks around the line stay."""
        if len(line) > LONGEST_LINE:
            return line
        found = self._sentence(line)
        core = line.strip()
        if found is None and core != line:
            found = self._sentence(core)
            return line if found is None else line.replace(core, found, 1)
        return line if found is None else found

    def _sentence(self, text: str) -> str | None:
        """Return the translation of a whole sentence, None if the catalogue has no such sentence."""
        exact = self._catalogue.exact.get(text)
        if exact is not None:
            return exact
        found = self._filled(text, self._catalogue.templates_for(text), 0, _is_sentence)
        return found.text if found else self._behind_place(text)

    def _behind_place(self, text: str) -> str | None:
        """Return a sentence that stands behind a place, such as `enuf.toml:2: serve.threads: `, with the place unchanged."""
        at = -1
        for _ in range(MOST_PLACES):
            at = text.find(": ", at + 1)
            if at < 0:
                return None
            rest = text[at + 2 :]
            found = self._part(rest, self._catalogue.templates_for(rest), 0)
            if found is not None:
                return text[: at + 2] + found.text
        return None

    def _filled(
        self,
        text: str,
        templates: Iterable[Template],
        depth: int,
        is_enough: Callable[[Template, tuple[str, ...]], bool],
    ) -> Found | None:
        for template in templates:
            values = template.values_in(text)
            if values is not None and is_enough(template, values):
                filled = template.translated(values, lambda value, many: self._value(value, many, depth + 1))
                return Found(filled, template.weight)
        return None

    # -- what stands in placeholders: values of users stay as they are

    def _value(self, value: str, many: bool, depth: int) -> str:
        """Translate the value of a placeholder if it is a message, or consists of messages."""
        if depth > DEEPEST or len(value) > LONGEST_VALUE:
            return value
        if many:
            return translate_joined(value, lambda text, is_first: self._part_in_row(text, is_first, depth))
        found = self._part(value, self._catalogue.templates_for(value), depth)
        if found is not None:
            return found.text
        for separator in _SEPARATORS:
            if separator in value:
                return separator.join(self._value(each, False, depth + 1) for each in value.split(separator))
        return value

    def _part(
        self,
        text: str,
        templates: Iterable[Template],
        depth: int,
        is_enough: Callable[[Template, tuple[str, ...]], bool] = _is_part,
    ) -> Found | None:
        """Return the translation of a part of a sentence, None for any other text."""
        exact = self._catalogue.exact.get(text)
        if exact is not None and (" " in text or len(text) >= LEAST_LETTERS_OF_PART):
            return Found(exact, sum(map(str.isalpha, text)))
        return self._filled(text, templates, depth, is_enough)

    def _part_in_row(self, text: str, is_first: bool, depth: int) -> Found | None:
        """Return the translation of one of several parts in a row. Only the first may begin with a placeholder."""
        every = self._catalogue.templates_for(text) if is_first else self._catalogue.begun.get(text[:1], ())
        return self._part(text, every, depth, _is_part_in_row)
