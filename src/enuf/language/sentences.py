"""The translation of finished sentences: each is found in the catalogue again, with what stood in its placeholders.

Messages are composed in English all over enuf, cross processes and stand in JSON and logs. So the translation happens
where a text meets a person, and knows nothing but the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from enuf.language.catalogue import Catalogue, catalogue
from enuf.language.choice import Language
from enuf.language.joined import SIGNS, translate_joined
from enuf.language.templates import Found, Template

Test = Callable[[Template, tuple[str, ...]], bool]
"""A test whether a text has the form of a template by more than an accident."""

LONGEST_LINE, LONGEST_VALUE, DEEPEST, DEEPEST_ROW, MOST_PLACES = 2000, 400, 4, 2, 4
LEAST_LETTERS = 3
"""So many letters of a line must agree with a message."""
LEAST_LETTERS_OF_PART = 8
"""So many letters must agree before a value within a sentence counts as a message; fewer if its own values are single words."""
LEAST_LETTERS_OF_WORDS = 5
LEAST_LETTERS_OF_NUMBERS = 1
MOST_FORMS, MOST_FORMS_OF_PART = 4, 2
"""So many forms are compared, those first that have the most letters."""
_SEPARATORS = ("; ", ", ")


def _is_sentence(template: Template, values: tuple[str, ...]) -> bool:
    """Return True for a form that is no accident in a line of ours."""
    is_long = template.weight >= LEAST_LETTERS_OF_PART
    is_whole = template.weight >= LEAST_LETTERS and not any(map(_is_half, values))
    return is_long or is_whole or _is_part_in_row(template, values)


def _is_part(template: Template, values: tuple[str, ...]) -> bool:
    """Return True for a form that is no accident in the value of a user: many letters, or few beside words or numbers."""
    if template.weight >= LEAST_LETTERS_OF_PART:
        return True
    if template.weight >= LEAST_LETTERS_OF_WORDS:
        return all(value and " " not in value and value[-1] != "," for value in values)
    return template.weight >= LEAST_LETTERS_OF_NUMBERS and all(_has_number(value) for value in values)


def _is_part_in_row(template: Template, values: tuple[str, ...]) -> bool:
    """Return True also for a short form that begins with a sign: in a row of parts those follow each other."""
    if any(", " in value or _is_half(value) for value in values):  # several parts, or half of one
        return False
    return _is_part(template, values) or (
        template.weight >= LEAST_LETTERS_OF_NUMBERS and template.literals[0][:1] in SIGNS
    )


def _is_half(value: str) -> bool:
    """Return True for a text with one of two parentheses."""
    return value.count("(") != value.count(")")


def _has_number(value: str) -> bool:
    """Return True for one word that begins with a digit and ends without a sign: `7`, `1.5`, `09:04:35`."""
    return " " not in value and value[:1].isdigit() and value[-1].isalnum()


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
            return line if found is None else line.replace(core, found.text, 1)
        return line if found is None else found.text

    def _sentence(self, text: str) -> Found | None:
        """Return the translation of a whole sentence, None if the catalogue has no such sentence."""
        exact = self._catalogue.exact.get(text)
        if exact is not None:
            return Found(exact, _letters(text))
        whole = self._filled(text, self._catalogue.templates_for(text), 0, _is_sentence)
        parts = (
            self._behind_place(text),
            self._in_parentheses(text),
            self._sequence(text),
        )
        # Of equal candidates the first is taken: the last of several short messages must not become a value of the first.
        found = [each for each in (self._enumeration(text), whole, *parts) if each]
        return max(found, key=lambda each: each.weight, default=None)

    def _filled(self, text: str, templates: Iterable[Template], depth: int, is_enough: Test) -> Found | None:
        """Return the translation by the template with which most letters agree, those of its values included."""
        best: Found | None = None
        begins = False
        left = MOST_FORMS if depth == 0 else 1 if depth > DEEPEST_ROW else MOST_FORMS_OF_PART
        for template in templates:
            values = template.values_in(text) if left else None
            if values is not None and is_enough(template, values):
                left -= 1
                found = template.translated(values, lambda value, many: self._value(value, many, depth + 1))
                own = bool(template.literals[0])
                # Of two that say as much, a sentence is begun by its own words rather than by a value.
                if best is None or (found.weight, own) > (best.weight, begins):
                    best, begins = found, own
        return best

    # -- sentences of which the catalogue has the parts

    def _behind_place(self, text: str) -> Found | None:
        """Return a sentence that stands behind a place, such as `enuf.toml:2: serve.threads: `, with the place unchanged."""
        best: Found | None = None
        at = -1
        for _ in range(MOST_PLACES):
            at = text.find(": ", at + 1)
            if at < 0:
                break
            rest = text[at + 2 :]
            found = self._part(rest, self._catalogue.templates_for(rest), 1)
            if found is not None and (best is None or found.weight > best.weight):
                best = Found(text[: at + 2] + found.text, found.weight)
        return best

    def _in_parentheses(self, text: str) -> Found | None:
        """Return a value with its explanation translated: `/usr/bin/python3 (the project's virtualenv)`."""
        value, _, rest = text.partition(" (")
        explanation = rest.removesuffix(")")
        exact = self._catalogue.exact.get(explanation) if rest.endswith(")") else None
        return None if exact is None else Found(f"{value} ({exact})", _letters(explanation))

    def _sequence(self, text: str) -> Found | None:
        """Return sentences with a semicolon between them."""
        if "; " not in text:
            return None
        found = self._listed(text.split("; "), "; ", 1)
        return found if found.weight else None

    def _enumeration(self, text: str) -> Found | None:
        """Return short messages with commas between them: `1 thread stuck, 35 % errors`. None if one of them is no message."""
        if ", " not in text:
            return None
        parts = [
            self._part(each, self._catalogue.templates_for(each), 1, _is_sentence)
            for each in text.split(", ")
        ]
        found = [each for each in parts if each]
        if len(found) < len(parts):
            return None
        return Found(", ".join(each.text for each in found), sum(each.weight for each in found))

    # -- what stands in placeholders: values of users stay as they are

    def _value(self, value: str, many: bool, depth: int) -> Found:
        """Translate the value of a placeholder if it is a message, or consists of messages."""
        if depth > DEEPEST or len(value) > LONGEST_VALUE:
            return Found(value, 0)
        if depth <= DEEPEST_ROW and (many or value[:1] in SIGNS):
            return translate_joined(value, lambda text, is_first: self._part_in_row(text, is_first, depth))
        found = self._part(value, self._catalogue.templates_for(value), depth)
        separator = next((each for each in _SEPARATORS if each in value), None)
        if separator is None:
            return found or Found(value, 0)
        # Of a list whose last item ends as a message does, the rest is no value of that message.
        listed = self._listed(value.split(separator), separator, depth + 1)
        return listed if found is None or listed.weight > found.weight else found

    def _listed(self, items: list[str], separator: str, depth: int) -> Found:
        """Translate the items of a list one by one; some messages begin with the separator."""
        first, *others = items
        out = [self._value(first, False, depth)]
        for item in others:
            whole = separator + item
            found = self._part(whole, self._catalogue.begun.get(whole[:1], ()), depth)
            out += [found] if found else [Found(separator, 0), self._value(item, False, depth)]
        return Found("".join(each.text for each in out), sum(each.weight for each in out))

    def _part(
        self, text: str, templates: Iterable[Template], depth: int, is_enough: Test | None = None
    ) -> Found | None:
        """Return the translation of a part of a sentence, None for any other text."""
        exact = self._catalogue.exact.get(text)
        if exact is not None and (" " in text or len(text) >= LEAST_LETTERS_OF_PART):
            return Found(exact, _letters(text))
        return self._filled(text, templates, depth, is_enough or _is_part)

    def _part_in_row(self, text: str, is_first: bool, depth: int) -> Found | None:
        """Return the translation of one of several parts in a row. Only the first may begin with a placeholder."""
        every = self._catalogue.templates_for(text) if is_first else self._catalogue.begun.get(text[:1], ())
        return self._part(text, every, depth, _is_part_in_row)


@cache
def sentences_in(language: Language) -> Sentences:
    """Return the translator into a language; the first call reads the file of its catalogue."""
    return Sentences(catalogue(language))


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
