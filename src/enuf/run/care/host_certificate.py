"""The certificate of a site behind the host's nginx, which root gives to nginx: read for the status."""

from __future__ import annotations

import time
from pathlib import Path

from enuf.model.certificate import TlsStatus, certificate_status, end_warnings
from enuf.model.site import Site
from enuf.system.sites import read_problem, record_in_force


class HostCertificate:
    """The public part of a site's certificate, and why a newer one was not taken."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def status(self) -> TlsStatus | None:
        """Return the report about the certificate; None for a site without HTTPS."""
        record = record_in_force(self._site.name)
        if record is None or record.tls is None:
            return None
        from enuf.tls.local import read_facts  # here: a site without TLS needs none of it

        facts = read_facts(Path(self._site.public_certificate))
        if facts is None:
            return None
        reported = certificate_status(facts, record.tls.certificate, time.time())
        return TlsStatus(mode=record.tls.mode, certificates=(reported,))

    def warnings(self) -> list[str]:
        """Return why a renewed certificate was not taken, and what is to be said about the end of this one."""
        status = self.status()
        if status is None:
            return []
        problem = read_problem(Path(self._site.certificate_problem))
        found = [problem] if problem else []
        if status.mode == "acme" and Path(self._site.plain_http).exists():
            found.append("there is no certificate of an authority yet: plain HTTP serves the site")
        return [*found, *end_warnings(status, time.time())]
