"""The words of the command line: help, global flags, aliases, completion, Flask's entry point, what goes to which stream."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from enuf import __version__
from enuf.cli.root import VERBS
from tests.support.command_line import enuf
from tests.support.refusal import assert_refused
from tests.support.stack import Stack

pytestmark = pytest.mark.native

FLASK = (sys.executable, "-m", "flask", "--app", "app", "enuf")


def test_help_names_every_verb_with_one_line_and_an_example(calm: Stack) -> None:
    for flag in ("-h", "--help"):
        done = calm.run(flag)
        assert done.code == 0
        assert "Example: enuf up app.py" in done.out
        for verb, line in VERBS.items():
            assert re.search(rf"^  {verb} ", done.out, re.MULTILINE), verb
            assert f" {verb} {line} " in " ".join(done.out.split()), verb


@pytest.mark.parametrize("verb", [*VERBS, "start", "run", "stop"])
def test_every_verb_has_help_with_an_example_within_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    short, long = enuf(capsys, verb, "-h"), enuf(capsys, verb, "--help")
    assert short.code == 0
    assert short.out == long.out
    assert "Example: enuf " in short.out
    assert max(map(len, short.out.splitlines())) <= 100


def test_the_version_is_the_one_that_is_installed(calm: Stack) -> None:
    assert calm.run("--version").out == f"enuf, version {__version__}\n"
    assert importlib.metadata.version("enuf") == __version__


def test_help_needs_no_more_than_the_words_it_prints(calm: Stack) -> None:
    """A bound on what is imported, which is what costs; the time itself is measured by benchmarks/start.py."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "enuf", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    heavy = {
        "asyncio",
        "flask",
        "werkzeug",
        "msgspec",
        "psutil",
        "dotenv",
        "enuf.settings.schema",
        "enuf.start.pipeline",
        "socket",
    }
    assert not heavy & loaded


@pytest.mark.parametrize("words", [("--json", "status"), ("status", "--json")])
def test_global_flags_go_before_or_after_the_verb(calm: Stack, words: tuple[str, ...]) -> None:
    assert calm.run(*words).json["error"]["slug"] == "not-running"


def test_the_project_is_named_before_or_after_the_verb_from_anywhere(calm: Stack, tmp_path: Path) -> None:
    calm.up()
    elsewhere = Stack(tmp_path)
    for words in (
        ("--project", "shop", "status"),
        ("status", "--project", str(calm.project)),
        ("status", "--project=shop/../shop/"),
    ):
        done = elsewhere.run(*words)
        assert done.code == 0, done
        assert calm.url in done.out
    assert elsewhere.run("status").code == 3
    assert elsewhere.run("--project", "shop", "down").out == "stopped\n"


def test_start_run_and_stop_are_hidden_names_of_up_and_down(calm: Stack) -> None:
    text = calm.run("--help").out
    assert not {"start", "run", "stop"} & set(re.findall(r"^  (\w+) ", text, re.MULTILINE))
    assert "Other names: start (up -d), run (up), stop (down), ls (ps), list (ps)." in text
    assert calm.run("start", "--listen", "127.0.0.1:0").code == 0
    assert calm.run("status").code == 0
    assert calm.run("stop").out == "stopped\n"
    running = calm.start("run", "--listen", "127.0.0.1:0", "--json")
    assert calm.run("status", "--wait", "30s").code == 0
    assert calm.run("stop").out == "stopped\n"
    assert running.wait(60) == 0


def test_a_shell_gets_a_completion_script_and_completions(calm: Stack) -> None:
    def completed(words: str, count: int) -> str:
        calm.env.update(_ENUF_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(count))
        return calm.run().out

    for shell in ("bash", "zsh", "fish"):
        calm.env["_ENUF_COMPLETE"] = f"{shell}_source"
        assert "_ENUF_COMPLETE" in calm.run().out
    assert completed("enuf re", 1).split() == ["plain,reload", "plain,restart", "plain,render"]
    assert completed("enuf up --li", 2).split() == ["plain,--listen"]
    del calm.env["_ENUF_COMPLETE"]


