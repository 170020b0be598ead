"""The folders of the rules, found without importing one."""

from __future__ import annotations

import pkgutil
import re
from functools import cache

from enuf.doctor import rules as rules_package

_FOLDER = re.compile(r"[a-z]\d{3}_\w+")


@cache
def rule_folders() -> dict[str, str]:
    """Return the folder of every rule by its code. Each package below rules/ is one and needs no other entry.

    A folder that a renamed rule has left holds compiled modules alone, and is no package.
    """
    names = (module.name for module in pkgutil.iter_modules(rules_package.__path__) if module.ispkg)
    return {name[:4].upper(): name for name in sorted(names) if _FOLDER.fullmatch(name)}
