"""Score the static doctor on a folder of cases: recall, false alarms, speed. Exit 1 below the thresholds.

A case is a folder with case.json, the files as somebody wrote them, and fixed/, an overlay that cures them. Placeholders
in them (@APP@, @RUN@, @PORT@, @VENV@) are filled in as for real servers, but nothing is started.

    python scripts/doctor_score.py [CASES] [-v]        default: ../shared/doctor/cases, if there is such a folder
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from enuf.doctor.collect.deployment import collect
from enuf.doctor.engine import examine
from enuf.model.finding import Finding

DEFAULT_CASES = Path(__file__).parents[2] / "shared/doctor/cases"
RECALL = 0.95
SECONDS_FOR_200_FILES = 1.0


class Verdict(NamedTuple):
    """The verdict on one variant of one case."""

    name: str
    expected: frozenset[str]
    found: frozenset[str]
    wrong: frozenset[str]
    errors: frozenset[str]
    """Codes at error level that the case does not know of."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="?", type=Path, default=DEFAULT_CASES)
    parser.add_argument("-v", "--verbose", action="store_true", help="list what each case came to")
    options = parser.parse_args()
    if not options.cases.is_dir():
        print(f"no cases at {options.cases}: nothing to score")
        return 0
    scratch = Path(tempfile.mkdtemp(prefix="dc-"))
    try:
        verdicts = [verdict for folder in folders(options.cases) for verdict in judge_case(folder, scratch)]
        seconds = speed(scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return tell(verdicts, seconds, verbose=options.verbose)


def folders(cases: Path) -> list[Path]:
    return sorted(path.parent for path in cases.glob("*/case.json"))


def judge_case(folder: Path, scratch: Path) -> Iterator[Verdict]:
    case: dict[str, Any] = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    for fixed in (False, True):
        if fixed and case.get("cured") is None:
            continue
        app = write_variant(folder, case, scratch, fixed=fixed)
        yield judge(case, examine(collect([app])), fixed=fixed)


def judge(case: dict[str, Any], findings: tuple[Finding, ...], *, fixed: bool) -> Verdict:
    """Return the verdict by the case's lists: expected, allowed, forbidden.

    On the cured variant the expected codes are wrong.
    """
    codes = frozenset(finding.code for finding in findings)
    errors = frozenset(finding.code for finding in findings if finding.severity == "error")
    expected = frozenset(case["expect_static"])
    allowed = expected | set(case["may"]) | set(case["expect_live"])
    if fixed:
        wrong = codes & (expected | set(case["expect_live"]))
        return Verdict(f"{case['id']} fixed", frozenset(), frozenset(), wrong, errors - allowed)
    wrong = errors - allowed if "*" in case["must_not"] else codes & set(case["must_not"])
    return Verdict(case["id"], expected, codes & expected, wrong, errors - allowed)


def write_variant(folder: Path, case: dict[str, Any], scratch: Path, *, fixed: bool) -> Path:
    """Write the files of a variant below the scratch folder and return the folder of the app."""
    top = scratch / str(case["id"]) / ("fixed" if fixed else "broken")
    app, run = top / "app", top / "run"
    run.mkdir(parents=True, exist_ok=True)
    names = {"@RUN@": str(run), "@APP@": str(app), "@VENV@": "/nonexistent/venv"}
    names |= {"@PORT@": "18080", "@PORT2@": "18081", "@PORT3@": "18082"}
    layers = [folder, folder / "fixed"] if fixed else [folder]
    for layer in layers:
        for source in sorted(layer.rglob("*")):
            part = source.relative_to(layer)
            if not source.is_file() or part.parts[0] in ("fixed", "case.json", "__pycache__"):
                continue
            target = app.joinpath(*(re.sub(r"^dot-", ".", each) for each in part.parts))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(filled(source.read_bytes(), names))
    for name in (
        case.get("fixed", {}).get("remove", case.get("remove", [])) if fixed else case.get("remove", [])
    ):
        (app / name).unlink(missing_ok=True)
    return app


def filled(data: bytes, names: dict[str, str]) -> bytes:
    for name, value in names.items():
        data = data.replace(name.encode(), value.encode())
    return data


def speed(scratch: Path) -> float:
    """Return the seconds that the doctor takes for a folder of 200 files, made from the cases."""
    files = [path for path in sorted(scratch.rglob("*")) if path.is_file()]
    many = scratch / "two-hundred"
    for number in range(200):
        source = files[number % len(files)]
        target = many / f"{number:03}" / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    start = time.perf_counter()
    examine(collect([many]))
    return time.perf_counter() - start


def tell(verdicts: list[Verdict], seconds: float, *, verbose: bool) -> int:
    expected = sum(len(verdict.expected) for verdict in verdicts)
    found = sum(len(verdict.found) for verdict in verdicts)
    for verdict in verdicts:
        missed = verdict.expected - verdict.found
        if missed:
            print(f"{verdict.name}: missed {' '.join(sorted(missed))}")
        if verdict.wrong:
            print(f"{verdict.name}: wrong {' '.join(sorted(verdict.wrong))}")
        if verdict.errors:
            print(f"{verdict.name}: unexpected errors {' '.join(sorted(verdict.errors))}")
        if verbose and not (missed or verdict.wrong or verdict.errors):
            print(f"{verdict.name}: ok {' '.join(sorted(verdict.found))}")
    recall = found / expected if expected else 1.0
    wrong = sum(len(verdict.wrong) for verdict in verdicts)
    errors = sum(len(verdict.errors) for verdict in verdicts)
    print(f"recall {recall:.3f} ({found} of {expected})")
    print(f"false alarms {wrong}, unexpected at error level {errors}, in {len(verdicts)} variants")
    print(f"200 files in {seconds:.2f} s")
    return 0 if recall >= RECALL and not wrong and not errors and seconds <= SECONDS_FOR_200_FILES else 1


if __name__ == "__main__":
    sys.exit(main())
