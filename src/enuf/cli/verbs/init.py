"""`enuf init`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from enuf.cli.options import environment
from enuf.cli.terminal.output import print_json, say, writing_to
from enuf.cli.verb import current, verb
from enuf.errors import Conflict

if TYPE_CHECKING:
    from enuf.discover.existing import Inferred


@verb("init", example="enuf init")
@click.option("--force", is_flag=True, help="Overwrite an enuf.toml that is there.")
def command(force: bool) -> int:
    """Write a small enuf.toml from what is found in the project, and what serves it now.

    Sources: FLASK_APP, the uWSGI or gunicorn that runs here, units of systemd, Procfile, every ini file with a section
    [uwsgi], gunicorn.conf.py, wsgi.py. The first one with a value wins.
    """
    from enuf.discover.app import find_app
    from enuf.discover.existing import infer
    from enuf.start.privileges import become_keeper
    from enuf.system.files import write_whole

    project = current().folder
    become_keeper(project)
    target = project / "enuf.toml"
    if os.path.lexists(target) and not force:
        raise Conflict(
            f"{target} is there already", "change it, or overwrite it with --force", slug="file-exists"
        )
    inferred = infer(project, environment())
    app = inferred.target or str(find_app(project, None, environment()))
    text = _settings_text(app, inferred)
    with writing_to(target):
        write_whole(target, text)
    if current().json:
        print_json(
            {
                "file": str(target),
                "app": app,
                "sources": list(inferred.sources),
                "unused": list(inferred.unused),
            }
        )
    else:
        say(f"wrote {target}; next: enuf up")
    return 0


def _settings_text(app: str, inferred: Inferred) -> str:
    from enuf.settings.shapes import spelled

    values = {
        "processes": inferred.processes,
        "threads": inferred.threads,
        "timeout": f"{inferred.timeout_s}s" if inferred.timeout_s else None,
    }
    serve = [f"{key} = {spelled(value)}" for key, value in values.items() if value]
    lines = [
        "# Settings of enuf; every other one has a default: `enuf config` shows them all.",
        *(f"# {source}" for source in inferred.sources),
        *(f"# not taken: {name}" for name in inferred.unused),
        "",
        f"app = {spelled(app)}",
        *(["", "[serve]", *serve] if serve else []),
    ]
    return "\n".join(lines) + "\n"
