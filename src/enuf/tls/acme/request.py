"""What is ordered from which authority."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import msgspec

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"
LETS_ENCRYPT_STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"


class AcmeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An order for a certificate, as the engine's folder holds it."""

    names: tuple[str, ...]
    """Host names, lower case, each once; the first one is the site's own."""
    directory_url: str
    """The authority's ACME directory."""
    webroot: str
    """The folder that the site's port 80 serves `/.well-known/acme-challenge/` from."""
    email: str = ""
    eab_kid: str = ""
    eab_key: str = ""
    """External account binding: the key's identifier and the key itself, in base64url."""
    directory_ca: str = ""
    """File with the certificates that vouch for the directory's own HTTPS; empty for the usual ones."""

    def __repr__(self) -> str:
        return f"AcmeRequest({', '.join(self.names)} at {self.authority})"

    @property
    def authority(self) -> str:
        """Host of the authority, for messages."""
        return urlsplit(self.directory_url).netloc

    @property
    def account(self) -> str:
        """Digest of what an account with the authority depends on."""
        return digest(self.directory_url, self.email, self.eab_kid)

    @property
    def order(self) -> str:
        """Digest of what an attempt depends on: another order need not wait for the back-off of this one."""
        return digest(*self.names, "", self.account, self.eab_key, self.directory_ca)


def digest(*texts: str) -> str:
    """Return a short name for these texts."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]
