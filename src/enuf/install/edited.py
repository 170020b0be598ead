"""Files of a site that somebody has changed after enuf wrote them: refused, or overwritten with a word about what goes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from enuf.errors import Conflict
from enuf.install.certbot import CertbotPair, certbot_pair
from enuf.install.requests import InstallRequest
from enuf.install.show import as_diff
from enuf.install.site_changes import SiteChanges, edited_error, edited_files
from enuf.install.target_host import TargetHost
from enuf.model.site import Installed
from enuf.settings.load import Loaded

MOST_LINES = 12


def edited_warnings(
    request: InstallRequest, loaded: Loaded, changes: SiteChanges, host: TargetHost
) -> tuple[str, ...]:
    """Return what an install takes away of the changes of others, one text for each file.

    Raise Conflict unless that was asked for, and where HTTPS of certbot's would go without a word of the operator's.
    """
    if request.old is None:
        return ()
    edited = [path for path in edited_files(request.old, host.tree.state) if path != request.certbot]
    if not edited:
        return ()
    error = _certbots_https(request.old, loaded, host)
    if error is None and not request.force:
        error = edited_error(edited, request.old, host.servers.services.format, "install")
    if error is not None and not request.shown:
        raise error
    refused = [f"a real run refuses this: {error.summary}; {error.hint}"] if error else []
    return (*refused, *_going(edited, changes, host))


def _certbots_https(old: Installed, loaded: Loaded, host: TargetHost) -> Conflict | None:
    """Return the error for a site that certbot serves over HTTPS, and that would go back to plain HTTP silently."""
    if loaded.settings.tls.on or loaded.origins["tls.mode"].kind != "default":
        return None
    pair = next(filter(None, (_pair_in(file.path, host) for file in old.files)), None)
    if pair is None:
        return None
    return Conflict(
        f"certbot has given the site HTTPS with {pair.certificate}, and this install would take it away",
        f"keep HTTPS: enuf install {_quoted(pair)} --force; or go back to plain HTTP: enuf install --tls off --force",
        slug="edited",
    )


def _quoted(pair: CertbotPair) -> str:
    return " ".join(map(shlex.quote, pair.words.split(" ")))


def _pair_in(path: str, host: TargetHost) -> CertbotPair | None:
    return certbot_pair(host.tree.state(path).content.decode("utf-8", "replace"))


def _going(edited: list[str], changes: SiteChanges, host: TargetHost) -> Iterator[str]:
    """Yield a text for each edited file that is overwritten, with the first lines that go."""
    for change in changes.changes:
        lines = _lost(as_diff([change], host.tree)) if change.path in edited else []
        if lines:
            more = f"; and {len(lines) - MOST_LINES} more, see --dry-run" if len(lines) > MOST_LINES else ""
            yield f"{change.path} loses what somebody has changed there: {'; '.join(lines[:MOST_LINES])}{more}"


def _lost(diff: str) -> list[str]:
    """Return the lines that a diff takes away, without comments."""
    taken = (line[1:].strip() for line in diff.splitlines()[2:] if line.startswith("-"))
    return [line.removesuffix(";") for line in taken if line and not line.startswith("#")]
