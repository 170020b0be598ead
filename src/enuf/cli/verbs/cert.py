"""`enuf cert`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from enuf.cli.options import environment, invocation
from enuf.cli.terminal.output import note, print_json, printable, say
from enuf.cli.verb import current, verb


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
    from enuf.start.cert_place import Wish, find_certificates, owner_of_browsers, owner_of_certificates

    invoked = invocation(None)
    installed = place_of_site(action, site, Path(invoked.project)) if action in ("status", "renew") else None
    user = owner_of_certificates(Path(invoked.project))
    if action in ("trust", "untrust"):
        from enuf.cli.cert_view import change_trust

        place = find_certificates(invoked, environment(), user, "make" if action == "trust" else "look")
        return change_trust(place, owner_of_browsers(Path(invoked.project)), trust=action == "trust")
    if action == "renew":
        from enuf.cli.cert_view import refuse_renewal

        refuse_renewal(find_certificates(invoked, environment(), user))
    wish: Wish = ("force" if force else "renew") if action == "renew" else "look"
    place = installed or find_certificates(invoked, environment(), user, wish)
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
