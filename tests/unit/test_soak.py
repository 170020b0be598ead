"""The checks of `make soak` fail where they must: on memory that grows, and on answers that are wrong or cut."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from scripts.soak.clients import Connection, Question, download, events, form, order, page
from scripts.soak.databases import NotInstalled, program
from scripts.soak.endurance import APP, BROKEN, versions
from scripts.soak.loading import Outcome, is_as_it_must
from scripts.soak.loading_apps import CASES
from scripts.soak.memory import Sample, trends

TOKEN = "0123456789abcdef"


def memory(
    *, growth_by_request: float = 0.0, growth_by_reload: float = 0.0, samples: int = 120
) -> list[Sample]:
    """The samples of a run of 10 short generations and a long one; growth in MiB from the first to the last."""
    found = []
    for number in range(samples):
        share = number / samples
        generation = min(11, 1 + int(share * 20))
        used = 20 + growth_by_request * share
        for kind in ("supervisor", "nginx master", "nginx worker", "dashboard"):
            found.append(Sample(kind, generation, number * 1000, used + 1, used))
        age = share - (generation - 1) / 20
        used = 30 + growth_by_request * age + growth_by_reload * generation / 11
        for kind in ("uWSGI master", "uWSGI worker"):
            found.append(Sample(kind, generation, number * 1000, used + 1, used))
    return found


def grown(read: list[Sample]) -> set[str]:
    return {trend.what for trend in trends(read) if not trend.is_flat}


def test_memory_that_stays_is_flat() -> None:
    assert grown(memory()) == set()
    assert grown(memory(growth_by_request=1.0, growth_by_reload=1.0)) == set()


def test_a_leak_with_each_request_shows_in_every_process_that_lives_long() -> None:
    assert grown(memory(growth_by_request=12)) == {
        "supervisor",
        "nginx master",
        "nginx worker",
        "dashboard",
        "uWSGI master, in the last generation",
        "uWSGI worker, in the last generation",
    }


def test_a_leak_with_each_reload_shows_between_generations() -> None:
    assert grown(memory(growth_by_reload=6)) == {
        "uWSGI master, from generation to generation",
        "uWSGI worker, from generation to generation",
    }


def test_too_few_samples_prove_nothing() -> None:
    assert all(not trend.is_flat and "too few samples" in str(trend) for trend in trends(memory(samples=3)))


def test_the_broken_versions_are_spread_over_the_reloads_and_of_every_kind() -> None:
    planned = list(versions(50, 5))
    assert [number for number, version in enumerate(planned, 1) if version] == [10, 20, 30, 40, 50]
    assert set(filter(None, planned)) == set(BROKEN)
    assert list(versions(6, 1)) == [None] * 5 + [BROKEN[0]]
    assert 'VERSION = "1"' in APP  # what each reload replaces


def outcome_of(question: Question, *answers: bytes) -> list[str]:
    """How a client judges these answers to the question, each on the connection on which it comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                with server.accept()[0] as visitor:
                    visitor.recv(65_536)
                    visitor.sendall(answer)

        serving = threading.Thread(target=serve)
        serving.start()
        found = []
        for _ in answers:
            connection = Connection(server.getsockname()[1])
            found.append(connection.outcome_of(question))
            connection.close()
        serving.join()
    return found


def answer(body: bytes, *, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


EVENTS = f"data: {TOKEN} 0\n\n".encode()


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (page(TOKEN), f"{TOKEN} 7".encode(), f"{TOKEN[::-1]} 7".encode()),
        (order(TOKEN), f"{TOKEN} 7".encode(), b"None 7"),
        (form(TOKEN), TOKEN.encode() * 128, TOKEN.encode() * 127),
        (events(TOKEN, 1), EVENTS, EVENTS * 2),
        (download(TOKEN, 1), TOKEN.encode() * 4096, TOKEN.encode() * 4095 + TOKEN[::-1].encode()),
    ],
    ids=["page", "order", "form", "events", "download"],
)
def test_a_client_takes_the_right_body_only(question: Question, right: bytes, wrong: bytes) -> None:
    cut = answer(right)[:-1]
    assert outcome_of(question, answer(right), answer(wrong), answer(right, status="502 Bad"), cut, b"") == [
        "200",
        "wrong body",
        "502",
        "ended early",
        "ended early",
    ]


def test_a_client_reads_chunks_and_sees_when_the_last_is_missing() -> None:
    head, last = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"
    chunk = f"{len(EVENTS):x}\r\n".encode() + EVENTS + b"\r\n"
    assert outcome_of(events(TOKEN, 1), head + chunk + last, head + chunk) == ["200", "ended early"]


@pytest.mark.parametrize(
    ("auto", "forked", "good"),
    [
        (Outcome(9, 0, "a thread"), Outcome(9, 9, ""), True),
        (Outcome(9, 1, "a thread"), Outcome(9, 9, ""), False),
        (Outcome(9, 0, ""), Outcome(9, 9, ""), False),
        (Outcome(9, 0, "a thread"), Outcome(9, 0, ""), False),
    ],
    ids=["a proof", "a wrong answer", "the app was forked", "no app that would notice"],
)
def test_a_proof_of_loading_needs_right_answers_and_wrong_ones_of_forks(
    auto: Outcome, forked: Outcome, good: bool
) -> None:
    assert is_as_it_must(CASES[0], auto, forked) is good


def test_a_server_that_is_not_installed_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotInstalled, match="a-database is not installed"):
        program("a-database")
