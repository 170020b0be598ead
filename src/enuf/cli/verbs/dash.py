"""`enuf dash`."""

from __future__ import annotations

from pathlib import Path

import click

from enuf.cli.naming import site_argument
from enuf.cli.stack import entered_stack
from enuf.cli.terminal.output import print_json, remark
from enuf.cli.verb import current, verb
from enuf.control.client import ask_supervisor
from enuf.errors import AnswerIsNo
from enuf.model.paths import StackPaths

ASK_WITHIN_S = 5


@verb("dash", example="enuf dash --open")
@site_argument
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
def command(opens: bool) -> int:
    """Print the address of the dashboard with the token that opens it.

    Whoever has the address sees everything.
    """
    paths = entered_stack()
    url = _address(paths)
    if current().json:
        print_json({"url": url})
    else:
        click.echo(url)  # the URL is the answer, so print it also with --quiet
    if opens and click.launch(_doorstep(paths, url)) != 0:
        remark("warning", "no browser could be opened; open the address above yourself", fg="yellow")
    return 0


def _address(paths: StackPaths) -> str:
    """Return the address with its token. Raise NotRunning, or AnswerIsNo for a stack without a dashboard."""
    from enuf.model.protocol import StatusRequest
    from enuf.model.status import StackStatus
    from enuf.observe.views.from_dashboard import read_token

    dashboard = ask_supervisor(paths, StatusRequest(), StackStatus, timeout_s=ASK_WITHIN_S).dashboard
    token = read_token(paths)
    if not dashboard or not token:
        raise AnswerIsNo(
            "this stack runs without a dashboard",
            'set dashboard.listen = "127.0.0.1:9191" and run: enuf restart; without one there is: enuf top',
            slug="no-dashboard",
        )
    return f"{dashboard.url}/?token={token}"


def _doorstep(paths: StackPaths, url: str) -> str:
    """Write a private page that redirects to `url`.

    Every user of the machine can read a browser's command line.
    """
    from enuf.system.files import write_whole

    page = Path(paths.dashboard_redirect)
    write_whole(page, f'<!doctype html><meta http-equiv="refresh" content="0; url={url}">\n', 0o600)
    return page.as_uri()
