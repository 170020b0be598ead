"""`make fuzz`: let every reader of foreign text read malformed texts for FUZZ_SECONDS.

The readers take turns. Print the smallest text that breaks a reader, and at the end how many texts each has
read. A failing text is kept in .hypothesis and tried first the next time.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.hostile import Hangs
from tests.support.readers import Reader, check, readers

TEXTS_A_TURN = 300


def turn(reader: Reader, number: int) -> tuple[int, str]:
    """Let a reader read TEXTS_A_TURN new texts of the seed `number`.

    Return how many it has read, and the failure; an empty text without one.
    """
    count = 0

    @seed(number)
    @settings(
        max_examples=TEXTS_A_TURN, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
    )
    @given(text=reader.texts)
    def read(text: Any) -> None:
        nonlocal count
        count += 1
        check(reader, text)

    try:
        read()
    except Hangs:
        return count, traceback.format_exc(limit=-8)
    except Exception:
        return count, traceback.format_exc(limit=-8)
    return count, ""


def main() -> int:
    """Print the counts. Return 1 when a reader failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first of the turns' seeds")
    parser.add_argument("names", nargs="*", metavar="READER", help=f"some of: {', '.join(readers())}")
    options = parser.parse_args()
    chosen = {name: readers()[name] for name in options.names or readers()}
    read, broken = Counter[str](), dict[str, str]()
    ends, number = time.monotonic() + options.seconds, options.seed
    while time.monotonic() < ends and len(broken) < len(chosen):
        for name in [name for name in chosen if name not in broken]:
            count, failure = turn(chosen[name], number)
            read[name] += count
            if failure:
                broken[name] = failure
                print(f"--- {name}, seed {number}\n{failure}", flush=True)
            number += 1
            if time.monotonic() >= ends:
                break
    for name in chosen:
        print(f"{name:20} {read[name]:>9} texts  {'BROKEN' if name in broken else 'ok'}")
    print(f"{read.total()} texts, first seed {options.seed}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
