"""Right and wrong answers of apps whose import leaves connections and threads, by who loads them.

Each app is served twice: with the default, where no answer may be wrong, and with `workers.lazy = false`, where the
workers are forks of one import, and wrong answers show that the app is a proof at all.
"""

from __future__ import annotations

import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec
from scripts.soak.databases import DATABASES
from scripts.soak.loading_apps import CASES, LoadingCase
from tests.support.stack import Stack, stack_in

REQUESTS = {"auto": 2000, "false": 200}
"""Fewer where answers are waited for that never come."""
PATIENCE_S = {"auto": 30, "false": 0.5}
"""What a thread gets to do its work in."""
CLIENTS = 8
_REASON = "each worker loads the app itself: after its import the app has "


class Outcome(msgspec.Struct, frozen=True):
    """What came of one app with one value of `workers.lazy`."""

    answers: int
    wrong: int
    reason: str
    """Why each worker loads the app, as `enuf up` says it; empty for a fork."""


def table() -> Iterator[tuple[str, bool]]:
    """Serve every app both ways. Yield the table's lines, each with whether it is as it must be."""
    yield (
        "| app | what its import leaves | answers | wrong | answers of forks, `workers.lazy = false` | wrong |",
        True,
    )
    yield "|---|---|---|---|---|---|", True
    with ExitStack() as running:
        urls = {
            name: running.enter_context(DATABASES[name]())
            for name in {case.database for case in CASES} - {""}
        }
        for case in CASES:
            auto, forked = (_outcome(case, lazy, urls.get(case.database, "")) for lazy in ("auto", "false"))
            where = f"{case.name} ({case.database})" if case.database else case.name
            wrong = (
                "0: the library notices the fork" if case.outlives_fork and not forked.wrong else forked.wrong
            )
            yield (
                f"| {where} | {auto.reason} | {auto.answers} | {auto.wrong} | {forked.answers} | {wrong} |",
                is_as_it_must(case, auto, forked),
            )


def is_as_it_must(case: LoadingCase, auto: Outcome, forked: Outcome) -> bool:
    """Return True when the default gives no wrong answer, and the app would notice one."""
    is_proof = case.outlives_fork or forked.wrong > 0
    return bool(auto.reason) and not auto.wrong and not forked.reason and is_proof


def _outcome(case: LoadingCase, lazy: str, url: str) -> Outcome:
    env = {"SOAK_DATABASE": url, "SOAK_PATIENCE_S": str(PATIENCE_S[lazy])}
    with (
        tempfile.TemporaryDirectory(prefix="enuf-soak-") as folder,
        stack_in(Path(folder) / "loading", env=env) as stack,
    ):
        stack.write("app.py", case.app)
        done = stack.run(
            "up",
            "-d",
            "--listen",
            "127.0.0.1:0",
            "--processes",
            "2",
            "--threads",
            "4",
            "--set",
            f"workers.lazy={lazy}",
        )
        if done.code:
            raise RuntimeError(f"{case.name}: {done}")
        stack.port = int(done.out.split("served at http://127.0.0.1:")[1].split()[0])
        said = [line.partition(_REASON)[2] for line in done.out.splitlines() if _REASON in line]
        with ThreadPoolExecutor(CLIENTS) as clients:
            asked = Counter(clients.map(lambda _: _is_right(stack), range(REQUESTS[lazy])))
        return Outcome(asked.total(), asked[False], said[0].strip() if said else "")


def _is_right(stack: Stack) -> bool:
    token = uuid.uuid4().hex
    try:
        answer = stack.get(f"/ask?t={token}")
    except OSError:
        return False
    return answer.status == 200 and answer.text == token
