"""An address that Docker gave to a container, written into the site: the next start gives another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress

_OF_DOCKER = re.compile(r"172\.(?:1[7-9]|2[0-9]|3[01])\.\d{1,3}\.(?P<last>\d{1,3})")
_FIXED = re.compile(r"\b(?:ipv4_address|subnet|gateway|extra_hosts|host-gateway|--ip)\b")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to an address of Docker's networks in a deployment that fixes no addresses."""
    texts = [file.text for file in evidence.of_kind("compose", "script", "dockerfile")]
    if not texts or any(_FIXED.search(text) for text in texts):
        return
    for each in evidence.passes:
        match = _OF_DOCKER.fullmatch(each.address.host) if isinstance(each.address, TcpAddress) else None
        if match is None or match["last"] == "1" or is_template(evidence, each.named_by.file):
            continue
        yield at_directive(
            each.named_by,
            f"{match[0]} is what Docker gave the container at one start: after the next nginx answers 502, or asks another one",
            hint="the name of the app's service, which Docker resolves",
        )


RULE = Rule("C015", "container-address-by-number", "warning", check)
