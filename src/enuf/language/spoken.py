"""The language of this run of the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

from enuf.language.choice import Language, can_show_korean, chosen_language
from enuf.model.words import Words

if TYPE_CHECKING:
    from enuf.language.sentences import Sentences

_LANGUAGE: ContextVar[Language] = ContextVar("language", default="en")


def begin_language(environ: Mapping[str, str]) -> None:
    """Choose the language of this run: English also where the terminal's encoding has no Korean letters."""
    wanted = chosen_language(environ)
    shown = all(can_show_korean(getattr(each, "encoding", None)) for each in (sys.stdout, sys.stderr))
    _LANGUAGE.set(wanted if shown else "en")


def language() -> Language:
    """Return the language of this run."""
    return _LANGUAGE.get()


def translated(text: str) -> str:
    """Return a text for people in the language of this run; lines that the catalogue does not have stay English."""
    return text if language() == "en" else _sentences(language()).translated(text)


def translated_headings(text: str) -> str:
    """Return a text of others in which lines of ours stand alone: only those are put into the language of this run."""
    return text if language() == "en" else _sentences(language()).headings(text)


def translated_label(word: str) -> str:
    """Return a label, a state or the head of a column in the language of this run."""
    return word if language() == "en" else _sentences(language()).label(word)


SPOKEN = Words(translated, translated_label)
"""The language of this run, for code that knows nothing of the command line."""


def _sentences(wanted: Language) -> Sentences:
    from enuf.language.sentences import sentences_in  # a run in English does without the module

    return sentences_in(wanted)
