"""What lies around sites and servers, as frozen values of the evidence: log rotation, certificates, links of sites."""

from __future__ import annotations

import msgspec

from enuf.model.finding import Severity
from enuf.syntax.nginx_tree import ParsedDirective


class LogrotateStanza(msgspec.Struct, frozen=True, kw_only=True):
    """A stanza of a logrotate file."""

    file: str
    line: int
    patterns: tuple[str, ...]
    text: str


class CertificateFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the certificate that a directive names. No key is part of the evidence."""

    directive: ParsedDirective
    message: str
    hint: str
    severity: Severity


class SiteLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link by which the host's nginx finds a site of enuf's, as the record of the site names it."""

    site: str
    file: str
    """The file of the site that the link leads to."""
    path: str
