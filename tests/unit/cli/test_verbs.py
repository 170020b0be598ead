"""The verbs that need no server, in this process: their documents, texts and refusals."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.command_line import Printed, enuf

from enuf import __version__
from enuf.cli.root import ALIASES, HIDDEN, VERBS

APP = "from flask import Flask\n\napp = Flask(__name__)\n"
Enuf = Callable[..., Printed]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one app, as the current folder."""
    project = tmp_path / "shop"
    project.mkdir()
    (project / "app.py").write_text(APP)
    monkeypatch.chdir(project)
    monkeypatch.delenv("FLASK_APP", raising=False)
    return project


@pytest.fixture
def run(shop: Path, capsys: pytest.CaptureFixture[str]) -> Enuf:
    """`enuf` in the project's folder."""
    return functools.partial(enuf, capsys)


@pytest.mark.parametrize("verb", [*VERBS, *HIDDEN, *ALIASES])
def test_every_verb_has_a_help_with_an_example(run: Enuf, verb: str) -> None:
    done = run(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: enuf ")
    assert "Example: enuf " in done.out


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_special_about_a_verb_stands_above_the_options_of_every_verb(run: Enuf, verb: str) -> None:
    shared = run(verb, "--help").out.partition("\nOptions of every verb:\n")[2]
    flags = [line.split()[0] for line in shared.splitlines() if line.startswith("  -")]
    assert flags == ["--project", "--json", "-q,", "--debug", "--no-color", "-h,"]


@pytest.mark.parametrize("words", [("completion",), ("cert", "stauts")])
def test_a_missing_or_wrong_word_is_answered_with_the_choices_in_one_line(
    run: Enuf, words: tuple[str, ...]
) -> None:
    done = run(*words)
    assert done.code == 2
    error, hint = done.err.splitlines()
    assert error.isprintable() and "\\t" not in error and "  " not in error
    assert ("bash" if words == ("completion",) else "untrust") in error
    assert hint == f"hint: enuf {words[0]} --help"


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (("up", "--tls"), "--tls needs a value: one of off, local, files, acme", "--tls: Where the certificate comes from."),
        (("up", "--topology"), "--topology needs a value: one of flask, nginx-flask, uwsgi-http, nginx-uwsgi, ", "--topology: "),
        (("up", "app.py", "--listen"), "--listen needs a value", "--listen: "),
        (("up", "-w"), "--processes needs a value", "enuf up --help"),
        (("logs", "--layer"), "--layer needs a value", "enuf logs --help"),
        (("status", "--wait"), "--wait needs a value", "--wait: "),
        (("--project",), "--project needs a value", "enuf --help"),
    ],
)  # fmt: skip
def test_an_option_without_its_value_is_answered_with_the_values_or_what_it_is(
    run: Enuf, words: tuple[str, ...], error: str, hint: str
) -> None:
    done = run(*words)
    assert done.code == 2
    first, second = done.err.splitlines()
    assert first.startswith(f"error: {error}")
    assert second.startswith("hint: ") and hint in second


def test_help_of_a_verb_takes_its_action_too(run: Enuf) -> None:
    assert run("help", "cert", "status").out == run("cert", "--help").out == run("help", "cert").out


def test_the_list_of_verbs_is_in_the_help(run: Enuf) -> None:
    text = run("--help").out
    assert all(f"  {verb} " in text for verb in VERBS)
    assert not any(f"  {verb} " in text for verb in HIDDEN)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ([], "enuf up"),
        (["stauts"], "did you mean status?"),
        (["up", "--no-such"], "--no-such"),
        (["logs", "--status", "9xx"], "404 or 5xx"),
        (["logs", "--slow", "soon"], "soon"),
        (["logs", "--follow", "--json"], "--follow"),
        (["explain", "U999"], "U999"),
        (["doctor", "no-such-file"], "no-such-file"),
        (["top", "--stats", "nonsense"], "--stats"),
        (["install", "--dry-run", "--root", "no-such-folder"], "no-such-folder"),
    ],
)
def test_a_word_that_is_wrong_is_named_with_exit_2(run: Enuf, words: list[str], hint: str) -> None:
    done = run(*words)
    assert done.code == 2
    assert hint in done.err
    assert [line.partition(":")[0] for line in done.err.splitlines()] == ["error", "hint"]


@pytest.mark.parametrize("verb", ["status", "reload", "dash", "top", "logs"])
def test_without_a_stack_the_answer_is_exit_3(run: Enuf, verb: str) -> None:
    done = run(verb)
    assert (done.code, done.out) == (3, "")
    assert "enuf up" in done.err


