"""What `enuf cert` does and prints."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from enuf.cli.terminal.output import note, print_json, printable, say, say_as_is
from enuf.cli.verb import current
from enuf.cli.widths import padded
from enuf.errors import AnswerIsNo, PrivilegeNeeded, SettingsInvalid
from enuf.language.spoken import translated, translated_label
from enuf.model.certificate import certificate_line
from enuf.start.cert_place import CertPlace
from enuf.system.own_command import with_sudo
from enuf.system.user import User
from enuf.tls.stores import StoreResult, change_stores

_NO_AUTHORITY = AnswerIsNo("there is no local authority", "enuf up --tls local makes one")


def refuse_renewal(place: CertPlace) -> None:
    """Raise SettingsInvalid for a certificate that enuf does not issue, and AnswerIsNo for a project without one."""
    if place.mode == "off":
        raise AnswerIsNo("this project serves no HTTPS", "start it with HTTPS: enuf up --tls local")
    if place.mode == "files":
        raise SettingsInvalid(
            'tls.mode = "files": whoever issued the certificate renews it',
            "replace the files: a running stack takes the new pair by itself",
        )


def change_trust(place: CertPlace, user: User, *, trust: bool) -> int:
    """Change the stores and print what became of each. Raise PrivilegeNeeded or AnswerIsNo where one was not changed.

    Authorities are taken out also where their own files are gone.
    """
    if trust and not place.ca:
        raise _NO_AUTHORITY
    results = change_stores(Path(place.ca) if place.ca else None, user, trust=trust)
    if not place.ca and all(each.outcome == "nothing to do" for each in results):
        raise _NO_AUTHORITY
    if current().json:
        print_json({"ca": place.ca, "stores": [msgspec.to_builtins(each) for each in results]})
    else:
        say_as_is("\n".join(map(_outcome, results)))
    left = [each for each in results if each.outcome == "not done"]
    if any(each.needs_root for each in left):
        raise PrivilegeNeeded("only root may change the system's store", f"run: {with_sudo()}")
    if left:
        raise AnswerIsNo(f"{len(left)} of {len(results)} stores were not changed", "the lines above say why")
    return 0


def _outcome(change: StoreResult) -> str:
    """Return a line about a store: what was done, where, and why not."""
    why = f": {translated(change.why)}" if change.why else ""
    return printable(f"{padded(translated_label(change.outcome), 13)} {translated(change.store)}{why}")


def show_order(place: CertPlace) -> None:
    """Print what has become of the orders from an authority."""
    order = place.order
    if order is None:
        return
    if order.stand_in:
        note(f"that is a stand-in: {order.authority} has not issued a certificate yet")
    if order.problem:
        why = f"{order.problem}; {order.hint}" if order.hint else order.problem
        note(printable(f"the last order failed: {why}"))
    if order.next_attempt:
        say(f"authority {printable(order.authority)}, next look at {order.next_attempt}")


def show_certificates(place: CertPlace, *, renewed: bool = False) -> int:
    """Print the certificates of the project, or the one that was issued just now."""
    if current().json:
        print_json(msgspec.to_builtins(place))
        return 0
    for each in place.certificates:
        line = printable(certificate_line(each, time.time()))
        say(f"renewed: {line}" if renewed else line)
        say_as_is(f"  {printable(each.path)}")
    if not place.certificates:
        note(
            "this project serves no HTTPS; on this machine: enuf up --tls local"
            if place.mode == "off"
            else "there is no certificate yet: enuf up makes it"
        )
    show_order(place)
    if place.ca:
        say(f"authority {printable(place.ca)}")
    return 0
