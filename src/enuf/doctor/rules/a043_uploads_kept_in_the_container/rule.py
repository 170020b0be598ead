"""A Django project in a container that writes uploads beside every volume: they go away with the container."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.django import last_assignment
from enuf.doctor.facts.django_static import path_in
from enuf.doctor.facts.kept_data import is_kept
from enuf.doctor.facts.server_machines import machines_of
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_UPLOADS = ("FileField(", "ImageField(", "upload_to")
_STORED_ELSEWHERE = re.compile(
    r"DEFAULT_FILE_STORAGE|\bSTORAGES\b|storages\.backends|cloudinary", re.IGNORECASE
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every MEDIA_ROOT in the writable layer of a compose service whose project takes uploads."""
    texts = [each.text for each in evidence.python_files]
    if not evidence.services or not any(word in text for text in texts for word in _UPLOADS):
        return
    if any(_STORED_ELSEWHERE.search(text) for text in texts):
        return
    seen: set[tuple[str, int]] = set()
    for server in all_servers(evidence):
        found = last_assignment(evidence, server, "MEDIA_ROOT")
        for machine in machines_of(evidence, server) if found else ():
            service = machine.service
            if found is None or service is None or service_is_dev(service, evidence):
                continue
            python_file, node = found
            path = path_in(python_file, node.value, machine)
            others = [each for each in evidence.services if each.file == service.file]
            if (
                not path
                or any(is_kept(machine, each, path) for each in others)
                or (python_file.path, node.lineno) in seen
            ):
                continue
            seen.add((python_file.path, node.lineno))
            yield at_node(
                python_file.path,
                node,
                f"uploads go to {path} in the container of {service.name}, where no volume is: they are lost when the container is "
                "made anew",
                hint=f"- media:{path}   below volumes: of {service.name}",
                fix=by_hand("mount a volume at MEDIA_ROOT"),
                evidence=(f"{service.file}:{service.line}: {service.name}",),
            )


RULE = Rule("A043", "uploads-kept-in-the-container", "warning", check)