# -- flask enuf ---------------------------------------------------------------------------------------------------


def test_flask_enuf_up_serves_the_app_that_flask_was_given(calm: Stack) -> None:
    calm.write(
        "other.py", (calm.project / "app.py").read_text().replace('VERSION = "1"', 'VERSION = "other"')
    )
    calm.enuf = (*FLASK[:-2], "other", "enuf")
    calm.up()
    assert calm.get("/").text == "version other\n"
    assert calm.run("reload").code == 0
    assert calm.get("/").text == "version other\n"
    assert calm.run("down").out == "stopped\n"


def test_flask_enuf_has_the_same_errors_and_exit_codes(calm: Stack) -> None:
    calm.enuf = FLASK
    assert_refused(calm.run("status"), 3, "is running")
    assert_refused(calm.run("statsu"), 2, "did you mean status?", "flask enuf --help")
    assert_refused(calm.run("up", "--listen", "nowhere"), 4)
    assert calm.run("status", "--json").json["error"]["exit_code"] == 3
    assert "Usage: " in calm.run("up", "-h").out


def test_an_app_that_calls_run_is_judged_alike_below_flask_and_alone(calm: Stack) -> None:
    with (calm.project / "app.py").open("a") as file:
        file.write("\napp.run()\n")
    alone = calm.run("up", "-d", "--listen", "127.0.0.1:0")
    calm.enuf = FLASK
    below = calm.run("up", "-d", "--listen", "127.0.0.1:0")
    assert (alone.code, below.code) == (5, 5)
    assert alone.err == below.err


# -- what goes where ----------------------------------------------------------------------------------------------


def test_up_prints_at_most_seven_lines_of_at_most_eighty_columns(calm: Stack) -> None:
    for name in ("one", "two", "three", "four", "five"):
        calm.write(f"{name}/style.css", "")
    extra = ", ".join(f'"/{name}/" = "./{name}"' for name in ("one", "two", "three", "four", "five"))
    calm.write("enuf.toml", f"[static]\nextra = {{ {extra} }}\n")
    done = calm.run("up", "-d", "--listen", "127.0.0.1:0")
    lines = done.out.splitlines()
    assert done.err == ""
    assert len(lines) <= 7
    assert "logs: enuf logs -f   live: enuf top" in lines[-2]
    assert max(map(len, lines)) <= 80, done
    assert re.fullmatch(r"shop is served at http://127\.0\.0\.1:\d+", lines[0])
    assert re.fullmatch(r"  nginx [\d.]+ -> unix socket -> uWSGI [\d.]+, \d processes x 2 threads", lines[1])
    assert ".enuf/conf" in done.out and ".enuf/log" in done.out
    assert "/five/, /four/, /one/ and 2 more" in done.out
    assert "enuf down" in lines[-1]


def test_json_is_one_document_on_stdout_and_nothing_else(calm: Stack) -> None:
    for words in (("up", "-d", "--listen", "127.0.0.1:0"), ("status",), ("reload",), ("config",), ("plan",), ("logs",),
                  ("restart", "--listen", "127.0.0.1:0"), ("render", "rendered"), ("init",), ("down",), ("down",)):  # fmt: skip
        done = calm.run(*words, "--json")
        assert done.code == 0, done
        assert json.loads(done.out)["schema"] == 1, words
        assert done.err == "", done


def test_a_foreground_up_with_json_prints_its_document_once_also_when_it_is_interrupted(calm: Stack) -> None:
    running = calm.start("up", "--json", "--listen", "127.0.0.1:0")
    assert calm.run("status", "--wait", "30s").code == 0
    calm.run("down", "--now")
    out, err = running.communicate(timeout=60)
    assert json.loads(out)["state"] == "serving"
    assert running.returncode == 130, err


