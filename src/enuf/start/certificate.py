"""The certificate of a start: read and checked before the app is imported."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.model.address import ANY_IPV4, ANY_IPV6, TcpAddress
from enuf.model.certificate import TlsPlan
from enuf.model.paths import StackPaths
from enuf.settings.schema import Settings
from enuf.start.acme import acme_plan
from enuf.start.invocation import Invocation
from enuf.system.sockets import outward_address


def tls_plan(
    project: Path, invocation: Invocation, settings: Settings, paths: StackPaths
) -> tuple[TlsPlan | None, tuple[str, ...]]:
    """Return how the site serves HTTPS, with its certificate checked, and notes; None for plain HTTP.

    None too behind the host's nginx, which alone has the certificate: `enuf install` checks it.
    Raise SettingsInvalid for a certificate or a key that cannot be used.
    """
    tls = settings.tls
    if not tls.on or invocation.site:
        return None, ()
    from enuf.tls.source import PairSource, open_key_note

    if tls.mode == "local":
        from enuf.tls.stores import is_trusted

        plan = _local_plan(settings, paths, shown=invocation.shown)
        return plan, (
            *(() if is_trusted(Path(plan.ca)) else (_NOT_TRUSTED,)),
            *_from_elsewhere(settings, plan),
        )
    if tls.mode == "acme":
        if invocation.rendered:
            raise SettingsInvalid(
                _NO_ENUF_NO_ORDER, 'let certbot order one, and name its files: tls.mode = "files"'
            )
        ordered = acme_plan(project, settings, paths, shown=invocation.shown)
        return ordered, (_ordering(ordered),) if ordered.facts.is_stand_in else ()
    certificate, key = pair_files(project, settings)
    names = settings.certificate_hosts
    pair = PairSource(certificate=certificate, key=key, hosts=names, reader=invocation.root_reader).checked()
    plan = TlsPlan(mode="files", certificate=certificate, key=key, names=names, facts=pair.facts)
    return plan, open_key_note(key, key)


_NO_ENUF_NO_ORDER = 'tls.mode = "acme": files that run without enuf cannot order a certificate and renew it'


def _ordering(plan: TlsPlan) -> str:
    return (
        f"a certificate is ordered from {plan.authority}, to whose terms tls.mode agrees: until it has come, "
        "plain HTTP serves the site and browsers warn about HTTPS; see enuf cert status"
    )


_NOT_TRUSTED = "browsers warn about the certificate until they trust your own authority: enuf cert trust"


def pair_files(project: Path, settings: Settings) -> tuple[str, str]:
    """Return the absolute paths of the certificate and its key."""
    from enuf.tls.source import absolute

    certificate, key = absolute(project, (settings.tls.certificate, settings.tls.key))
    return certificate, key


def _from_elsewhere(settings: Settings, plan: TlsPlan) -> tuple[str, ...]:
    """Return a note for a site that other machines reach by addresses which its certificate does not name."""
    hosts = [address.host for address in settings.serve.addresses if isinstance(address, TcpAddress)]
    if not {ANY_IPV4, ANY_IPV6} & set(hosts) or plan.names:
        return ()
    names = ", ".join(plan.facts.names)
    name = outward_address() or "192.168.0.5"
    return (
        f"visitors from other machines get a warning: the certificate is for {names}; "
        f"add the name or address that they type: --set tls.names={name}",
    )


def _local_plan(settings: Settings, paths: StackPaths, *, shown: bool) -> TlsPlan:
    from enuf.tls.local import foreseen, issued
    from enuf.tls.source import PairSource

    folder, wanted, names = local_folder(paths), local_names(settings), settings.certificate_hosts
    if shown:
        site, facts = foreseen(folder, wanted)
    else:
        site = issued(folder, wanted)
        pair = (str(site.certificate), str(site.key))
        facts = PairSource(certificate=pair[0], key=pair[1], hosts=names).checked().facts
    return TlsPlan(
        mode="local", certificate=str(site.certificate), key=str(site.key), names=names, ca=str(site.ca), facts=facts,
        local=wanted, folder=str(folder),
    )  # fmt: skip


def local_folder(paths: StackPaths) -> Path:
    """Return the folder of the user's local authority."""
    from enuf.tls.local import data_folder

    return data_folder(Path(paths.home) / "tls")


def local_names(settings: Settings) -> tuple[str, ...]:
    """Return the names for a certificate of the local authority: those of the site, and the IP addresses it listens at."""
    at = (address.host for address in settings.serve.addresses if isinstance(address, TcpAddress))
    named = (host for host in at if host not in (ANY_IPV4, ANY_IPV6))
    return (*settings.certificate_hosts, *named)
