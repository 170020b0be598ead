"""The certificate of a start: read and checked before the app is imported."""

from __future__ import annotations

from pathlib import Path

from enuf.model.certificate import TlsPlan
from enuf.settings.schema import Settings
from enuf.start.invocation import Invocation


def tls_plan(
    project: Path, invocation: Invocation, settings: Settings
) -> tuple[TlsPlan | None, tuple[str, ...]]:
    """Return how the site serves HTTPS, with its certificate checked, and notes; None for plain HTTP.

    Raise SettingsInvalid for a certificate or a key that cannot be used.
    """
    tls = settings.tls
    if not tls.on:
        return None, ()
    from enuf.tls.source import PairSource, open_to_everybody

    certificate, key = pair_files(project, settings)
    names = (*settings.serve.hosts, *tls.names)
    pair = PairSource(certificate=certificate, key=key, hosts=names, reader=invocation.root_reader).checked()
    note = f"tls.key: every user of this machine can read {key}: chmod o= {key}"
    return (
        TlsPlan(mode="files", certificate=certificate, key=key, names=names, facts=pair.facts),
        (note,) if open_to_everybody(key) else (),
    )


def pair_files(project: Path, settings: Settings) -> tuple[str, str]:
    """Return the absolute paths of the certificate and its key."""
    from enuf.tls.source import absolute

    certificate, key = absolute(project, (settings.tls.certificate, settings.tls.key))
    return certificate, key
