"""A named volume over the code of the image: a new image changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.server_machines import machines_of, service_of_machine
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.rule import Diagnostic, Rule, at_line

_REFILLS = re.compile(r"\b(?:rsync|cp[ \t]+-\w*[ra]\w*|git[ \t]+(?:pull|clone))\b")
_REMOVED = re.compile(r"\bdown\b[^\n]{0,80}[ \t](?:-v|--volumes)\b|\bvolume[ \t]+(?:rm|prune)\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every named volume around the module of a server that the image of the service brings."""
    if any(_REFILLS.search(each.text) or _REMOVED.search(each.text) for each in evidence.of_kind("script")):
        return
    seen: set[tuple[str, int]] = set()
    for server in all_servers(evidence):
        for machine in machines_of(evidence, server):
            service = service_of_machine(evidence, machine)
            if service is None or service.build is None or service_is_dev(service, evidence):
                continue
            paths = [path for each in server.python_files for path in machine.paths_of(each.path)]
            for mount in service.volumes:
                named = (
                    mount.source and not mount.source.startswith(("/", ".", "~")) and "$" not in mount.source
                )
                around = f"{mount.target.rstrip('/')}/"
                inner = any(
                    other.target.startswith(around) for other in service.volumes if other is not mount
                )
                if not named or inner or (service.file, mount.line) in seen:
                    continue
                if paths and all(path.startswith(around) for path in paths):
                    seen.add((service.file, mount.line))
                    yield at_line(
                        service.file,
                        mount.line,
                        f"the volume {mount.source} keeps the code of the first image at {mount.target}: after every later build "
                        f"{service.name} still runs the old code",
                        hint=f"a volume for the folder that is shared alone, such as - {mount.source}:{around}static",
                        evidence=(f"{service.build.file}: COPY to {mount.target}",),
                    )


RULE = Rule("A046", "volume-over-the-code", "warning", check)
