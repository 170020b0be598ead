"""Lines of logs become records: labelled, timed, chosen, followed."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import pytest

from enuf.observe.logs import history as logs
from enuf.observe.logs.history import read_last
from enuf.observe.logs.records import Layer, Record, RecordFilter, parse
from enuf.observe.logs.tail import Tail

ACCESS = '127.0.0.1 [2026-03-01T10:00:05+00:00] "GET /x HTTP/1.1" 404 3 time=0.250 connect=0.000 header=0.1 app=0.1 id=0123456789abcdef0123456789abcdef host="a" ref="-" ua="c"'
EVERYTHING = RecordFilter()


def at(clock: str) -> float:
    return datetime.datetime.fromisoformat(f"2026-03-01T{clock}+00:00").timestamp()


def only(file: str, line: str) -> Record:
    (record,) = parse(file, [line])
    return record


def test_an_access_line_has_time_status_duration_and_id() -> None:
    found = only("access.log", ACCESS)
    assert (found.at, found.layer, found.status, found.seconds) == (at("10:00:05"), "front", 404, 0.25)
    assert found.id == "0123456789abcdef0123456789abcdef"
    assert found.text.startswith("127.0.0.1 GET /x HTTP/1.1 404 3 bytes 0.25 s")


def test_an_access_line_in_json_says_the_same() -> None:
    line = '{"addr":"127.0.0.1","time":"2026-03-01T10:00:05+00:00","request":"GET /x HTTP/1.1","status":404,"bytes":3,"seconds":0.250,"connect":"0","header":"0","app":"0.1","id":"0123456789abcdef0123456789abcdef"}'
    assert only("access.log", line) == only("access.log", ACCESS)


@pytest.mark.parametrize("line", ["", "{", '{"addr": 1}', "what is this", '127.0.0.1 [never] "x" 200'])
def test_a_line_that_nobody_understands_is_kept_as_text(line: str) -> None:
    found = list(parse("access.log", [line], written_at=5.0))
    assert [(record.text, record.at, record.status) for record in found] == (
        [(line, 5.0, None)] if line else []
    )


def test_lines_of_the_app_are_told_from_lines_of_uwsgi() -> None:
    lines = [
        "[uWSGI] getting INI configuration from /run/g1/uwsgi.ini",
        "uwsgi socket 0 inherited UNIX address /run/g1.sock fd 11",
        "[2026-03-01T10:00:01+0000] *** Starting uWSGI 2.0.30 ***",
        "hello from the app",
        "[2026-03-01T10:00:02+0000] - spawned uWSGI worker 1",
    ]
    found = list(parse("server.log", lines))
    assert [record.layer for record in found] == ["server", "server", "server", "app", "server"]
    assert found[2].text == "*** Starting uWSGI 2.0.30 ***"


def test_lines_of_gunicorn_have_its_layer_and_their_own_time() -> None:
    lines = [
        "[2026-03-01 10:00:01 +0000] [12] [INFO] Booting worker with pid: 12",
        "hello from the app",
        "[2026-03-01 19:00:02 +0900] [12] [CRITICAL] WORKER TIMEOUT (pid:12)",
        "[2026-03-01 10:00:03,123] ERROR in app: Exception on / [GET]",
    ]
    found = list(parse("server.log", lines))
    assert [record.layer for record in found] == ["server", "app", "server", "app"]
    assert [record.at for record in found[::2]] == [at("10:00:01"), at("10:00:02")]
    assert found[2].text == "[CRITICAL] WORKER TIMEOUT (pid:12)"


def test_a_line_without_a_time_has_that_of_the_one_before_and_the_first_that_of_the_one_after() -> None:
    lines = ["early", "[2026-03-01T10:00:01+0000] one", "late", "[2026-03-01T10:00:02+0000] two"]
    assert [record.at for record in parse("server.log", lines)] == [at("10:00:01")] * 3 + [at("10:00:02")]
    assert [record.at for record in parse("server.log", ["only"], written_at=7.0)] == [7.0]


def test_a_line_without_a_time_may_be_as_new_as_the_next_line_so_that_since_never_drops_it() -> None:
    lines = ["[2026-03-01T10:00:01+0000] one", "raw", "[2026-03-01T10:30:00+0000] two", "raw end"]
    found = list(parse("server.log", lines, at("10:40:00")))
    assert [(each.at, each.until) for each in found[1:2]] == [(at("10:00:01"), at("10:30:00"))]
    assert found[3].at == at("10:40:00")
    chosen = [each.text for each in found if RecordFilter(since=at("10:20:00")).matches(each)]
    assert chosen == ["raw", "two", "raw end"]


def test_uwsgis_line_about_a_request_has_the_time_of_its_end() -> None:
    line = "[2026-03-01T10:00:01+0000] - GET /slow 500 after 9500 ms in the app, worker 1 id=x"
    assert only("server.log", line).at == at("10:00:10") + 0.5


def test_lines_of_flasks_development_server_have_its_layer_and_time() -> None:
    found = only("server.log", '127.0.0.1 - - [01/Mar/2026 10:00:05] "GET / HTTP/1.1" 200 -')
    local = datetime.datetime(2026, 3, 1, 10, 0, 5).astimezone().timestamp()
    assert (found.layer, found.at) == ("server", local)


def test_a_writer_that_knows_the_second_only_does_not_go_back_behind_the_line_above() -> None:
    lines = [
        "[2026-03-01T10:00:01.700+0000] app",
        "[2026-03-01T10:00:01+0000] - uWSGI",
        "[2026-03-01T09:00:00+0000] - the clock was set",
    ]
    found = [each.at for each in parse("server.log", lines)]
    assert found == [at("10:00:01") + 0.7, at("10:00:01") + 0.7, at("09:00:00")]


def test_an_answer_of_the_app_ends_at_the_millisecond_that_nginx_can_tell() -> None:
    second = at("10:00:05")
    line = ACCESS.replace("app=0.1 ", f"app=0.100 passed={second + 0.25:.3f} taken=- ")
    assert only("access.log", line).at == pytest.approx(second + 0.352)


def test_lines_since_a_time_come_from_every_rotated_file(tmp_path: Path) -> None:
    for number, name in enumerate(("enuf.log.3", "enuf.log.2", "enuf.log.1", "enuf.log")):
        (tmp_path / name).write_text(stamped(number))
    assert texts(read_last(tmp_path, RecordFilter(since=at("10:00:00")), None)) == ["0", "1", "2", "3"]
    assert texts(read_last(tmp_path, RecordFilter(since=at("10:00:01")), 2)) == ["2", "3"]
    assert read_last(tmp_path, EVERYTHING, 0) == []


def test_nginx_own_errors_are_of_the_front() -> None:
    found = only("error.log", "2026/03/01 10:00:00 [error] 12#12: *1 connect() failed")
    assert (found.layer, found.text) == ("front", "[error] 12#12: *1 connect() failed")


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (RecordFilter(), True),
        (RecordFilter(layer="front"), True),
        (RecordFilter(layer="app"), False),
        (RecordFilter(status="404"), True),
        (RecordFilter(status="4xx"), True),
        (RecordFilter(status="40X"), True),
        (RecordFilter(status="5xx"), False),
        (RecordFilter(slow_s=0.25), True),
        (RecordFilter(slow_s=0.26), False),
        (RecordFilter(id="0123456789abcdef0123456789abcdef"), True),
        (RecordFilter(id="f" * 32), False),
        (RecordFilter(since=at("10:00:05")), True),
        (RecordFilter(since=at("10:00:06")), False),
        (RecordFilter(until=at("10:00:05")), True),
        (RecordFilter(until=at("10:00:04")), False),
        (RecordFilter(grep="get /"), True),
        (RecordFilter(grep="nowhere"), False),
        (RecordFilter(path="/"), True),
        (RecordFilter(path="/nowhere"), False),
        (RecordFilter(status="404", layer="app"), False),
    ],
)  # fmt: skip
def test_every_wish_that_is_given_must_hold(wanted: RecordFilter, taken: bool) -> None:
    assert wanted.matches(only("access.log", ACCESS)) is taken


@pytest.mark.parametrize(
    ("layer", "text", "taken"),
    [
        ("front", "127.0.0.1 GET /cart/7?a=1 HTTP/1.1 200 5 bytes 0.1 s id=-", True),
        ("server", "POST /cart 500 after 3 ms in the app, worker 1 id=-", True),
        ("server", "[ERROR] GET /cart 500 after 3 ms in the app, worker 1 id=-", True),
        ("front", "127.0.0.1 GET /other?next=/cart HTTP/1.1 200 5 bytes 0.1 s id=-", False),
        ("app", "GET /cart is what the app prints", False),
        ("server", "spawned uWSGI worker 1", False),
    ],
)
def test_a_path_chooses_the_lines_about_its_requests(layer: Layer, text: str, taken: bool) -> None:
    assert RecordFilter(path="/cart").matches(Record(at=0.0, layer=layer, text=text)) is taken


def stamped(*numbers: int) -> str:
    return "".join(
        f"[2026-03-01T10:{number // 60:02}:{number % 60:02}+0000] {number}\n" for number in numbers
    )


def texts(records: list[Record]) -> list[str]:
    return [record.text for record in records]


def test_the_last_records_come_from_all_logs_and_what_was_set_aside(tmp_path: Path) -> None:
    (tmp_path / "enuf.log").write_text(stamped(5, 7))
    (tmp_path / "enuf.log.1").write_text(stamped(1, 3))
    (tmp_path / "server.log").write_text(stamped(2, 6))
    (tmp_path / "other.txt").write_text(stamped(9))
    assert texts(read_last(tmp_path, EVERYTHING, 100)) == ["1", "2", "3", "5", "6", "7"]
    assert texts(read_last(tmp_path, EVERYTHING, 2)) == ["6", "7"]


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_a_visitors_text_cannot_become_a_line_of_its_own(tmp_path: Path, end: str) -> None:
    log = tmp_path / "server.log"
    log.write_text("")
    with Tail(tmp_path) as tail:
        log.write_text(f"the app logs: {end}[2026-03-01T10:00:01+0000] a lie\nnext\r\n", newline="")
        assert [record.layer for record in tail.new()] == ["app", "app"]
    assert [record.text[-5:] for record in read_last(tmp_path, EVERYTHING, 10)] == ["a lie", "next"]


def test_a_long_log_is_read_further_back_only_when_its_end_does_not_suffice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "SHORT_READ_BYTES", 100)
    (tmp_path / "enuf.log").write_text(stamped(*range(50)))
    assert texts(read_last(tmp_path, EVERYTHING, 2)) == ["48", "49"]
    assert texts(read_last(tmp_path, EVERYTHING, 10)) == [str(number) for number in range(40, 50)]


def test_what_is_known_and_what_is_new_make_the_whole_without_a_gap_or_an_overlap(tmp_path: Path) -> None:
    log = tmp_path / "enuf.log"
    log.write_text(stamped(1, 2))
    with Tail(tmp_path) as tail:
        with log.open("a") as file:
            file.write(stamped(3))
        assert texts(read_last(tmp_path, EVERYTHING, 100, tail.ends)) == ["1", "2"]
        assert texts(tail.new()) == ["3"]
        assert tail.new() == []


def test_half_a_line_is_kept_until_its_end_is_there(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("")
    with Tail(tmp_path) as tail:
        with log.open("a") as file:
            file.write("half")
            file.flush()
            assert tail.new() == []
            file.write(" a line\n")
        assert texts(tail.new()) == ["half a line"]


def test_a_log_that_comes_later_is_followed_from_its_beginning(tmp_path: Path) -> None:
    with Tail(tmp_path) as tail:
        (tmp_path / "access.log").write_text(ACCESS + "\n")
        found = tail.new() + tail.new()
        assert [record.status for record in found] == [404]


@pytest.mark.parametrize("name", ["enuf.log.1", "enuf.log-20260301"])
def test_nothing_is_lost_when_a_log_is_renamed_while_its_writer_still_writes(
    tmp_path: Path, name: str
) -> None:
    log = tmp_path / "enuf.log"
    log.write_text(stamped(1))
    seen = list[str]()
    with Tail(tmp_path) as tail:
        with log.open("a", buffering=1) as writer:
            writer.write(stamped(2))
            log.rename(tmp_path / name)
            writer.write(stamped(3))
            seen += texts(tail.new())
            with log.open("a", buffering=1) as new:
                new.write(stamped(5))
                seen += texts(tail.new())
                writer.write(stamped(4))
                seen += texts(tail.new())
                new.write(stamped(6))
                seen += texts(tail.new())
        assert sorted(seen) == ["2", "3", "4", "5", "6"]


def test_nothing_is_lost_or_repeated_when_a_log_is_copied_and_emptied(tmp_path: Path) -> None:
    log, aside = tmp_path / "server.log", tmp_path / "server.log.1"
    log.write_text(stamped(*range(20)))
    seen = list[str]()
    with Tail(tmp_path) as tail:
        for round_ in range(3):
            first = 100 * (round_ + 1)
            with log.open("a") as writer:
                writer.write(stamped(first))
                writer.flush()
                seen += texts(tail.new())
                writer.write(stamped(first + 1))
                writer.flush()
                if aside.exists():
                    aside.rename(tmp_path / f"server.log.{round_ + 1}")
                with log.open("rb") as source, aside.open("wb") as target:
                    target.write(source.read(10))
                    target.flush()
                    seen += texts(tail.new())  # in the middle of the copy
                    shutil.copyfileobj(source, target)
                    target.flush()
                    seen += texts(tail.new())
                    writer.write(stamped(first + 2))
                    writer.flush()
                    shutil.copyfileobj(source, target)
                writer.truncate(0)
                writer.write(stamped(first + 3))
            seen += texts(tail.new())
        assert seen == [str(100 * (round_ + 1) + number) for round_ in range(3) for number in range(4)]


def test_a_log_that_somebody_emptied_is_followed_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text(stamped(1, 2, 3))
    with Tail(tmp_path) as tail:
        log.write_text(stamped(4))
        assert texts(tail.new()) == ["4"]
