"""Lines for the host's nginx that stand in no template: those of [raw], and those of root's own files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal

from msgspec.structs import replace

from enuf.errors import PrivilegeNeeded
from enuf.fronts.nginx_raw import LEVELS
from enuf.fronts.nginx_raw_rules import raw_problems
from enuf.install.tree import HostTree
from enuf.model.site import Site
from enuf.settings.load import Loaded
from enuf.system.trust import changeable_by_others

MOST_NAMED = 3


def refuse_raw_lines(loaded: Loaded, site: Site) -> None:
    """Raise PrivilegeNeeded for lines of [raw] that only root may say to the host's nginx, whoever wrote them.

    A settings file of root's often comes from a repository that others can write.
    """
    raw = loaded.settings.raw
    problems = raw_problems(raw.nginx_http, raw.nginx_server)
    if not problems:
        return
    named = [
        f"{loaded.origins[f'raw.nginx_{each.level}']}: line {each.line} of raw.nginx_{each.level}: {each.text}"
        for each in problems
    ]
    more = f"; and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    files = " and ".join(dict.fromkeys(site.own_file(each.level) for each in problems))
    raise PrivilegeNeeded(
        f"{'; '.join(named[:MOST_NAMED])}{more}",
        f"move what only root may say into {files}, which the site includes; `enuf explain raw-for-root` tells more",
        slug="raw-for-root",
    )


def with_own_lines(site: Site, tree: HostTree) -> Site:
    """Return the site with the files of root's own lines that exist.

    Raise PrivilegeNeeded for a file that another user can change: nginx obeys it as root.
    """
    return replace(site, own=tuple(_existing(site, tree)))


def _existing(site: Site, tree: HostTree) -> Iterator[Literal["http", "server"]]:
    trusted = frozenset({0} if tree.is_this_host else {0, os.geteuid()})
    for level in LEVELS:
        path = site.own_file(level)
        if not tree.state(path).exists:
            continue
        foreign = changeable_by_others(tree.local_path(path), trusted)
        if foreign is not None:
            raise PrivilegeNeeded(
                f"nginx would obey {path} as root, and not only root can change {foreign}",
                f"read it, then: sudo chown root: {foreign} && sudo chmod go-w {foreign}",
                slug="own-lines-of-others",
            )
        yield level