@pytest.mark.parametrize("verb", ["status", "reload", "dash"])
def test_an_error_is_one_json_document_too(run: Enuf, verb: str) -> None:
    document = run(verb, "--json").json
    assert (document["schema"], document["error"]["exit_code"]) == (1, 3)
    assert document["error"]["slug"] == "not-running"


def test_down_is_content_without_a_stack(run: Enuf) -> None:
    assert run("down")[:2] == (0, "nothing was running\n")
    assert run("down", "--json").json == {"schema": 1, "state": "stopped", "was_running": False}
    assert run("down", "--quiet")[:2] == (0, "")


def test_config_says_where_each_value_came_from(
    run: Enuf, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop / "enuf.toml").write_text("[serve]\nthreads = 3\n")
    monkeypatch.setenv("ENUF_SERVE_PROCESSES", "5")
    rows = run("config", "--json", "--set", "serve.timeout=7s").json["settings"]
    assert rows["serve.threads"] == {"value": 3, "origin": "enuf.toml:2"}
    assert rows["serve.processes"]["value"] == 5
    assert "ENUF_SERVE_PROCESSES" in rows["serve.processes"]["origin"]
    assert "--set serve.timeout" in rows["serve.timeout"]["origin"]
    assert rows["log.rotate"]["origin"] == "default"


def test_a_bad_setting_is_exit_4_with_file_and_line(run: Enuf, shop: Path) -> None:
    (shop / "enuf.toml").write_text("[serve]\nthreads = 0\n")
    done = run("config")
    assert done.code == 4
    assert "enuf.toml:2" in done.err


def test_a_set_without_a_value_is_exit_4(run: Enuf) -> None:
    assert run("config", "--set", "serve.threads").code == 4


def test_init_writes_a_file_once(run: Enuf, shop: Path) -> None:
    done = run("init", "--json")
    assert done.json["app"] == "app:app"
    assert 'app = "' in (shop / "enuf.toml").read_text()
    assert run("init").code == 8
    assert run("init", "--force").code == 0


def test_plan_prints_the_whole_plan_and_writes_nothing(run: Enuf, shop: Path) -> None:
    document = run("plan", "--json").json
    assert document["server"]["process"]["name"] == "uwsgi"
    text = run("plan").out
    assert "would be served at" in text
    assert f"runs: {document['front']['process']['argv'][0]} " in text
    assert f" --ini {shop}/.enuf/conf/uwsgi.ini\n" in text, "a command that can be pasted"
    assert "{generation}" not in text
    assert [path.name for path in shop.iterdir() if path.name != "__pycache__"] == ["app.py"]


@pytest.mark.parametrize("words", ["--json --version", "--version --json", "version --json"])
def test_the_version_is_a_document_too(run: Enuf, words: str) -> None:
    assert run(*words.split()).json == {"schema": 1, "version": __version__}


def test_an_app_that_is_not_there_is_exit_5(run: Enuf) -> None:
    assert run("plan", "nowhere.py").code == 5


def test_an_app_that_cannot_be_imported_is_exit_5_with_its_traceback(run: Enuf, shop: Path) -> None:
    (shop / "app.py").write_text("import no_such_module_anywhere\n" + APP)
    done = run("plan")
    assert done.code == 5
    assert "no_such_module_anywhere" in done.err


@pytest.mark.parametrize("flags", [[], ["--plain"]])
def test_render_writes_the_files_that_it_names(run: Enuf, shop: Path, flags: list[str]) -> None:
    files = run("render", "site", "--json", *flags).json["files"]
    assert files
    assert all(Path(file).is_file() for file in files)


def test_a_quiet_doctor_tells_by_its_exit_status_and_its_help_says_so(run: Enuf, shop: Path) -> None:
    (shop / "shop.ini").write_text("[uwsgi]\nmodule = app:app\nbuffer-size = 32k\n")
    assert "U003" in run("doctor", "shop.ini").out
    quiet = run("doctor", "--quiet", "shop.ini")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "")
    assert "also with -q, which prints no findings" in " ".join(run("doctor", "--help").out.split())


def test_a_project_that_is_not_there_is_exit_5(run: Enuf) -> None:
    assert run("status", "--project", "/no/such/folder").code == 5
    assert run("--project", "/no/such/folder", "status").code == 5


def test_a_bug_is_exit_70_and_says_what_to_report(
    run: Enuf, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    from enuf.cli.verbs import down

    def broken(now: bool) -> int:
        raise KeyError("surprise")

    monkeypatch.setattr(down.command, "callback", broken)
    done = run("down")
    assert done.code == 70
    assert "a bug in enuf: KeyError: 'surprise'" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in run("down", "--debug").err
