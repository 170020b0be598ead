"""`enuf cert`."""

from __future__ import annotations

from pathlib import Path

import click

from enuf.cli.options import environment, invocation
from enuf.cli.verb import verb


@verb("cert", example="enuf cert trust")
@click.argument("action", type=click.Choice(["status", "trust", "untrust", "renew"]), default="status")
def command(action: str) -> int:
    """Show the certificates of the project, or change who trusts them.

    `status`, the default: names, issuer, days left. `trust`: let this system and this user's browsers trust the local
    authority that --tls local uses; `untrust` takes out every one that was trusted so. `renew`: a new local certificate,
    which a running stack takes by itself.
    """
    from enuf.cli.cert_view import change_trust, refuse_renewal, show
    from enuf.start.cert_place import find_certificates, owner_of_browsers, owner_of_certificates

    invoked = invocation(None)
    project = Path(invoked.project)
    user = owner_of_certificates(project)
    if action in ("trust", "untrust"):
        place = find_certificates(invoked, environment(), user, "make" if action == "trust" else "look")
        return change_trust(place, owner_of_browsers(project), trust=action == "trust")
    place = find_certificates(invoked, environment(), user)
    if action == "renew":
        refuse_renewal(place)
        place = find_certificates(invoked, environment(), user, "renew")
    return show(place, renewed=action == "renew")
