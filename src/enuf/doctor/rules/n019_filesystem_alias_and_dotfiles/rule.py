"""Hidden files in a folder that nginx serves."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.served import names_in_folder, served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_HARMLESS = frozenset((".well-known", ".gitkeep", ".gitignore", ".keep", ".nojekyll", ".gitattributes"))


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served folder with hidden names in it that no location denies."""
    for site in evidence.sites:
        for served in served_folders(site):
            names = names_in_folder(evidence, site, served.folder)
            hidden = tuple(name for name in names if name.startswith(".") and name not in _HARMLESS)
            open_names = served.denying.reachable(hidden, served.prefix)
            if open_names:
                yield at_directive(
                    served.directive,
                    f"{served.folder} holds hidden files that anyone can fetch: {', '.join(open_names[:4])}",
                    hint="location ~ /\\. { deny all; }",
                    fix=by_hand("add `location ~ /\\. { deny all; }` to the server block"),
                )


RULE = Rule("N019", "filesystem-alias-and-dotfiles", "warning", check)
