"""Hooks of mkdocs: pages that link to files outside docs/, pages of rules, which are in the package, languages, the search.

A link to a rule's page leads to a page of the site, made from that file. Any other link that leaves docs/ leads to the repository.
The target must exist: a broken link is a warning, and `mkdocs build --strict` fails for it.
The search is Pagefind's, which makes an index for each language of the finished site: mkdocs' own finds no Korean word that has a particle.
"""

from __future__ import annotations

import copy
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.plugins.docs_site")

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NAMES = {"en": "English", "ko": "한국어"}
"""The languages, by the names of their sections in mkdocs.yml."""
LINK = re.compile(r"(?P<before>\]\()(?P<target>[^)#:\s]+)(?P<after>(?:#[^)\s]*)?\))")
FENCE = re.compile(r"(^```.*?^```[^\S\n]*$)", re.MULTILINE | re.DOTALL)
MARKED_FENCE = re.compile(r"^```(?P<language>\w+)[^\S\n]+\S.*$", re.MULTILINE)
"""A block with more than its language, as in the pages of the rules: ```ini bad"""
RULE_PAGE = re.compile(r"(?P<code>[a-z]\d{3})_\w+/page\.(?P<language>en|ko)\.md$")


def github_slug(text: str, separator: str = "-") -> str:
    """Return the anchor that GitHub gives to a heading: letters of any language, digits, - and _."""
    kept = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return kept.replace(" ", separator)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the rules to the site."""
    for path in sorted((ROOT / "src").rglob("page.*.md")):
        if place := site_place(path):
            files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs passes the arguments by name
    """Rewrite the links that leave docs/, and the marks of blocks that only the tests of the rules read."""
    folder = (DOCS / page.file.src_uri).parent
    parts = FENCE.split(MARKED_FENCE.sub(r"```\g<language>", markdown))
    parts[::2] = [
        LINK.sub(lambda match: _rewritten(match, folder, page, config), part) for part in parts[::2]
    ]
    return "".join(parts)


def _rewritten(match: re.Match[str], folder: Path, page: Page, config: MkDocsConfig) -> str:
    target = Path(os.path.normpath(folder / match["target"]))
    if target.is_relative_to(DOCS):
        return match[0]  # mkdocs checks it itself
    if not target.exists():
        log.warning("%s links to %s, which does not exist", page.file.src_uri, match["target"])
    place = site_place(target)
    if place:
        link = os.path.relpath(DOCS / place, folder)
    else:
        kind = "tree" if target.is_dir() else "blob"
        repository = (config.repo_url or "").rstrip("/")
        link = f"{repository}/{kind}/main/{target.relative_to(ROOT)}"
    return f"{match['before']}{link}{match['after']}"


def site_place(path: Path) -> str | None:
    """Return the place of a rule's page in the site, None for any other file."""
    match = RULE_PAGE.search(path.as_posix())
    return f"{match['language']}/reference/rules/{match['code']}.md" if match else None


def on_page_context(context: dict[str, Any], page: Page, nav: Navigation, **_others: Any) -> dict[str, Any]:
    """Show the contents of the page's language, and name the page in the other one.

    The page of a rule gets no link that edits it: the file is not below docs/.
    """
    if page.file.generated_by:
        page.edit_url = None
    language, _, rest = page.file.src_uri.partition("/")
    context["language"] = language if language in NAMES else "en"
    if language not in NAMES:
        return context
    context["nav"] = copy.copy(nav)
    context["nav"].items = [item for item in nav.items if item.title == NAMES[language]]
    other = next(each for each in NAMES if each != language)
    for file in context["pages"]:
        if file.src_uri == f"{other}/{rest}":
            context["translation"] = {"url": file.url, "language": other, "name": NAMES[other]}
    return context


def on_post_page(output: str, page: Page, **_: Any) -> str:
    """Declare the language of a Korean page; the theme knows one language for the whole site."""
    if page.file.src_uri.startswith("ko/"):
        return output.replace(
            '<html class="writer-html5" lang="en"', '<html class="writer-html5" lang="ko"', 1
        )
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """Make the index of the search. Raise PluginError if Pagefind fails."""
    words = [
        sys.executable,
        "-m",
        "pagefind",
        "--site",
        config.site_dir,
        "--exclude-selectors",
        ".headerlink",
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PluginError(f"pagefind has made no index:\n{done.stdout}{done.stderr}")
