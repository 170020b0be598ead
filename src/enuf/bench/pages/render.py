"""The page as HTML."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from enuf.bench.pages.view import page_view
from enuf.bench.results import Report
from enuf.language.choice import Language
from enuf.language.sentences import sentences_in
from enuf.model.words import ENGLISH, Words


def rendered_report(report: Report, language: Language = "en") -> str:
    """Return one HTML document about the report, which loads nothing and needs no script."""
    return _template().render(page=page_view(report, language, words_in(language)), style=_part("report.css"))


def words_in(language: Language) -> Words:
    """Return the functions that translate into a language."""
    if language == "en":
        return ENGLISH
    sentences = sentences_in(language)
    return Words(sentences.translated, sentences.label)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("report.html")


def _part(name: str) -> str:
    return files("enuf.bench.pages").joinpath(name).read_text("utf-8")
