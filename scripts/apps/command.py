"""The command line of `make apps`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from scripts.apps.catalog import load
from scripts.apps.install import install_enuf
from scripts.apps.places import Place, python_for, user_of_servers
from scripts.apps.report import explaining_headings, in_full, tables, write_into
from scripts.apps.trial import Outcome, trial

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Try the applications that are named, or all. Return the exit status."""
    parser = argparse.ArgumentParser(prog="make apps", description=__doc__)
    parser.add_argument("names", nargs="*", help="applications by the names of their files; all without any")
    parser.add_argument("--sources", type=Path, help="folder with git repositories or trees, by their names")
    parser.add_argument("--python", default="", help="Python of the applications; default: one that the servers may run")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "apps", help="where everything is kept")
    parser.add_argument("--write", action="store_true", help="write the tables into docs/*/explain/differences.md")
    arguments = parser.parse_args()
    try:
        applications = load(arguments.names)
    except KeyError as unknown:
        parser.error(str(unknown.args[0]))
    # an end by SIGTERM or SIGHUP stops the servers as Ctrl-C does
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    user = user_of_servers()
    python = arguments.python or python_for(user)
    folder = arguments.folder.resolve()
    enuf = install_enuf(folder / "enuf", python=python, checkout=ROOT)
    outcomes: list[Outcome] = []
    try:
        for name, application in applications.items():
            place = Place(folder / name, enuf, user)
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            outcomes.append(trial(name, application, place, python=python, sources=arguments.sources))
            print(outcomes[-1].headline, file=sys.stderr)
            (place.folder / "differences.txt").write_text(in_full(outcomes[-1]))
    except KeyboardInterrupt:
        print("interrupted: the servers are stopped", file=sys.stderr)
        return 130
    finally:
        print(tables(outcomes, _headings("en")))
    if arguments.write:
        for language in ("en", "ko"):
            write_into(_page(language), tables(outcomes, _headings(language), language))
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


def _page(language: str) -> Path:
    return ROOT / "docs" / language / "explain" / "differences.md"


def _headings(language: str) -> list[str]:
    return explaining_headings(_page(language).read_text(encoding="utf-8"))


def _leave(number: int, _frame: object) -> None:
    raise KeyboardInterrupt(number)
