"""Run the parts of `make soak` that are named, and print what was counted. Return 1 when a promise was not kept."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
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
    parser.add_argument("--readme", action="store_true", help="put the table of promises into the READMEs")
    return parser.parse_args()


def _promises(options: argparse.Namespace) -> bool:
    lines, lost = [], 0
    for line, number in promises.table(options.reloads):
        print(line, flush=True)
        lines.append(line)
        lost += number
    if options.readme:
        for name in ("README.md", "README.ko.md"):
            promises.put_table(ROOT / name, lines)
    return not lost


def _endurance(options: argparse.Namespace) -> bool:
    result = endurance.run(options.requests, options.reloads, options.broken)
    print("\n".join(endurance.lines(result)), flush=True)
    return result.is_good


def _loading(_options: argparse.Namespace) -> bool:
    good = True
    for line, is_good in loading.table():
        print(line, flush=True)
        good = good and is_good
    return good


PARTS: dict[str, Callable[[argparse.Namespace], bool]] = {
    "promises": _promises,
    "endurance": _endurance,
    "loading": _loading,
}

if __name__ == "__main__":
    sys.exit(main())
