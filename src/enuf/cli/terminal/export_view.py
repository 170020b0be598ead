"""The output of `enuf export`: files, remarks, differences, and what to type next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from enuf.cli.terminal.output import note, print_json, remark, say, say_as_is
from enuf.cli.verb import current
from enuf.export.compare import difference
from enuf.export.gather import Export
from enuf.export.verify import Verified
from enuf.export.write import compare_with
from enuf.language.spoken import translated_label
from enuf.start.privileges import with_rights_of_keeper


def show_differences(place: Path, spoken: Path, export: Export, target: str) -> int:
    """Print what an export would change. Return 1 if that is anything, else 0."""
    with with_rights_of_keeper(spoken):
        found = compare_with(place, export.files, target)
    _say_remarks(export)
    if current().json:
        states = [{"name": each.name, "state": each.state} for each in found]
        print_json({"target": target, "files": states, "remarks": list(export.remarks)})
    else:
        say_as_is("".join(map(difference, found)).rstrip("\n"))
    if any(each.differs for each in found):
        return 1
    note("nothing would change")
    return 0


def show_written(
    target: str,
    written: Sequence[Path],
    export: Export,
    commands: Sequence[tuple[str, str]],
    checks: Sequence[Verified],
) -> None:
    """Print the files that were written, what people must know, and what to type next."""
    _say_remarks(export)
    if current().json:
        print_json(
            {
                "target": target,
                "files": [str(path) for path in written],
                "remarks": list(export.remarks),
                "commands": [{"purpose": purpose, "command": typed} for purpose, typed in commands],
                "checks": [{"by": each.by, "outcome": each.outcome} for each in checks],
            }
        )
        return
    say_as_is("\n".join(str(path) for path in written))
    for each in checks:
        say(f"checked by {each.by}: {each.outcome}")
    for purpose, typed in commands:
        say_as_is(f"{translated_label(purpose)}: {typed}")


def _say_remarks(export: Export) -> None:
    for sentence in export.remarks:
        remark("warning", sentence, fg="yellow")
