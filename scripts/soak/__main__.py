"""Run the parts of `make soak` that are named, and print what was counted. Return 1 when a promise was not kept."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from scripts.soak import endurance, loading, promises
from scripts.soak.databases import NotInstalled

ROOT = Path(__file__).parent.parent.parent


def main() -> int:
    """Run the parts. Return 1 when one of them found a fault, 2 when a part could not be run."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # stacks and databases end too
    worst = 0
    for part in options.parts or PARTS:
        print(f"\n{part}", flush=True)
        try:
            worst = max(worst, 0 if PARTS[part](options) else 1)
        except NotInstalled as error:
            print(f"error: {error}\nhint: or name the parts to run: {', '.join(PARTS)}", file=sys.stderr)
            worst = 2
    return worst


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.soak", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them, if none is named")
    parser.add_argument("--reloads", type=int, default=50)
    parser.add_argument("--broken", type=int, default=5, help="so many of the reloads of the endurance part")
    parser.add_argument("--requests", type=int, default=1_000_000, help="of the endurance part")
    parser.add_argument("--write", action="store_true", help="put the tables into the READMEs and the docs")
    return parser.parse_args()


def _promises(options: argparse.Namespace) -> bool:
    return _table(promises.table(options.reloads), "soak", ("README.md", "README.ko.md"), write=options.write)


def _endurance(options: argparse.Namespace) -> bool:
    result = endurance.run(options.requests, options.reloads, options.broken)
    print("\n".join(endurance.lines(result)), flush=True)
    return result.is_good


def _loading(options: argparse.Namespace) -> bool:
    pages = [f"docs/{language}/explain/trial-import.md" for language in ("en", "ko")]
    return _table(loading.table(), "loading", pages, write=options.write)


def _table(rows: Iterable[tuple[str, bool]], name: str, pages: Iterable[str], *, write: bool) -> bool:
    """Print the lines of a table as they come, and write them between the marks of this name in the pages.

    Return True when every line is as it must be.
    """
    lines, good = [], True
    for line, is_good in rows:
        print(line, flush=True)
        lines.append(line)
        good = good and is_good
    for page in map(ROOT.joinpath, pages if write else ()):
        before, begin, rest = page.read_text().partition(f"<!-- {name} -->")
        _, end, after = rest.partition(f"<!-- end of {name} -->")
        page.write_text("\n".join([before + begin, *lines, end + after]))
    return good


PARTS: dict[str, Callable[[argparse.Namespace], bool]] = {
    "promises": _promises,
    "endurance": _endurance,
    "loading": _loading,
}

if __name__ == "__main__":
    sys.exit(main())
