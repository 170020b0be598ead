"""Messages with placeholders: found again in a finished text, and filled in anew in another language."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import NamedTuple

from msgspec import Struct

from enuf.language.particles import with_particle


class Found(NamedTuple):
    """A translation, and how many letters of messages agreed with the text: 0 for a text that stays as it is."""

    text: str
    weight: int


Value = Callable[[str, bool], Found]
"""A function that translates the value of a placeholder; the flag says that several placeholders stand there side by side."""


class Template(Struct, frozen=True):
    """A message, cut at its placeholders, and its translation."""

    literals: tuple[str, ...]
    """The fixed parts: one more than there are slots."""
    slots: tuple[tuple[str, ...], ...]
    """The placeholders between the fixed parts; several in one slot where no text separates them."""
    translation: str
    weight: int
    """Letters of the fixed parts."""

    def values_in(self, text: str) -> tuple[str, ...] | None:
        """Return what stands in the slots of a text that has this form, None for any other text.

        A slot holds as little as possible, the last one all the rest.
        """
        first, *middle = self.literals
        last = middle.pop() if middle else ""
        end = len(text) - len(last)
        if len(first) > end or not text.startswith(first) or not text.endswith(last):
            return None
        if not self.slots:
            return () if end == len(first) and not last else None
        values, at = [], len(first)
        for literal in middle:
            found = text.find(literal, at, end)
            if found < 0:
                return None
            values.append(text[at:found])
            at = found + len(literal)
        return (*values, text[at:end])

    def translated(self, values: tuple[str, ...], of_value: Value) -> Found:
        """Return the translation, filled with the translated values, and how many letters agreed in all."""
        filled: dict[str, str] = {}
        weight = self.weight
        for names, value in zip(self.slots, values, strict=True):
            found = of_value(value, len(names) > 1)
            filled |= dict.fromkeys(names, "")
            filled[names[0]] = found.text
            weight += found.weight
        return Found(filled_in(self.translation, filled), weight)


def template_of(message: str, translation: str) -> Template:
    """Return the template of a message in Python's brace format, such as `there is no folder {0}`."""
    literals, slots = [""], list[tuple[str, ...]]()
    for literal, name, _, _ in string.Formatter().parse(message):
        literals[-1] += literal
        if name is None:
            continue
        if slots and not literals[-1]:
            slots[-1] = (*slots[-1], name)
        else:
            slots.append((name,))
            literals.append("")
    weight = sum(each.isalpha() for literal in literals for each in literal)
    return Template(tuple(literals), tuple(slots), translation, weight)


def filled_in(translation: str, values: Mapping[str, str]) -> str:
    """Return the translation with its values; `{0:이/가}` is the value with the form of the particle that fits.

    The particle of a value that ends a piece of code stands behind the closing backquote.
    """
    out, waiting = [], ""
    for literal, name, particle, _ in string.Formatter().parse(translation):
        ends_code = literal.startswith("`")
        out += ["`", waiting, literal[1:]] if ends_code else [waiting, literal]
        waiting = ""
        if name is not None:
            value = values[name]
            out.append(value)
            waiting = with_particle(value, particle).removeprefix(value) if particle else ""
    return "".join([*out, waiting])
