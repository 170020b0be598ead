"""The pages about an install name every directive that [raw] may hold, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from enuf.fronts.nginx_raw_rules import ALLOWED

PAGES = [Path("docs/en/how-to/install.md"), Path("docs/ko/how-to/install.md")]
ENDINGS = ("status", "log_level", "dry_run")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parts[1])
def test_the_page_has_the_list_of_what_a_project_may_say(page: Path) -> None:
    table = page.read_text().partition("raw.nginx_server`:")[2].partition("\n\n")[0]
    named = {words.split()[0] for words in re.findall(r"`([a-z][^`]*)`", table)}
    named -= {"raw.nginx_http", "redirect", "permanent", "localhost"}
    named = {name for name in named if not name.startswith("http:")}
    named |= {f"{limit}_{ending}" for limit in ("limit_req", "limit_conn") for ending in ENDINGS}
    assert named == {name for level in ALLOWED.values() for name in level}
