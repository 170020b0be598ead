"""The records of the sites of enuf's that are among the files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.doctor.surroundings import SiteLink
from enuf.model.site import Written, record_of

_HEADER = re.compile(r"# The site ([a-z0-9-]{1,64}) of the host's nginx: ")
_MOST_SITES = 200


class _Record(msgspec.Struct):
    """The part of a record that the doctor needs."""

    files: tuple[Written, ...] = ()


def site_links(files: Iterable[SourceFile], read: Callable[[str], str | None]) -> Iterator[SiteLink]:
    """Yield the links by which nginx finds the sites of enuf's among the files."""
    seen = set[str]()
    for file in files:
        match = _HEADER.match(file.text) if file.kind == "nginx" else None
        if match is None or match[1] in seen or len(seen) >= _MOST_SITES:
            continue
        seen.add(match[1])
        for link in _links(read(record_of(match[1])) or "", file.path):
            yield SiteLink(site=match[1], file=file.path, path=link)


def _links(record: str, file: str) -> Iterator[str]:
    """Yield the recorded links of the name of the site's file."""
    try:
        written = msgspec.json.decode(record, type=_Record).files
    except (msgspec.MsgspecError, RecursionError):
        return
    name = file.rpartition("/")[2]
    yield from (
        each.path for each in written if each.digest.startswith("link:") and each.path.endswith(f"/{name}")
    )
