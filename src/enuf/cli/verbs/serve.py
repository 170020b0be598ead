"""`enuf serve`: the command of an installed site's service unit."""

from __future__ import annotations

import click

from enuf.cli.options import environment
from enuf.cli.verb import verb


@verb("serve", example="enuf serve shop")
@click.argument("name")
def command(name: str) -> int:
    """Run the app of an installed site behind the host's own nginx.

    The service that `enuf install` makes calls this.
    """
    from enuf.start.service import serve

    serve(name, environment(), "enuf.cli.service_program")
    return 0
