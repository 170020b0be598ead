"""Score the live doctor on small faulty stacks of real servers. Exit 1 below the threshold.

    python scripts/doctor_live_score.py                     the cases of tests/live_cases
    python scripts/doctor_live_score.py CASES [ID...]       a folder of cases with a runner of its own beside it

The command is called on each running stack. The code that comes first must be one that the case expects.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.support import live_cases

import enuf

FIRST = 0.9
SECONDS = 3.0
RECORD = "DOCTOR_SCORE_RECORD"
"""The variable that names the file of the record, while this program stands in for the doctor's command."""


def main(arguments: list[str]) -> int:
    """Run the cases, or stand in for `enuf doctor` and write down what it says."""
    if record := os.environ.get(RECORD):
        return answered(Path(record), arguments)
    if not arguments:
        return told_of_own([scored(name) for name in live_cases.names()])
    cases = Path(arguments[0])
    runner = cases.parent / "run_cases.py"
    if not runner.is_file():
        print(f"no runner of cases at {runner}: nothing to score")
        return 0
    with tempfile.TemporaryDirectory(prefix="dl-") as scratch:
        record = str(Path(scratch, "record"))
        words = [sys.executable, str(runner), "--cases", str(cases), "--venv", sys.prefix, "--live"]
        doctor = f"{sys.executable} {Path(__file__).resolve()}"
        environ = {**os.environ, RECORD: record}
        done = subprocess.run([*words, "--doctor", doctor, *arguments[1:]], env=environ, check=False)
        lines = Path(record).read_text(encoding="utf-8").splitlines() if Path(record).exists() else []
    return max(told([json.loads(line) for line in lines], cases), 1 if done.returncode > 1 else 0)


def scored(name: str) -> dict[str, Any]:
    """Start one of the cases of tests/live_cases, and return what the doctor says about it."""
    if live_cases.missing(name):
        return {}
    with live_cases.running(name) as case:
        paths = [str(case.folder)] if case.told.get("named") else []
        done, took_s = _asked("--json", "--live", case.url, *paths)
        is_warning = bool(case.told.get("warns"))
    found = _found(done.stdout)
    return {"case": name, "wanted": case.expect, "found": found, "took_s": took_s, "warns": is_warning}


def told_of_own(seen: list[dict[str, Any]]) -> int:
    """Print what came first where, and the rate. Return 1 if it is too low, or for an error in a healthy stack."""
    judged = [each for each in seen if each]
    wrong = [each for each in judged if not _is_right(each)]
    for each in wrong:
        shown = " ".join(f"{code} ({severity})" for code, severity in each["found"]) or "none"
        print(f"{each['case']}: {shown} in place of {' '.join(each['wanted']) or 'no error'}")
    healthy = [each for each in wrong if not each["wanted"]]
    rate = 1 - len(wrong) / len(judged) if judged else 1.0
    longest = max((each["took_s"] for each in judged), default=0.0)
    print(
        f"live: right in {rate:.3f} of {len(judged)} cases; the longest diagnosis took {longest:.1f} s (wanted: {SECONDS:g})"
    )
    return 0 if rate >= FIRST and not healthy else 1


def _is_right(each: dict[str, Any]) -> bool:
    if each.get("warns"):
        return any(code in each["wanted"] for code, _ in each["found"])
    if each["wanted"]:
        return bool(each["found"]) and each["found"][0][0] in each["wanted"]
    return all(severity != "error" for _, severity in each["found"])


def answered(record: Path, arguments: list[str]) -> int:
    """Run the doctor, write down the code that came first and the time, and print what it printed."""
    done, took_s = _asked(*arguments)
    sys.stdout.buffer.write(done.stdout)
    if "--live" in arguments:
        name, variant = Path(arguments[-1]).parts[-3:-1]
        line = {"case": name, "variant": variant, "codes": _codes(done.stdout), "took_s": took_s}
        with record.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return done.returncode


def _asked(*arguments: str) -> tuple[subprocess.CompletedProcess[bytes], float]:
    """Run `enuf doctor`, and return what it printed and the seconds that it took."""
    words = [sys.executable, "-P", "-m", "enuf", "doctor", *arguments]
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": _compiled()}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    begun = time.monotonic()
    done = subprocess.run(words, capture_output=True, check=False, env=environ)
    return done, time.monotonic() - begun


@functools.cache
def _compiled() -> str:
    """Return a folder in which the doctor's code lies compiled, as pip leaves it where enuf is installed."""
    folder = Path(tempfile.gettempdir(), f"enuf-compiled-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    environ = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", str(Path(enuf.__file__).parent)], env=environ, check=True
    )
    return str(folder)


def _codes(output: bytes) -> list[str]:
    """Return the codes in the order in which they are reported, without mere advice."""
    return [code for code, severity in _found(output) if severity != "advice"]


def _found(output: bytes) -> list[tuple[str, str]]:
    """Return the codes and severities in the order in which they are reported."""
    try:
        found = json.loads(output)["findings"]
    except (ValueError, KeyError):
        return []
    return [(each["code"], each["severity"]) for each in found]


def told(seen: list[dict[str, Any]], cases: Path) -> int:
    """Print what came first where, and the rate. Return 1 if it is too low."""
    right = judged = 0
    for each in seen:
        wanted = json.loads((cases / each["case"] / "case.json").read_text(encoding="utf-8"))["expect_live"]
        if each["variant"] != "broken" or not wanted:
            continue
        first = next(iter(each["codes"]), "none")
        judged += 1
        right += first in wanted
        if first not in wanted:
            print(
                f"{each['case']}: {first} came first in place of {' '.join(wanted)} ({' '.join(each['codes'])})"
            )
    rate = right / judged if judged else 1.0
    longest = max((each["took_s"] for each in seen), default=0.0)
    print(
        f"live: the right code came first in {rate:.3f} ({right} of {judged}); the longest diagnosis took {longest:.1f} s (wanted: {SECONDS:g})"
    )
    return 0 if rate >= FIRST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
