"""`enuf explain`."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from enuf.cli.terminal.output import print_json
from enuf.cli.verb import current, verb
from enuf.language import spoken

if TYPE_CHECKING:
    from enuf.cli.pages import Page


def _codes(_ctx: click.Context, _argument: click.Parameter, typed: str) -> list[str]:
    """Return the codes and slugs that begin with what is typed so far."""
    from enuf.cli.pages import all_pages

    return [page.code for page in all_pages("en") if page.code.lower().startswith(typed.lower())]


@verb("explain", example="enuf explain U020 --lang ko")
@click.argument("words", metavar="[CODE | SLUG | WORD]...", nargs=-1, shell_complete=_codes)
@click.option(
    "--lang",
    type=click.Choice(["ko", "en"]),
    help="Language of the page (default: that of LANG; with --json English).",
)
def command(words: tuple[str, ...], lang: str | None) -> int:
    """Print the page of a doctor code or of an error: what happens, why, and how to cure it.

    Without a word, list all pages. What people see, such as 502 or "bad gateway", has a page of next steps. With
    other words, such as permission, list the pages that mention them all.
    """
    from enuf.cli.pages import all_pages
    from enuf.cli.pages.search import is_korean, mentioning, page_of

    wanted = " ".join(words)
    language = lang or ("ko" if is_korean(wanted) else "en" if current().json else spoken.language())
    pages = all_pages(language)
    exact = page_of(wanted, pages)
    if exact:
        others = [page for page in mentioning(words, pages) if page is not exact] if exact.is_symptom else []
        _print_page(exact, language, others)
        return 0
    found = mentioning(words, pages)
    if not found:
        raise click.UsageError(f"there is no page for {wanted!r}{_did_you_mean(wanted, pages)}")
    _print_list(found, language)
    return 0


def _print_page(page: Page, language: str, others: list[Page]) -> None:
    """Print a page, and below what people see the other pages that mention it."""
    if current().json:
        listed = {"pages": [_entry(each) for each in others]} if others else {}
        print_json({"code": page.code, "lang": language, "page": page.text, **listed})
        return
    click.echo(page.text.rstrip("\n"))
    if others:
        click.echo("\nenuf explain CODE:")
        _print_list(others, language)


def _entry(page: Page) -> dict[str, str]:
    return {"code": page.code, "title": page.title}


def _print_list(pages: list[Page], language: str) -> None:
    if current().json:
        print_json({"lang": language, "pages": [_entry(page) for page in pages]})
        return
    widest = max(len(page.code) for page in pages)
    for page in pages:
        click.echo(f"{page.code:<{widest}}  {page.title}")


def _did_you_mean(word: str, pages: Sequence[Page]) -> str:
    names = {name.lower(): page.code for page in pages for name in (page.code, page.name) if name}
    # A number is not misspelt: 500 is another status than 504.
    near = [] if word.isdigit() else difflib.get_close_matches(word.lower(), names, n=1)
    return f", did you mean {names[near[0]]}?" if near else "; `enuf explain` lists all pages"
