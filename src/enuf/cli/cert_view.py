"""What `enuf cert trust`, `untrust` and `renew` do and print."""

from __future__ import annotations

from pathlib import Path

import msgspec

from enuf.cli.terminal.output import note, print_json, printable, say
from enuf.cli.verb import current
from enuf.errors import AnswerIsNo, PrivilegeNeeded, SettingsInvalid
from enuf.start.cert_place import CertPlace
from enuf.system.own_command import with_sudo
from enuf.system.user import User
from enuf.tls.stores import change_stores


def refuse_renewal(place: CertPlace) -> None:
    """Raise SettingsInvalid for a certificate that enuf does not issue."""
    if place.mode == "files":
        raise SettingsInvalid(
            'tls.mode = "files": whoever issued the certificate renews it',
            "replace the files: a running stack takes the new pair by itself",
        )


def change_trust(place: CertPlace, user: User, *, trust: bool) -> int:
    """Change the stores and print what became of each. Raise PrivilegeNeeded or AnswerIsNo where one was not changed."""
    if not place.ca:
        raise AnswerIsNo(
            "there is no local authority", "enuf up --tls local makes one, and so does: enuf cert trust"
        )
    results = change_stores(Path(place.ca), user, trust=trust)
    if current().json:
        print_json({"ca": place.ca, "stores": [msgspec.to_builtins(each) for each in results]})
    else:
        say(
            "\n".join(
                printable(f"{each.outcome:<13} {each.store}{f': {each.why}' if each.why else ''}")
                for each in results
            )
        )
    left = [each for each in results if each.outcome == "not done"]
    if any(each.needs_root for each in left):
        raise PrivilegeNeeded("only root may change the system's store", f"run: {with_sudo()}")
    if left:
        raise AnswerIsNo(f"{len(left)} of {len(results)} stores were not changed", "the lines above say why")
    return 0


def show_order(place: CertPlace, *, renewed: bool) -> None:
    """Print what has become of the orders from an authority."""
    order = place.order
    if order is None:
        return
    if order.stand_in:
        note(f"that is a stand-in: {order.authority} has not issued a certificate yet")
    if order.problem:
        note(printable(f"the last order failed: {order.problem}"))
        note(printable(order.hint))
    if order.next_attempt:
        say(f"authority {printable(order.authority)}, next look at {order.next_attempt}")
    if renewed and not order.problem:
        note("a certificate that is not due is kept; another one now: enuf cert renew --force")
