"""A part of `make soak`: send a signal to one process of a stack under load at a random moment, hundreds of times.

Print a line for each trial whose losses are not documented, and the sums. A seed determines the trials.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.support.fault_matrix import PROCESSES, THREADS, run_trial, trials
from tests.support.stack import APP, stack_in

A_STACK_LASTS = 20
"""So many trials share a project, then a fresh one is made."""


def main() -> int:
    """Run the trials. Return 1 when one of them had a problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=395)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen = trials(options.seed, options.trials)
    sums = Counter[str]()
    for begin in range(0, len(chosen), A_STACK_LASTS):
        with tempfile.TemporaryDirectory() as folder:
            environ = {"ENUF_DASHBOARD_LISTEN": "127.0.0.1:0"}
            with stack_in(Path(folder) / "faults", env=environ) as stack:
                stack.write("app.py", APP)
                stack.up("--processes", str(PROCESSES), "--threads", str(THREADS))
                for trial in chosen[begin : begin + A_STACK_LASTS]:
                    result = run_trial(stack, trial)
                    sums += Counter(
                        trials=1,
                        struck=result.struck,
                        requests=result.answered + result.lost,
                        lost=result.lost,
                        bad=bool(result.problems),
                    )
                    if result.problems:
                        print(f"{trial}: {'; '.join(result.problems)}", flush=True)
    print(", ".join(f"{number} {name}" for name, number in sums.items()))
    return 1 if sums["bad"] else 0


if __name__ == "__main__":
    sys.exit(main())
