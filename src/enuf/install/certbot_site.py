"""A site whose file `certbot --nginx` has edited: its certificate becomes a setting of the site, and HTTPS goes on."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from enuf.install.certbot import CertbotPair, certbot_pair, digest_without_certbot
from enuf.install.requests import SERVICE_ENVIRONMENT, InstallRequest
from enuf.install.tree import HostTree
from enuf.model.site import Installed
from enuf.settings.load import Loaded
from enuf.start.invocation import Invocation
from enuf.start.privileges import read_settings_of_keeper
from enuf.system.trust import changeable_by_others

CERTBOT = "certbot"
"""The spelling of the flags that come from certbot's lines, as an install remembers and shows them."""
CERTIFICATE, KEY = "tls.certificate", "tls.key"


class CertbotEdit(msgspec.Struct, frozen=True):
    """A site's file in which nobody but certbot has changed anything."""

    path: str
    pair: CertbotPair


def certbot_edit(record: Installed | None, tree: HostTree) -> CertbotEdit | None:
    """Return certbot's edit of a site; None where there is none, and where somebody has changed more."""
    for file in record.files if record else ():
        if not file.rest:
            continue
        state = tree.state(file.path)
        text = state.content.decode("utf-8", "replace")
        pair = certbot_pair(text) if state.digest != file.digest else None
        if pair and digest_without_certbot(text) == file.rest and _is_roots(tree, file.path):
            return CertbotEdit(file.path, pair)
    return None


def carried_over(request: InstallRequest, tree: HostTree) -> InstallRequest:
    """Return the request with certbot's certificate as a setting, unless the operator or the project says otherwise."""
    edit = certbot_edit(request.old, tree)
    if edit is None:
        return request
    loaded = read_settings_of_keeper(request.invocation, SERVICE_ENVIRONMENT)
    pair = {CERTIFICATE: edit.pair.certificate, KEY: edit.pair.key}
    if _is_taken(request, loaded):
        flags = {**request.invocation.flags, **{key: (CERTBOT, path) for key, path in pair.items()}}
        return replace(request, invocation=replace(request.invocation, flags=flags), certbot=edit.path)
    return replace(request, certbot=edit.path) if loaded.settings.tls.on else request


def _is_taken(request: InstallRequest, loaded: Loaded) -> bool:
    """Return True where nobody has said that the site has no HTTPS, or another certificate."""
    if not loaded.settings.tls.on:
        listens = loaded.origins["serve.listen"].kind == "default"  # a named port is that of plain HTTP
        return loaded.origins["tls.mode"].kind == "default" and listens
    remembered = request.old.flags if request.old else {}
    flags = request.invocation.flags
    return all(key in flags and flags[key] == remembered.get(key) for key in (CERTIFICATE, KEY))


def certbot_remark(request: InstallRequest, invocation: Invocation) -> tuple[str, ...]:
    """Return what happens to certbot's lines, in words."""
    if not request.certbot:
        return ()
    spelling, certificate = invocation.flags.get(CERTIFICATE, ("", ""))
    if spelling != CERTBOT:
        return (f"certbot's lines go from {request.certbot}: the settings name the site's certificate",)
    return (
        f"certbot's HTTPS is carried over: the site serves with {certificate} from now on, takes it when certbot renews it, "
        f"and leads plain HTTP to HTTPS; certbot's lines go from {request.certbot}",
    )


def _is_roots(tree: HostTree, path: str) -> bool:
    """Return True for a file of root's alone: who can change it could name any key that root may read."""
    place = Path(tree.local_path(path))
    return not tree.is_this_host or changeable_by_others(place) is None
