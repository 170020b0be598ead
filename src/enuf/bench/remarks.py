"""What a report says in sentences, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.bench.figures import Group, factor_text, with_unit
from enuf.bench.results import Report, Row
from enuf.bench.standing import losses_of
from enuf.model.words import Words

_IN_TIME = 1.5
"""Requests that were answered within so many times the wait of one have not waited for each other."""


def slots_found(row: Row) -> int | None:
    """Return how many requests were answered at once; None where the row has no steps."""
    in_time = [each.at_once for each in row.steps if each.seconds < _IN_TIME * each.wait_s]
    return max(in_time, default=0) if row.steps else None


def loss_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield what the default topology loses, and to which other one."""
    for loss in losses_of(group.rows):
        title = words.sentence(loss.figure.title)
        own, best = with_unit(loss.figure, loss.own), with_unit(loss.figure, loss.best)
        times = f", {factor_text(loss.own / loss.best)}" if loss.best else ""
        yield words.sentence(f"{loss.topology} loses to {loss.winner}: {title} {own} against {best}{times}")


def failure_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield the failures of each topology by their kind, the most frequent one first."""
    for row in group.rows:
        kinds = sorted(row.failures, key=lambda each: -each.count)
        counted = ", ".join(f"{words.sentence(each.kind)} {each.count:,}" for each in kinds)
        if row.failed:
            share = f"{row.failed / (row.requests + row.failed):.2%}"
            failed = words.sentence(f"{row.topology} failed {row.failed:,} requests, {share}")
            yield f"{failed}: {counted}" if counted else failed


def slot_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield how many requests each topology answers at once, and how long one more takes."""
    for row in group.rows:
        found = slots_found(row)
        if found is None:
            continue
        more = next((each for each in row.steps if each.at_once > found), None)
        if more is None:
            yield words.sentence(
                f"{row.topology} answers {found} requests at once, and more were not asked for"
            )
        else:
            yield words.sentence(
                f"{row.topology} answers {found} requests at once; {more.at_once} at once take {more.seconds:.2f} s"
            )


def limit_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield what was the limit of the throughput: the servers, or the program that sent the requests."""
    limited = [row for row in group.rows if any(each.generator_at_limit for each in row.rounds)]
    for row in limited:
        times = sum(each.generator_at_limit for each in row.rounds)
        yield words.sentence(
            f"{row.topology}: {row.generator} had no CPU left in {times} of {len(row.rounds)} rounds, the server could do more"
        )
    free = {row.generator for row in group.rows if row.rps is not None and row.rounds and row not in limited}
    others = " ".join(sorted(free))
    if others and limited:
        yield words.sentence(
            f"{others} had CPU left in the rounds of all others: there the servers were the limit"
        )
    elif others:
        yield words.sentence(f"{others} had CPU left in all rounds: the servers were the limit")


def rate_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield the constant rate at which latencies were measured."""
    for rate in sorted({row.rate for row in group.rows if row.rate}):
        yield words.sentence(f"latencies at a constant rate of {rate:,.0f} requests per second")


def note_sentences(group: Group, words: Words) -> Iterator[str]:
    """Yield the notes about each row."""
    for row in group.rows:
        for text in row.notes:
            yield f"{row.topology}: {words.sentence(text)}"


def group_sentences(group: Group, words: Words) -> list[str]:
    """Return everything about a scenario that is no loss."""
    kinds = (slot_sentences, failure_sentences, note_sentences, rate_sentences, limit_sentences)
    return [sentence for kind in kinds for sentence in kind(group, words)]


def load_sentence(report: Report, words: Words) -> str:
    """Return how it was measured."""
    load = report.load
    parts = [
        words.sentence(f"{load.processes} processes x {load.threads} threads"),
        words.sentence(f"{load.connections} connections"),
        words.sentence(f"{load.rounds} rounds of {load.round_s:g} s, in turns; medians"),
    ]
    if load.rate:
        parts.append(words.sentence(f"latency at {load.rate:,.0f} requests per second"))
    return "; ".join(parts)


def machine_sentence(report: Report, words: Words) -> str:
    """Return where it was measured."""
    machine = report.machine
    cores = words.sentence(f"{machine.cores} CPU cores")
    load = words.sentence(f"load {machine.load_before:.2f} before the first round")
    hardware = (machine.cpu, cores, f"{machine.memory_mb:,.0f} MB")
    return "; ".join((", ".join(hardware), machine.kernel, " ".join(("Python", machine.python)), load))


def versions_text(report: Report) -> str:
    """Return the programs and packages that took part, with their versions."""
    return ", ".join(f"{each.name} {each.version}" for each in report.machine.versions)


def left_out_sentences(report: Report, words: Words) -> Iterator[str]:
    """Yield what was not measured, and why."""
    for each in report.left_out:
        yield f"{each.name}: {words.sentence(each.reason)}"


def caveat_sentences(report: Report, words: Words) -> Iterator[str]:
    """Yield what a reader must keep in mind."""
    machine = report.machine
    if machine.load_before > 0.5 * machine.cores:
        yield words.sentence(
            f"the machine was busy with other work: load {machine.load_before:.1f} on {machine.cores} cores before the first round"
        )
    yield from map(words.sentence, report.caveats)


def floor_sentence(report: Report, words: Words) -> str:
    """Return what the app alone costs; empty where that was not measured."""
    if report.limit is None:
        return ""
    return words.sentence(
        f"floor: the app alone takes {report.limit.app_cpu_us:.0f} µs of CPU for a request, without any server"
    )