def test_quiet_prints_nothing_but_errors(calm: Stack) -> None:
    calm.write(".enuf", "a file, which is worth a warning")
    for words, code in (
        (("up", "-d", "--listen", "127.0.0.1:0"), 0),
        (("status",), 0),
        (("reload",), 0),
        (("down",), 0),
    ):
        done = calm.run("--quiet", *words)
        assert (done.code, done.out, done.err) == (code, "", ""), words
    assert_refused(calm.run("status", "--quiet"), 3)


def test_warnings_are_in_the_json_document_too(calm: Stack) -> None:
    calm.write(".enuf", "a file")
    done = calm.run("up", "-d", "--json", "--listen", "127.0.0.1:0")
    assert [".enuf is not a folder" in warning for warning in done.json["warnings"]] == [True]
    assert done.err.startswith("warning: ")


def test_debug_shows_enufs_own_traceback_and_nothing_else_does(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nthreds = 1\n")
    assert "Traceback" in calm.run("--debug", "config").err
    assert "Traceback" not in calm.run("config").err


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full", "| true"])
def test_a_stack_starts_and_ends_whatever_became_of_the_standard_streams(calm: Stack, closed: str) -> None:
    enuf = " ".join(calm.enuf)
    start = f"{enuf} up -d --listen 127.0.0.1:0 {closed}"
    subprocess.run(
        ["bash", "-c", start], cwd=calm.project, env=calm.env, timeout=60, check=False, capture_output=True
    )
    assert calm.run("status", "--wait", "30s").code == 0
    calm.port = int(calm.status()["url"].rpartition(":")[2])
    assert calm.get("/").text == "version 1\n"
    subprocess.run(
        ["bash", "-c", f"{enuf} down {closed}"],
        cwd=calm.project,
        env=calm.env,
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert calm.run("status").code == 3


@pytest.mark.parametrize("closed", [">&-", "<&- >&- 2>&-", ">/dev/full", "| true"])
def test_a_foreground_stack_serves_on_when_nobody_reads_its_output(calm: Stack, closed: str) -> None:
    enuf = " ".join(calm.enuf)
    running = subprocess.Popen(
        ["bash", "-c", f"{enuf} up --listen 127.0.0.1:0 {closed}"], cwd=calm.project, env=calm.env
    )
    calm._foreground.append(running)  # type: ignore[arg-type]
    found = calm.run("status", "--wait", "30s", "--json").json
    calm.port = int(found["url"].rpartition(":")[2])
    assert calm.get("/").text == "version 1\n"
    os.kill(found["supervisor"]["pid"], signal.SIGTERM)
    running.wait(60)
    assert calm.run("status").code == 3


@pytest.mark.parametrize("closed", [">&- 2>&-", ">/dev/full 2>/dev/full", "2>&1 | true"])
def test_the_exit_code_is_right_even_when_nobody_can_be_told_why(calm: Stack, closed: str) -> None:
    for words, code in (("status --json", 3), ("statsu", 2)):
        shell = f"set -o pipefail; {' '.join(calm.enuf)} {words} {closed}"
        done = subprocess.run(
            ["bash", "-c", shell],
            cwd=calm.project,
            env=calm.env,
            timeout=60,
            check=False,
            capture_output=True,
        )
        assert done.returncode == code, done


def test_a_pipe_whose_reader_left_is_no_error(calm: Stack) -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {' '.join(calm.enuf)} config | head -1"],
        cwd=calm.project, env=calm.env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_korean_text_is_printed_in_any_locale(calm: Stack) -> None:
    calm.write("enuf.toml", '[serve]\n"쓰레드" = 2\n')
    for locale in ("C", "POSIX", "C.UTF-8", "en_US.ISO-8859-1", ""):
        calm.env.update(LC_ALL=locale, LANG=locale, PYTHONIOENCODING="" if locale else "ascii")
        assert_refused(calm.run("config"), 4, "enuf.toml:2")
