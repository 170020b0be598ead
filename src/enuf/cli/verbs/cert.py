"""`enuf cert`."""

from __future__ import annotations

from pathlib import Path

import click

from enuf.cli.options import environment, invocation
from enuf.cli.site_names import is_site, names_of_sites
from enuf.cli.terminal.output import note
from enuf.cli.verb import current, verb

ACTIONS = ("status", "trust", "untrust", "renew")


def _action_or_site(_ctx: click.Context, _parameter: click.Parameter, word: str) -> str:
    if word not in ACTIONS and not is_site(word):
        raise click.BadParameter(
            f"{word!r} is none of {', '.join(ACTIONS)}, and no installed site (enuf sites)"
        )
    return word


def _complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[str]:
    return [word for word in (*ACTIONS, *names_of_sites(ctx, parameter, "")) if word.startswith(typed)]


@verb("cert", example="enuf cert trust")
@click.argument(
    "action",
    default="status",
    metavar="[status|trust|untrust|renew]",
    callback=_action_or_site,
    shell_complete=_complete,
)
@click.argument("site", required=False, shell_complete=names_of_sites)
@click.option(
    "--force", is_flag=True, help="With `renew`: order a new certificate although the one before is good."
)
def command(action: str, site: str | None, force: bool) -> int:
    """Show the certificates of the project, or change who trusts them.

    `status`, the default: names, issuer, days left; of the project, or of the installed site SITE. `trust`: let this
    system and this user's browsers trust the local authority that --tls local uses; `untrust` takes out every one that
    was trusted so. `renew`: a new local certificate, or an order from the authority of --tls acme if one is due; a
    running stack takes it by itself.
    """
    from enuf.cli.cert_site import place_of_named_site, place_of_site
    from enuf.cli.cert_view import change_trust, refuse_renewal, show_certificates
    from enuf.start.cert_place import Wish, find_certificates, owner_of_browsers, owner_of_certificates

    if action not in ACTIONS:
        action, site = "status", action
    site = site or current().site or None
    is_looked_at = action in ("status", "renew")
    if is_looked_at and site:
        return show_certificates(place_of_named_site(site, renew=action == "renew", force=force))
    invoked = invocation(None)
    project = Path(invoked.project)
    if is_looked_at and (place := place_of_site(project, renew=action == "renew", force=force)):
        return show_certificates(place)
    user = owner_of_certificates(project)
    if action in ("trust", "untrust"):
        place = find_certificates(invoked, environment(), user, "make" if action == "trust" else "look")
        return change_trust(place, owner_of_browsers(project), trust=action == "trust")
    place = find_certificates(invoked, environment(), user)
    if action == "renew":
        refuse_renewal(place)
        before = place.certificates
        wish: Wish = "force" if force else "renew"
        place = find_certificates(invoked, environment(), user, wish)
        if place.order and place.certificates == before:
            note("the certificate is not due and is kept; for another one: enuf cert renew --force")
            return show_certificates(place)
    return show_certificates(place, renewed=action == "renew")
