"""Advice rests on its figures: never without enough data, never with a figure that the data do not hold."""

from __future__ import annotations

import re

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from enuf.model.snapshot import Advice, Backlog, Latency, Point, Rates, Window, Worker
from enuf.observe.live.advice import FEWEST_POINTS, FULL_FOR_S, QUIET_FOR_S, AdviceInput, advice

SLOTS = 8


def point(at: float, *, busy: int | None = SLOTS, cpu: float | None = 0.8, rate: float = 10.0) -> Point:
    return Point(at=at, rates=Rates(total=rate), latency=Latency(), busy=busy, slots=SLOTS, cpu=cpu)


def window(*, requests: int = 100, failed: int = 0, wait_p95_s: float | None = 0.18) -> Window:
    statuses = {"200": requests - failed, "503": failed}
    return Window(
        seconds=10,
        requests=requests,
        rates=Rates(),
        latency=Latency(wait_p95_s=wait_p95_s),
        by_status=statuses,
        failed=failed,
    )


def worker(number: int, rss_bytes: int = 28 * 2**20) -> Worker:
    return Worker(id=number, pid=number, generation=1, status="busy", requests=1, rss_bytes=rss_bytes)


def evidence(history: list[Point], **differences: object) -> AdviceInput:
    known: dict[str, object] = {
        "history": history,
        "window": window(),
        "workers": [worker(number) for number in range(4)],
        "processes": 4,
        "threads": 2,
        "backlog": Backlog(queued=12, limit=1024),
        "cpus": 4,
    }
    return AdviceInput(**{**known, **differences})  # type: ignore[arg-type]


def codes(found: tuple[Advice, ...]) -> set[str]:
    return {each.code for each in found}


FULL = [point(float(second)) for second in range(41)]


def test_a_full_stack_whose_app_waits_is_told_to_grow_with_all_figures() -> None:
    (found,) = advice(evidence(FULL))
    assert found.text == (
        "all 8 threads busy for 40 s, 12 waiting, p95 wait 180 ms: "
        "add processes (each +28 MB) or raise threads: the app waits on I/O 90% of the time"
    )
    assert found.figures["waiting"] == 12


def test_a_full_stack_that_computes_is_not_told_to_add_threads() -> None:
    (found,) = advice(evidence([point(float(second), cpu=7.5) for second in range(41)], cpus=16))
    assert "would only take turns" in found.text
    (found,) = advice(evidence([point(float(second), cpu=3.9) for second in range(41)]))
    assert "3.9 of 4 cores" in found.text


def test_busy_threads_that_nobody_waits_for_are_well_used() -> None:
    quiet = Backlog(queued=0, limit=1024)
    assert advice(evidence(FULL, backlog=quiet, window=window(wait_p95_s=0.001))) == ()


def test_many_errors_are_told_and_a_few_are_not() -> None:
    calm = evidence([], window=window(failed=4))
    assert advice(calm) == ()
    assert codes(advice(evidence([], window=window(failed=6)))) == {"errors"}
    assert advice(evidence([], window=window(requests=10, failed=10))) == ()


def test_an_upload_that_was_too_large_names_the_setting() -> None:
    (found,) = advice(evidence([], window=msgspec.structs.replace(window(), by_status={"200": 9, "413": 1})))
    assert found.code == "too-large"
    assert found.text.startswith("1 upload was answered 413, too large, in the last 10 s: serve.max_body")


def test_workers_that_were_never_needed_are_counted_in_megabytes() -> None:
    history = [point(float(second), busy=1) for second in range(0, 600, 2)]
    (found,) = advice(evidence(history, processes=16, workers=[worker(number) for number in range(16)]))
    assert found.code == "idle"
    assert "serve.processes = 2 would do, and free 392 MB" in found.text


def test_a_stack_without_visitors_gets_no_advice_to_shrink() -> None:
    history = [point(float(second), busy=0, rate=0.0) for second in range(0, 600, 2)]
    assert advice(evidence(history, processes=16)) == ()


POINTS = st.lists(
    st.builds(
        Point,
        at=st.floats(0, 10_000),
        rates=st.builds(Rates, total=st.floats(0, 1e5)),
        latency=st.just(Latency()),
        busy=st.none() | st.integers(0, SLOTS),
        slots=st.none() | st.just(SLOTS),
        cpu=st.none() | st.floats(0, 64),
    ),
    max_size=60,
).map(lambda points: sorted(points, key=lambda each: each.at))
EVIDENCE = st.builds(
    AdviceInput,
    history=POINTS,
    window=st.none() | st.builds(window, requests=st.integers(0, 1000), failed=st.just(0)),
    workers=st.lists(st.builds(worker, st.integers(1, 8), st.integers(0, 2**33)), max_size=8),
    processes=st.integers(1, 64),
    threads=st.integers(1, 64),
    backlog=st.builds(
        Backlog, queued=st.none() | st.integers(0, 5000), limit=st.none() | st.integers(0, 4096)
    ),
    cpus=st.integers(1, 128),
)


@given(EVIDENCE)
def test_every_sentence_is_one_line_with_figures_and_nothing_unknown_in_it(found: AdviceInput) -> None:
    for each in advice(found):
        assert each.figures
        assert "\n" not in each.text
        assert not re.search(r"None|nan|inf\b", each.text)


@given(EVIDENCE)
def test_nothing_is_said_about_threads_without_enough_looks_over_enough_time(found: AdviceInput) -> None:
    known = [each for each in found.history if each.busy is not None]
    span = known[-1].at - known[0].at if known else 0.0
    said = codes(advice(found))
    if len(known) < FEWEST_POINTS or span < FULL_FOR_S:
        assert "saturated" not in said
    if len(known) < FEWEST_POINTS or span < QUIET_FOR_S:
        assert "idle" not in said


@given(EVIDENCE, st.integers(0, SLOTS - 1))
def test_one_free_thread_at_the_last_look_means_that_it_is_not_saturated(
    found: AdviceInput, busy: int
) -> None:
    assume(found.history)
    last = point(found.history[-1].at + 1, busy=busy)
    assert "saturated" not in codes(
        advice(evidence([*found.history, last], window=found.window, backlog=found.backlog))
    )
