"""`enuf config`."""

from __future__ import annotations

from typing import Any

import click

from enuf.cli.naming import site_argument
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.terminal.output import note, print_json, say_as_is
from enuf.cli.verb import current, verb


@verb("config", example="enuf config --json")
@site_argument
@click.option("--changed", is_flag=True, help="Only the settings whose value is not the default.")
@settings_flags
def command(changed: bool, **words: Any) -> int:
    """Show every setting in force and where its value came from: default, file and line, environment, flag.

    What `auto` comes to here stands behind it, as far as that is known without importing the app. Settings with a
    problem are marked, and the problems follow (exit 4). Secrets are masked.
    """
    from enuf.cli.terminal.settings_view import settings_document, settings_lines
    from enuf.settings.problems import refusal
    from enuf.start.privileges import survey_settings_of_keeper
    from enuf.start.resolved import resolved_autos

    invoked, environ = invocation(None, **words), environment()
    surveyed = survey_settings_of_keeper(invoked, environ)
    resolved = {} if surveyed.problems else resolved_autos(invoked, surveyed.loaded, environ)
    if current().json:
        if not surveyed.problems:
            print_json({"settings": settings_document(surveyed, resolved, only_changed=changed)})
    elif lines := settings_lines(surveyed, resolved, only_changed=changed):
        say_as_is("\n".join(lines))
    elif not surveyed.problems:  # of the changed ones
        note("every setting has its default value: enuf config lists them")
    if surveyed.problems:
        raise refusal(surveyed.problems)
    return 0
