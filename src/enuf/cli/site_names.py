"""The names of installed sites on the command line: looked up, completed, and refused with those that are near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from enuf.system.sites import KnownSite

MOST_NAMED = 6


def is_site(word: str) -> bool:
    """Return True for the name of an installed site."""
    from enuf.system.sites import site_named

    return site_named(word) is not None


def asked_site(word: str) -> KnownSite:
    """Return the installed site of this name. Raise NotRunning for any other word, with the names that are near."""
    from enuf.system.sites import site_named

    site = site_named(word)
    if site is None:
        raise unknown_site(word)
    return site


def unknown_site(word: str) -> Exception:
    """Return the error for a word that names no installed site, with the names that are near."""
    import difflib

    from enuf.errors import NotRunning
    from enuf.system.sites import known_sites

    names = [site.name for site in known_sites()]
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        hint = f"did you mean {near[0]}? All of them: enuf sites"
    elif 0 < len(names) <= MOST_NAMED:
        hint = f"installed are: {', '.join(names)}; or name a project's folder, as in ./{word}"
    else:
        hint = "enuf sites lists them" if names else "no site is installed on this host yet: enuf install"
    return NotRunning(f"no site {word} is installed", hint, slug="not-installed")


def names_of_sites(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """Complete the name of an installed site."""
    from enuf.system.sites import known_sites

    return [site.name for site in known_sites() if site.name.startswith(typed)]
