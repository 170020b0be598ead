"""The lines that `certbot --nginx` has written into a site's file. Pure."""

from __future__ import annotations

import re

import msgspec

MARK = "# managed by Certbot"
_LINE = r"^\s*{name}\s+(\S+?);\s*" + re.escape(MARK)


class CertbotPair(msgspec.Struct, frozen=True):
    """The files of the certificate that certbot has given to a site."""

    certificate: str
    key: str

    @property
    def words(self) -> str:
        """The options with which `enuf install` takes over the certificate."""
        return f"--set tls.certificate={self.certificate} --set tls.key={self.key}"


def certbot_pair(text: str) -> CertbotPair | None:
    """Return the pair of a site's file that certbot has edited; None for a file without lines of certbot's."""
    found = [
        re.search(_LINE.format(name=name), text, re.MULTILINE)
        for name in ("ssl_certificate", "ssl_certificate_key")
    ]
    certificate, key = (match[1] if match else "" for match in found)
    return CertbotPair(certificate, key) if certificate and key else None
