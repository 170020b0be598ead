"""`enuf cert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from enuf.cli.options import environment, invocation
from enuf.cli.terminal.output import note, print_json, printable, say
from enuf.cli.verb import current, verb

if TYPE_CHECKING:
    from enuf.start.cert_place import CertPlace, Wish
    from enuf.start.invocation import Invocation


@verb("cert", example="enuf cert trust")
@click.argument("action", type=click.Choice(["status", "trust", "untrust", "renew"]))
@click.argument("site", required=False)
@click.option(
    "--force", is_flag=True, help="With `renew`: order a new certificate although the one before is good."
)
def command(action: str, site: str | None, force: bool) -> int:
    """Show the certificates of the project, or change who trusts them.

    `status`: names, issuer, days left; of the project, or of the installed site SITE. `trust`: let this system and this
    user's browsers trust the local authority that --tls local uses; `untrust` takes it out again. `renew`: a new local
    certificate, or an order from the authority of --tls acme if one is due; a running stack takes it by itself.
    """
    from enuf.cli.cert_site import place_of_site
    from enuf.cli.cert_view import show_order

    invoked = invocation(None)
    if action in ("trust", "untrust"):
        return _change_trust(invoked, trust=action == "trust")
    project, is_renewal = Path(invoked.project), action == "renew"
    place = place_of_site(site, project, renew=is_renewal, force=force)
    place = place or _place(invoked, renew=is_renewal, force=force)
    if current().json:
        print_json(msgspec.to_builtins(place))
        return 0
    for each in place.certificates:
        what = (
            f"{', '.join(each.names)}   by {each.issuer}, {each.days_left} days left ({each.not_after[:10]})"
        )
        say(f"{printable(what)}\n  {printable(each.path)}")
    if not place.certificates:
        note("there is no certificate yet; HTTPS on this machine: enuf up --tls local")
    show_order(place, renewed=action == "renew")
    if place.ca:
        say(f"authority {printable(place.ca)}")
    return 0


def _change_trust(invoked: Invocation, *, trust: bool) -> int:
    from enuf.cli.cert_view import change_trust
    from enuf.start.cert_place import find_certificates, owner_of_browsers, owner_of_certificates

    project = Path(invoked.project)
    wish: Wish = "make" if trust else "look"
    place = find_certificates(invoked, environment(), owner_of_certificates(project), wish)
    return change_trust(place, owner_of_browsers(project), trust=trust)


def _place(invoked: Invocation, *, renew: bool, force: bool) -> CertPlace:
    """Return the certificates of the project, renewed if that was asked."""
    from enuf.cli.cert_view import refuse_renewal
    from enuf.start.cert_place import find_certificates, owner_of_certificates

    user = owner_of_certificates(Path(invoked.project))
    if renew:
        refuse_renewal(find_certificates(invoked, environment(), user))
    wish: Wish = ("force" if force else "renew") if renew else "look"
    return find_certificates(invoked, environment(), user, wish)
