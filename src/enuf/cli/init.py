"""`enuf init`."""

from __future__ import annotations

import click

from enuf.cli.asking import environment
from enuf.cli.output import print_json, say
from enuf.cli.verb import current, verb
from enuf.errors import Conflict


@verb("init", example="enuf init")
@click.option("--force", is_flag=True, help="Overwrite an enuf.toml that is there.")
def command(force: bool) -> int:
    """Write a small enuf.toml from what is found: FLASK_APP, Procfile, uwsgi.ini, gunicorn.conf.py, wsgi.py."""
    from enuf.discover.app import find_app
    from enuf.discover.existing import infer
    from enuf.system.files import write_whole

    project = current().folder
    target = project / "enuf.toml"
    if target.exists() and not force:
        raise Conflict(
            f"{target} is there already", "change it, or overwrite it with --force", slug="file-exists"
        )
    found = infer(project, environment())
    app = found.target or str(find_app(project, None, environment()))
    lines = [
        "# Settings of enuf; every other one has a default: `enuf config` shows them all.",
        *(f"# from {source}" for source in found.sources),
    ]
    lines += ["", f"app = {_quoted(app)}"]
    serve = {
        "processes": found.processes,
        "threads": found.threads,
        "timeout": f'"{found.timeout_s}s"' if found.timeout_s else None,
    }
    if any(serve.values()):
        lines += ["", "[serve]", *(f"{key} = {value}" for key, value in serve.items() if value)]
    write_whole(target, "\n".join(lines) + "\n")
    if current().json:
        print_json({"file": str(target), "app": app, "sources": list(found.sources)})
    else:
        say(f"wrote {target}; next: enuf up")
    return 0


def _quoted(text: str) -> str:
    return "'" + text + "'" if "'" not in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
