"""The file that nginx did not serve: the way to it as nginx's worker meets it, and the file that was meant."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.paths import way_to_socket
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.location_choice import file_of, location_path
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.front_said import block_of
from enuf.doctor.live.static_facts import StaticFacts

_NOT_SERVED = (403, 404, 500)
_NAMED = re.compile(r'^(?:open\(\) )?"(?P<path>/[^"]{1,4000})" (?:failed|is not found|is forbidden) \(')


def _collect(_collection: Collection, evidence: LiveEvidence, static: Evidence) -> StaticFacts | None:
    if evidence.reply is None or evidence.reply.status not in _NOT_SERVED:
        return None
    case = LiveCase(evidence, static)
    path = _path(case)
    if not path:
        return None
    folders, file = way_to_socket(path, evidence.front.worker)
    meant = next((each for each in _meant(case) if os.path.isfile(each)), "")  # noqa: PTH113
    return StaticFacts(path=path, folders=folders, file=file, meant=meant if file.kind == "absent" else "")


def _path(case: LiveCase) -> str:
    """Return the file that nginx's error log names for the request, else the one that the location looks up."""
    named = (match["path"] for seen in reversed(case.now) if (match := _NAMED.match(seen.error.text)))
    if (found := next(named, "")) or case.route.handler != "files" or not case.route.is_certain:
        return found
    block = block_of(case)
    return file_of(block, case.evidence.requested.path) if block else ""


def _meant(case: LiveCase) -> Iterator[str]:
    """Yield the paths that a slash behind the alias, or a root without the location's own folder, would lead to."""
    location = case.route.location
    if location is None:
        return
    requested, prefix = case.evidence.requested.path, location_path(location.directive)
    rest = requested.removeprefix(prefix).lstrip("/")
    for alias in directives_in(location.directive, "alias"):
        yield f"{alias.arg().rstrip('/')}/{rest}"
    if not directives_in(location.directive, "alias"):
        root = location.value("root").rstrip("/")
        yield f"{root}/{rest}"
        yield f"{root.removesuffix(prefix.rstrip('/'))}{requested}"


TOPIC = TopicCollector("static_file", _collect, "the way to the static file")
