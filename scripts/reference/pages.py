"""The pages of the reference with their generated regions, and the manual pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.reference import command_line, failures, files
from scripts.reference.documents import documents
from scripts.reference.manual import left_over, manual
from scripts.reference.metrics import metrics
from scripts.reference.rules import rules
from scripts.reference.settings import settings
from scripts.reference.texts import LANGUAGES, ROOT, Texts

REGION = re.compile(
    r"(?P<head><!-- made by scripts/reference: (?P<name>[a-z-]+) -->\n).*?(?P<tail><!-- end -->)",
    re.DOTALL,
)

MAKERS: dict[str, Callable[[Texts], str]] = {
    "settings": settings,
    "verbs": command_line.verbs,
    "aliases": command_line.aliases,
    "global-options": command_line.global_options,
    "setting-flags": command_line.setting_flags,
    "each-verb": command_line.each_verb,
    "exit-codes": failures.exit_codes,
    "slugs": failures.slugs,
    "metrics": metrics,
    "documents": documents,
    "rules": rules,
    "access-log": files.access_log,
    "state": files.state,
    "site-record": files.site_record,
    "journal": files.journal,
}


def pages() -> tuple[dict[Path, str], list[str]]:
    """Return the text that every page should have, and one line for each missing or unused text."""
    made: dict[Path, str] = {}
    problems: list[str] = []
    for language in LANGUAGES:
        texts = Texts(language)
        regions = {name: maker(texts) for name, maker in MAKERS.items()}
        for path in sorted((ROOT / f"docs/{language}/reference").glob("*.md")):
            made[path] = _filled(path.read_text(encoding="utf-8"), regions)
        made |= manual(texts)
        problems += [f"missing: {each}" for each in dict.fromkeys(texts.missing)]
        problems += [f"stale: {each}" for each in texts.stale()]
    problems += [f"no page of the manual any more: {each.relative_to(ROOT)}" for each in left_over(made)]
    return made, problems


def _filled(text: str, regions: Mapping[str, str]) -> str:
    """Return a page with every region replaced."""

    def fill(match: re.Match[str]) -> str:
        return f"{match['head']}\n{regions[match['name']].rstrip()}\n\n{match['tail']}"

    return REGION.sub(fill, text)
