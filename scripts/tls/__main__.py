"""Run the parts of `make tls` that are named, all if none is, and print the figures. Return 1 when one misses its goal."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.tls import beside_caddy, conformance, timing
from scripts.tls.place import NotInstalled, Row

ROOT = Path(__file__).parent.parent.parent
PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Row]]] = {
    "testssl": lambda _: conformance.testssl(),
    "h2spec": lambda _: conformance.h2spec(),
    "caddy": lambda options: beside_caddy.compared(options.rounds),
    "start": lambda options: timing.starts(options.rounds),
    "renewal": lambda options: timing.renewals(options.renewals),
}


def main() -> int:
    """Run the parts. Return 1 when one is not as it must be, 2 when a part could not be run."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the stacks end too
    print(f"{os.cpu_count()} processors, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    worst = 0
    for part in options.parts or PARTS:
        print(f"\n{part}", flush=True)
        try:
            is_good = _printed(PARTS[part](options), part, write=options.write)
            worst = max(worst, 0 if is_good else 1)
        except NotInstalled as error:
            print(f"error: {error}\nhint: or name the parts to run: {', '.join(PARTS)}", file=sys.stderr)
            worst = 2
    return worst


def _printed(rows: Iterator[Row], part: str, *, write: bool) -> bool:
    """Print the lines as they come, and write them into the docs. Return True when every line is as it must be."""
    lines, good = list[str](), True
    for line, is_good in rows:
        print(line if is_good else f"{line}   <- MISSED", flush=True)
        lines.append(line)
        good = good and is_good
    for page in (
        (ROOT / f"docs/{language}/explain/https-figures.md" for language in ("en", "ko")) if write else ()
    ):
        before, begin, rest = page.read_text().partition(f"<!-- {part} -->\n")
        _, end, after = rest.partition(f"<!-- end of {part} -->")
        page.write_text(before + begin + "\n".join([*_fenced(lines), end + after]))
    return good


def _fenced(lines: list[str]) -> list[str]:
    """Return a table as it is, and other lines as a block."""
    return ["", *lines, ""] if lines[0].startswith("|") else ["```text", *lines, "```"]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.tls", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of them, if none is named")
    parser.add_argument("--rounds", type=int, default=7, help="of each measurement")
    parser.add_argument("--renewals", type=int, default=10)
    parser.add_argument(
        "--write", action="store_true", help="put the figures into docs/*/explain/https-figures.md"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
