"""`enuf up` at a terminal: what it shows while it starts, and what the keys do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from enuf.cli.terminal.progress import FIRST_S
from enuf.system.sockets import own_addresses
from tests.support.stack import APP, Response, Stack, until
from tests.support.terminal import CTRL_C, Terminal, at_terminal

pytestmark = pytest.mark.native

LISTEN = ("--listen", "127.0.0.1:0")


def slow_import(seconds: int, app: str = APP) -> str:
    return f"import time\ntime.sleep({seconds})\n{app}"


def serves(stack: Stack, terminal: Terminal) -> None:
    terminal.shows("look: enuf status")
    found = re.search(r"is served at http://127\.0\.0\.1:(\d+)", terminal.read())
    assert found, terminal.lines
    stack.port = int(found[1])


def held_request(stack: Stack) -> tuple[threading.Thread, list[Response | Exception]]:
    """A request that is in flight once this returns, and where its answer will be once the test lets go of `flight`."""
    answers: list[Response | Exception] = []

    def ask() -> None:
        try:
            answers.append(stack.get("/held/flight"))
        except Exception as error:
            answers.append(error)

    thread = threading.Thread(target=ask)
    thread.start()

    def is_busy() -> bool:
        workers: list[dict[str, Any]] = stack.status()["server"]["workers"]
        return any(worker["status"] == "busy" for worker in workers)

    until(is_busy, what="a worker is busy")
    return thread, answers


# -- while it starts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [(), ("-d",)])
def test_a_long_import_is_shown_with_its_seconds_and_then_gone(calm: Stack, flags: tuple[str, ...]) -> None:
    calm.write("app.py", slow_import(3))
    with at_terminal(calm, "up", *flags, *LISTEN) as terminal:
        terminal.shows("starting: importing app.py (")
        serves(calm, terminal)
        assert not any("starting" in line for line in terminal.lines), terminal.lines


def test_a_name_that_only_the_import_can_tell_is_waited_for_in_sight_too(calm: Stack) -> None:
    calm.write("made.py", APP)
    calm.write("app.py", "import time\ntime.sleep(3)\nfrom made import *\n")
    with at_terminal(calm, "up", *LISTEN) as terminal:
        terminal.shows("starting: importing app.py (")
        serves(calm, terminal)


def test_a_quick_start_shows_no_progress(calm: Stack) -> None:
    with at_terminal(calm, "up", *LISTEN) as terminal:
        serves(calm, terminal)
        shown = re.findall(r"starting: .*\((\d+) s\)", terminal.read())
        assert all(int(seconds) >= FIRST_S for seconds in shown), "on a busy machine no start is quick"


def test_nothing_is_shown_while_it_starts_where_nobody_watches(calm: Stack) -> None:
    calm.write("app.py", slow_import(3))
    done = calm.run("up", "-d", *LISTEN)
    assert (done.code, done.err) == (0, "")


def test_an_import_error_after_a_while_leaves_no_progress_line_behind(calm: Stack) -> None:
    calm.write("app.py", slow_import(3) + "\nraise RuntimeError('no luck')\n")
    with at_terminal(calm, "up", *LISTEN) as terminal:
        terminal.shows("starting: importing app.py (")
        assert terminal.ends() == 5
        assert any("RuntimeError: no luck" in line for line in terminal.lines)
        assert not any("starting" in line for line in terminal.lines)


def test_a_reload_that_takes_long_is_shown(calm: Stack) -> None:
    calm.up()
    calm.write("app.py", slow_import(3))
    with at_terminal(calm, "reload") as terminal:
        terminal.shows("reloading (")
        assert terminal.ends() == 0
        assert terminal.lines[0].startswith("generation 2 serves")


# -- the keys -----------------------------------------------------------------------------------------------------


def test_ctrl_c_finishes_the_request_in_flight_and_exits_with_0(calm: Stack) -> None:
    with at_terminal(calm, "up", *LISTEN) as terminal:
        serves(calm, terminal)
        thread, answers = held_request(calm)
        terminal.press(CTRL_C)
        terminal.shows("finishing the requests in flight (once more: stop now)")
        calm.let_go("flight")
        assert terminal.ends() == 0
        thread.join(60)
        assert [getattr(answer, "text", answer) for answer in answers] == ["version 1\n"]
    assert not calm.processes()


def test_ctrl_c_twice_stops_at_once_and_exits_with_130(calm: Stack) -> None:
    with at_terminal(calm, "up", *LISTEN) as terminal:
        serves(calm, terminal)
        thread, answers = held_request(calm)
        terminal.press(CTRL_C)
        terminal.shows("once more: stop now")
        terminal.press(CTRL_C)
        terminal.shows("1 request cut")
        terminal.shows("stopped")
        assert terminal.ends() == 130
        assert not any("error:" in line for line in terminal.lines), terminal.lines
        thread.join(60)
        assert getattr(answers[0], "status", 0) != 200
    assert not calm.processes()


@pytest.mark.parametrize("flags", [(), ("-d",)])
@pytest.mark.parametrize("app", ["by reading", "by import"])
def test_ctrl_c_before_it_serves_ends_everything_and_exits_with_130(
    calm: Stack, flags: tuple[str, ...], app: str
) -> None:
    calm.write("made.py", APP)
    calm.write(
        "app.py",
        slow_import(60) if app == "by reading" else "import time\ntime.sleep(60)\nfrom made import *\n",
    )
    socket = calm.project / "x.sock"
    with at_terminal(calm, "up", *flags, "--listen", f"unix:{socket}") as terminal:
        terminal.shows("starting: importing app.py")
        terminal.press(CTRL_C)
        assert terminal.ends() == 130
        assert any(line.endswith("error: interrupted") for line in terminal.lines), terminal.lines
    assert not calm.processes()
    assert not socket.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_finishes_the_request_in_flight_and_exits_with_0(
    calm: Stack, number: signal.Signals
) -> None:
    running = calm.start("up", *LISTEN)
    found = calm.run("status", "--wait", "30s", "--json").json
    calm.port = int(found["url"].rpartition(":")[2])
    thread, answers = held_request(calm)
    running.send_signal(number)
    calm.until_logged("serving -> stopping", "enuf.log")
    calm.let_go("flight")
    assert running.wait(60) == 0
    thread.join(60)
    assert [getattr(answer, "text", answer) for answer in answers] == ["version 1\n"]


def test_term_before_it_serves_ends_everything_and_exits_with_130(calm: Stack) -> None:
    calm.write("made.py", APP)
    calm.write("app.py", "import time\ntime.sleep(60)\nfrom made import *\n")
    running = calm.start("up", *LISTEN)
    until(lambda: any("faulthandler" in one.cmdline() for one in calm.processes()), what="the import runs")
    running.terminate()
    assert running.wait(60) == 130
    assert not calm.processes()


def test_closing_the_terminal_ends_a_stack_in_the_foreground(calm: Stack) -> None:
    with at_terminal(calm, "up", *LISTEN) as terminal:
        serves(calm, terminal)
        terminal.hang_up()
        until(lambda: not calm.processes(), what="everything has ended")


def test_closing_the_terminal_leaves_a_stack_in_the_background(calm: Stack) -> None:
    with at_terminal(calm, "up", "-d", *LISTEN) as terminal:
        serves(calm, terminal)
        assert terminal.ends() == 0
        terminal.hang_up()
    assert calm.get("/").text == "version 1\n"
    supervisor = psutil.Process(calm.status()["supervisor"]["pid"])
    assert supervisor.terminal() is None
    assert os.getsid(supervisor.pid) == supervisor.pid


# -- colours and columns ------------------------------------------------------------------------------------------


def test_a_terminal_gets_colours_unless_somebody_does_not_want_them(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nthreds = 1\n")
    for words, env, coloured in (
        (("config",), {}, True),
        (("config", "--no-color"), {}, False),
        (("--no-color", "config"), {}, False),
        (("config",), {"NO_COLOR": "1"}, False),
        (("config",), {"NO_COLOR": ""}, True),
    ):
        with at_terminal(calm, *words, env=env) as terminal:
            assert terminal.ends() == 4
            assert ("\x1b[" in terminal.read()) is coloured, (words, env)
    assert "\x1b" not in calm.run("config").err


def test_a_warning_is_folded_between_words_on_a_terminal_and_stays_one_line_elsewhere(calm: Stack) -> None:
    calm.write(".enuf", "a file")
    with at_terminal(calm, "up", *LISTEN, columns=60) as terminal:
        serves(calm, terminal)
        warning = terminal.lines[
            : next(number for number, line in enumerate(terminal.lines) if "served at" in line)
        ]
        assert len(warning) > 1
        longest_word = len(f"warning: {calm.project}/.enuf")
        assert max(map(len, warning)) <= max(60, longest_word), warning
        assert warning[0].startswith("warning: ")
        assert all(line.startswith("  ") for line in warning[1:])
        terminal.press(CTRL_C)
        assert terminal.ends() == 0
    assert len(calm.run("up", "-d", *LISTEN).err.splitlines()) == 1


@pytest.mark.parametrize(
    "words",
    [("up", "-d", *LISTEN), ("status",), ("config",), ("plan",), ("logs",), ("--help",), ("up", "--help")],
)
def test_eighty_columns_are_enough(calm: Stack, words: tuple[str, ...]) -> None:
    if words[0] in ("status", "logs"):
        calm.up()
    with at_terminal(calm, *words) as terminal:
        assert terminal.ends() == 0
        wide = [line for line in terminal.lines if len(line) > 80 and " " in line]
        # What holds a path, a command or a server's own words is one line, to be copied or searched.
        assert not [
            line for line in wide if words[0] not in ("plan", "logs") and str(calm.project) not in line
        ], wide


# -- what the app and the servers log -----------------------------------------------------------------------------

TALKS = """
import sys

