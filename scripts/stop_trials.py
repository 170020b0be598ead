"""Check that `enuf down` ends in time and leaves no process after random faults: `python scripts/stop_trials.py 200`.

Print each failed trial with its seed (`--seed N 1` repeats it), and the figures of all trials.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.stop_trials import LIMIT_S, Outcome, trial


def main() -> int:
    """Run the trials. Return 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trials", type=int)
    parser.add_argument("--seed", type=int, default=0, help="of the first trial; the next has the next")
    parser.add_argument("--at-once", type=int, default=2, help="trials that run side by side")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="enuf-stops-") as folder,
        ThreadPoolExecutor(options.at_once) as pool,
    ):

        def run(seed: int) -> Outcome:
            outcome = trial(Path(folder) / f"t{seed}", seed)
            if outcome.problems:
                print(outcome, flush=True)
            return outcome

        outcomes = list(pool.map(run, range(options.seed, options.seed + options.trials)))
    print_figures(outcomes)
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def print_figures(outcomes: list[Outcome]) -> None:
    """Print one line about all trials, and one for each kind of moment."""
    seconds = sorted(outcome.down_s for outcome in outcomes)
    wrong = sum(bool(outcome.problems) for outcome in outcomes)
    hit = sum("nobody" not in outcome.fault and bool(outcome.fault) for outcome in outcomes)
    print(
        f"{len(outcomes)} trials, {hit} hit a process, {wrong} went wrong; down took {seconds[len(seconds) // 2]:.2f} s in the"
        f" middle, {seconds[-1]:.2f} s at most (promised: {LIMIT_S} s)"
    )
    for moment, count in sorted(Counter(outcome.moment for outcome in outcomes).items()):
        worst = max(outcome.down_s for outcome in outcomes if outcome.moment == moment)
        print(f"  {moment:<8} {count:>4} trials, {worst:.2f} s at most")


if __name__ == "__main__":
    sys.exit(main())
