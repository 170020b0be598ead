"""Whether a file of the project that a Dockerfile or a compose file names is really missing from the project."""

from __future__ import annotations

import difflib
import posixpath
import re
from fnmatch import fnmatchcase

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.submodules import is_in_submodule
from enuf.doctor.path_fact import NAMES_LIMIT

_CLOSE = 0.92
_MADE_LATER = re.compile(
    r"(?:^|/)(?:dist|build|target|out|output|node_modules|static\w*|assets|public|media|uploads|vendor|wheels?|wheelhouse|certs?|"
    r"certificates|ssl|tls|keys?|secrets?|data|logs?|backups?|dumps?|models?|tmp|site|_site|html|\.?venv|\.next|\.aws|\.ssh|\.git)(?:/|$)|"
    r"(?:^|/)\.?[\w.-]*env(?:\.\w+)?$|"
    r"\.(?:pem|crt|cer|key|whl|jar|war|tar|t?gz|zip|bz2|xz|sql|dump|deb|rpm|env|htpasswd|pub|db|sqlite3?|sock|log|pid|lock|exe|bin|so)$",
    re.IGNORECASE,
)
"""What is built, downloaded or kept out of the repository."""
_LISTS = ("package.json", "setup.py", "uv.lock", "poetry.lock", "Pipfile.lock")
_EXAMPLES = (".example", ".sample", ".template", ".dist", ".tmpl", ".tpl", ".in", ".j2", ".default", ".orig")


def is_nowhere(evidence: Evidence, path: str) -> bool:
    """Return True if nothing is at a path of a checked folder, and neither git nor a build brings it there."""
    if not is_absent(evidence, path):
        return False
    below = next(
        (path[len(root) :] for root in evidence.roots if path.startswith(f"{root.rstrip('/')}/")), ""
    )
    if not below or _MADE_LATER.search(below) or is_in_submodule(evidence, path):
        return False
    folder, _, name = path.rpartition("/")
    names = evidence.fact(folder).names
    if any(each.lower().startswith(name.lower()) and each.lower().endswith(_EXAMPLES) for each in names):
        return False
    return not is_ignored_by_git(evidence, path)


def is_whole_project(evidence: Evidence) -> bool:
    """Return True if the files hold a list of packages, which a part of a project mostly lacks."""
    return any(file.kind == "packages" for file in evidence.files) or any(
        name in _LISTS for root in evidence.roots for name in evidence.fact(root).names
    )


def is_absent(evidence: Evidence, path: str) -> bool:
    """Return True if the nearest folder that is there certainly lacks the next name of a path."""
    while path not in ("", "/"):
        folder, _, name = path.rpartition("/")
        fact = evidence.fact(folder)
        if fact.kind == "folder":
            return len(fact.names) < NAMES_LIMIT and name not in fact.names
        if fact.kind not in ("absent", "unknown") or folder in evidence.roots:
            return False
        path = folder
    return False


def is_ignored_by_git(evidence: Evidence, path: str) -> bool:
    """Return True if a `.gitignore` above a path may keep the path out of the repository."""
    top = posixpath.dirname(path)
    while top not in ("", "/"):
        file = evidence.file(f"{top}/.gitignore")
        if file and _is_ignored(file.text, path[len(top) + 1 :]):
            return True
        top = posixpath.dirname(top)
    return False


def _is_ignored(text: str, path: str) -> bool:
    inside = path.split("/")
    starts = ["/".join(inside[: count + 1]) for count in range(len(inside))]
    for line in text.splitlines():
        pattern = line.strip().removeprefix("**/").strip("/")
        if pattern and line[:1] not in "#!" and any(_fits(each, pattern) for each in starts):
            return True
    return False


def _fits(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or (
        "/" not in pattern and fnmatchcase(path.rpartition("/")[2], pattern)
    )


def near_name(evidence: Evidence, path: str) -> str:
    """Return the path beside an absent one whose name is almost the same, empty if there is none."""
    folder, _, name = path.rpartition("/")
    names = evidence.fact(folder).names
    same = [each for each in names if each.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, names, 1, _CLOSE)
    digits = re.compile(r"\d+")
    if not near or digits.sub("", near[0]) == digits.sub("", name) != name:
        return ""
    return f"{folder}/{near[0]}"