@app.get("/say")
def say():
    print("the app prints")
    print('{"level": "info"}')
    return "said"

@app.get("/boom")
def boom():
    return 1 / 0

@app.get("/crash")
def crash():
    import signal
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(60)

@app.get("/flood")
def flood():
    for number in range(40_000):
        print("flood", number, "x" * 60)
    return "flooded"
"""


def test_a_terminal_shows_what_the_app_prints_its_tracebacks_and_failed_requests(calm: Stack) -> None:
    calm.write("app.py", APP + TALKS + 'print("printed by the import")\n')
    with at_terminal(calm, "up", *LISTEN, "--processes", "1") as terminal:
        serves(calm, terminal)
        assert "logs: enuf logs -f   live: enuf top" in terminal.read()
        terminal.shows("printed by the import")
        for path in ("/say", "/boom", "/missing?a=1"):
            calm.get(path)
        for shown in ("the app prints\r\n", '\r\n{"level": "info"}\r\n'):
            terminal.shows(shown)
        terminal.shows("\x1b[31m\x1b[1mZeroDivisionError: division by zero\x1b[0m")
        until(lambda: re.search(r"\d\d:\d\d:\d\d GET /boom 500 in \d+ ms id=[0-9a-f]{32}", terminal.read()))
        until(lambda: re.search(r"\d\d:\d\d:\d\d GET /missing\?a=1 404 in \d+ ms\x1b", terminal.read()))
        assert "GET /say" not in terminal.read()
        calm.get("/crash")
        terminal.shows("enuf: worker 1 crashed (SIGSEGV) in GET /crash")
        assert "nginx: the worker that had GET /crash ended before it answered" in terminal.read()
        assert "uwsgi_segfault" in calm.log("server.log") and "uwsgi_segfault" not in terminal.read()
        terminal.press(CTRL_C)
        assert terminal.ends() == 0
        assert [line for line in terminal.lines if line][-1] == "stopped"


def test_a_terminal_that_is_stopped_holds_up_neither_the_app_nor_the_supervisor(calm: Stack) -> None:
    calm.write("app.py", APP + TALKS)
    with at_terminal(calm, "up", *LISTEN) as terminal:
        serves(calm, terminal)
        terminal.press(b"\x13")  # Ctrl-S
        assert calm.get("/flood").text == "flooded"
        assert calm.get("/flood").text == "flooded"
        calm.write("app.py", APP.replace('VERSION = "1"', 'VERSION = "2"') + TALKS)
        assert calm.run("reload").code == 0
        assert calm.get("/").text == "version 2\n"
        terminal.press(b"\x11")  # Ctrl-Q
        terminal.shows("flood 1 x")
        until(
            lambda: calm.get("/say").text and re.search(r"\d+ lines skipped, see enuf logs", terminal.read())
        )
        terminal.press(CTRL_C)
        assert terminal.ends() == 0


def test_in_development_every_request_is_shown_and_without_a_terminal_in_plain_lines(calm: Stack) -> None:
    calm.write("app.py", APP + TALKS)
    out = calm.write("out.txt", "")
    with out.open("w") as file:
        running = subprocess.Popen(
            [*calm.enuf, "up", "--dev", *LISTEN], cwd=calm.project, env=calm.env, stdout=file
        )
    calm.port = int(calm.run("status", "--wait", "60s", "--json").json["url"].rpartition(":")[2])
    calm.get("/say")
    calm.get("/boom")
    until(
        lambda: re.search(r"^\S+ GET /say 200 in \d+ ms$", out.read_text(), re.MULTILINE),
        what=out.read_text(),
    )
    until(lambda: "\nZeroDivisionError: division by zero\n" in out.read_text(), what="the traceback")
    assert "\x1b" not in out.read_text()
    running.terminate()
    assert running.wait(60) == 0


def test_a_quiet_start_stays_quiet(calm: Stack) -> None:
    calm.write("app.py", APP + TALKS)
    running = calm.start("--quiet", "up", *LISTEN)
    calm.port = int(calm.run("status", "--wait", "60s", "--json").json["url"].rpartition(":")[2])
    calm.get("/boom")
    calm.until_logged("/boom")
    assert "enuf.cli.silent_program" in psutil.Process(running.pid).cmdline()
    running.terminate()
    assert running.communicate(timeout=60) == ("", "")
    assert running.returncode == 0


def test_a_quiet_start_says_why_it_failed(calm: Stack) -> None:
    calm.write("app.py", "from flask import Flask\napp = Flask(__name__)\nraise LookupError('no shop')\n")
    done = calm.run("--quiet", "up", *LISTEN)
    assert done.code == 5, done
    assert "error: app.py cannot be imported: LookupError: no shop" in done.err


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_an_address_that_is_open_to_the_network_is_named_as_other_machines_write_it(
    calm: Stack, host: str
) -> None:
    done = calm.run("up", "-d", "--listen", f"{host}:0")
    calm.run("down", "--now")
    others = own_addresses() if host == "0.0.0.0" else []
    said = [line.partition("for other machines: ")[2] for line in done.out.splitlines()]
    found = [urlsplit(url).hostname for line in said for url in line.split()]
    assert found == others[: len(found)] and bool(found) == bool(others), done
