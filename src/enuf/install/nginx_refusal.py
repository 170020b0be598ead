"""Why the host's nginx refuses its configuration: its own words, the file to blame, and what to do. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

import msgspec

from enuf.errors import NotReady
from enuf.model.site import Installed

CONFIG_TEST = "sudo nginx -t"
_MESSAGE = re.compile(r"\[emerg\] (?:[0-9]+#[0-9]+: )?(?:\*[0-9]+ )?(?P<text>.+)$", re.MULTILINE)
_PLACE = re.compile(r" in (?P<file>/\S+):(?P<line>[0-9]{1,9})$")
_SMALL_TABLE = re.compile(
    r"could not build (?:the )?(?P<table>\w+), you should increase (?:either )?"
    r"(?:\w+_max_size: (?P<most>[0-9]{1,9}) or )?\w+_bucket_size: (?P<bucket>[0-9]{1,9})"
)
_TABLES_OF_NAMES = frozenset(("server_names_hash",))
"""Tables with host names, whose buckets must hold the longest one; in other tables it is the number that counts."""


class ConfigFault(msgspec.Struct, frozen=True):
    """The first error of a configuration."""

    text: str
    """nginx's words, with the place."""
    file: str = ""
    line: int = 0

    def names(self, paths: Iterable[str]) -> bool:
        """Return True where nginx's words hold one of these paths, and no longer one that begins like it."""
        return any(re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w-]|\.\w)", self.text) for path in paths)


class NginxRefuses(NotReady):
    """The host's nginx refuses its configuration."""

    def __init__(self, refusal: ConfigFault, hint: str, detail: str) -> None:
        super().__init__(f"nginx refuses its configuration: {refusal.text}", hint, detail=detail)
        self.refusal = refusal


def read_fault(printed: str) -> ConfigFault:
    """Return the first error that nginx has printed; without one, all that was printed."""
    message = _MESSAGE.search(printed)
    text = (message["text"] if message else printed).strip()
    place = _PLACE.search(text)
    return ConfigFault(text, place["file"], int(place["line"])) if place else ConfigFault(text)


def refused(printed: str, sites: Iterable[Installed], conf: str) -> NginxRefuses:
    """Return the error for what `nginx -t` has printed. `sites` are those of enuf, `conf` is nginx's main file."""
    refusal = read_fault(printed)
    return NginxRefuses(refusal, _hint(refusal, sites, conf), printed.strip())


def paths_in_faults(record: Installed) -> tuple[str, ...]:
    """Return the paths that nginx's words about a fault of this site can hold."""
    site = record.site
    logs = (site.access_log, site.error_log, site.old_nginx_log, f"{site.old_nginx_log}/access.log")
    return (*(file.path for file in record.files), *logs, f"{site.old_nginx_log}/error.log", site.certificate)


def _hint(refusal: ConfigFault, sites: Iterable[Installed], conf: str) -> str:
    small = _SMALL_TABLE.search(refusal.text)
    if small:
        return f"nginx's table is too small for all its sites: write `{_larger(small)};` into the http block of {conf}, then try again"
    site = next((each for each in sites if refusal.names(paths_in_faults(each))), None)
    if site:
        project = shlex.quote(site.project)
        name = site.site.name
        return (
            f"the site {name} is enuf's: `enuf --project {project} install` as root writes it anew, and "
            f"`enuf uninstall --name {name}` takes it away; lines of [raw] are corrected there"
        )
    if refusal.file:
        return f"enuf has not written {refusal.file}: correct its line {refusal.line} until `{CONFIG_TEST}` succeeds, then try again"
    return f"correct that until `{CONFIG_TEST}` succeeds, then try again"


def _larger(small: re.Match[str]) -> str:
    """Return the directive that makes room in a table of nginx's."""
    table = small["table"]
    if small["most"] and table not in _TABLES_OF_NAMES:
        return f"{table}_max_size {2 * int(small['most'])}"
    return f"{table}_bucket_size {2 * int(small['bucket'])}"
