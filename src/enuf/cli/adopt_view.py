"""What `enuf adopt` prints: what was found, what is left out, and what to do with the old site."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from enuf.cli.install_view import confirm_cut, install_document, print_install, show_change, warn
from enuf.cli.terminal.output import print_json, say_as_is
from enuf.cli.terminal.progress import Progress
from enuf.cli.verb import current
from enuf.install.actions import OperationReporter, refuse_unable
from enuf.install.adopting import Adoption, adopt_site, plan_adoption, refuse_gaps, show_adoption
from enuf.install.requests import InstallOptions
from enuf.language.spoken import translated
from enuf.model.site import environment_file_of
from enuf.start.invocation import Invocation


def run_adopt(invocation: Invocation, options: InstallOptions) -> int:
    """Take over the hand-made site, or show what would be done. Return the exit status. Raise EnufError."""
    refuse_unable(None, dry_run=options.dry_run)
    with Progress("adopting", quiet=current().quiet) as progress:
        adoption = plan_adoption(invocation, options)
        if options.dry_run:
            change = show_adoption(adoption)
            progress.end()
            _print_plan(adoption)
            show_change(change, **_document(adoption))
            return 0
        refuse_gaps(adoption)
        result = adopt_site(adoption, OperationReporter(progress.step, warn, partial(confirm_cut, progress)))
    if current().json:
        print_json({**install_document(result), "state": "adopted", **_document(adoption)})
        return 0
    _print_plan(adoption)
    print_install(result)
    say_as_is("\n".join(_afterwards(adoption)))
    return 0


def _document(adoption: Adoption) -> dict[str, object]:
    found = adoption.found
    return {
        "old": {
            "program": found.server.program,
            "described_in": found.server.place,
            "unit": found.server.unit,
            "pid": found.server.pid,
            "nginx": list(found.site.files),
        },
        "app": adoption.invocation.target,
        "settings": {
            key: {"value": value, "place": place} for key, (value, place) in adoption.values.items()
        },
        "variables": {name: each.place for name, each in adoption.found.carried.variables.items()},
        "gaps": [{"place": gap.place, "text": gap.text, "why": gap.why} for gap in adoption.gaps],
        "afterwards": [{"command": each.command, "what": each.what} for each in adoption.leftovers],
    }


def _print_plan(adoption: Adoption) -> None:
    if current().json:
        return
    for warning in adoption.warnings:
        warn(warning)
    say_as_is("\n".join(_plan(adoption)))


def _plan(adoption: Adoption) -> Iterator[str]:
    found, wide = adoption.found, max((len(key) for key in adoption.values), default=0)
    pid = f" (pid {found.server.pid})" if found.server.pid is not None else ""
    yield f"{translated('old site')}: {found.site.place}"
    yield f"{translated('old server')}: {found.server.program}{pid}, {found.server.place}"
    yield f"{translated('taken over')}:"
    yield f"  app = {adoption.invocation.target}"
    for key, (value, place) in adoption.values.items():
        yield f"  {key.ljust(wide)} = {value}  ({place})"
    yield from _carried(adoption)
    if adoption.gaps:
        yield f"{translated('not taken over')}:"
    for gap in adoption.gaps:
        yield f"  {gap.place}: {gap.text}: {translated(gap.why)}"


def _carried(adoption: Adoption) -> Iterator[str]:
    """Yield the names of the variables; their values are shown nowhere."""
    variables = adoption.found.carried.variables
    if variables:
        file = environment_file_of(adoption.name)
        yield f"{translated(f'variables, for {file}, which root alone reads')}:"
    for name, each in variables.items():
        yield f"  {name}  ({each.place})"


def _afterwards(adoption: Adoption) -> Iterator[str]:
    yield translated("The old server still runs, without visitors. When you are content with the new one:")
    for each in adoption.leftovers:
        yield f"  {each.command}"
        yield f"      {translated(each.what)}"
