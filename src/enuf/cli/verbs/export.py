"""`enuf export`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from enuf.cli.completion import files, folders
from enuf.cli.options import environment, invocation, settings_flags
from enuf.cli.verb import current, verb

if TYPE_CHECKING:
    from enuf.export.deployment import ExportedFile, ExportRequest

ENGINES = ("image", "compose", "swarm", "kubernetes")


@verb("export", example="enuf export kubernetes deploy --image registry.example.com/shop:v1")
@click.argument("engine", metavar="TARGET", type=click.Choice(ENGINES))
@click.argument("folder", metavar="DIR", shell_complete=folders)
@click.argument("target", metavar="[APP]", required=False, shell_complete=files)
@click.option(
    "--diff", is_flag=True, help="Show what would change, and change nothing; exit 1 if something would."
)
@click.option("--force", is_flag=True, help="Overwrite files that were edited since an export wrote them.")
@click.option(
    "--verify",
    is_flag=True,
    help="Check the files by Kubernetes' schemas, and by the engine where it answers.",
)
@click.option(
    "--image", default="", metavar="NAME:TAG", help="The image to run (default: the project's name, tag 1)."
)
@click.option("--ingress", is_flag=True, help="kubernetes: an Ingress for serve.hosts, too.")
@click.option("--gateway", default="", metavar="NAME", help="kubernetes: an HTTPRoute to this Gateway, too.")
@click.option(
    "--metrics", default="", metavar="PATH", help="kubernetes: let Prometheus ask the app at this path."
)
@settings_flags
def command(engine: str, folder: str, target: str | None, **words: Any) -> int:
    """Write files for an engine of containers to DIR, for when one machine is not enough.

    TARGET is image (a Dockerfile), compose, swarm or kubernetes. No secret enters a file or the image: the engine gives
    the variables of env_file to the containers. What cannot be in an image is an error.
    """
    from enuf.cli.terminal.export_view import show_differences, show_written
    from enuf.export.gather import gather
    from enuf.export.registry import TARGETS
    from enuf.export.verify import verified
    from enuf.export.write import export_place

    request = _request(engine, {name: words.pop(name) for name in ("image", "ingress", "gateway", "metrics")})
    place, chosen = Path(folder).resolve(), TARGETS[engine]
    export = gather(
        invocation(target, **words), environment(), chosen, export_place(place, current().folder), request
    )
    if words["diff"]:
        return show_differences(place, Path(folder), export, engine)
    written = _written(place, Path(folder), export.files, engine, force=words["force"])
    checks = verified(engine, place, export.files) if words["verify"] else ()
    show_written(engine, written, export, chosen.commands(export.deployment), checks)
    return 0


def _request(engine: str, words: dict[str, Any]) -> ExportRequest:
    """Return what was asked for beside the target. Raise UsageError for what this target does not have."""
    from enuf.export.deployment import ExportRequest

    for name in ("ingress", "gateway", "metrics"):
        if words[name] and engine != "kubernetes":
            raise click.UsageError(f"--{name} is for kubernetes, and {engine} has no such object")
    if words["metrics"] and not words["metrics"].startswith("/"):
        raise click.UsageError(f"--metrics {words['metrics']}: a path begins with /")
    return ExportRequest(**words)


def _written(
    place: Path, spoken: Path, exported: Sequence[ExportedFile], engine: str, *, force: bool
) -> list[Path]:
    """Write the files of an export, with the rights of the folder's keeper. Raise Conflict for edited files."""
    from enuf.cli.terminal.output import writing_to
    from enuf.export.write import compare_with, refuse_overwriting, write_export
    from enuf.start.privileges import with_rights_of_keeper

    with with_rights_of_keeper(spoken), writing_to(place):
        found = compare_with(place, exported, engine)
        if not force:
            refuse_overwriting(place, found)
        return write_export(place, found)
