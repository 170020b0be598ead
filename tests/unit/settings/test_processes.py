"""[processes] and [schedule]: commands without a shell, names, times, and what is refused with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.parts import plan, settings

from enuf.cli.terminal.summary import introduction
from enuf.errors import SettingsInvalid
from enuf.settings.load import survey
from enuf.settings.masking import masked_value
from enuf.settings.procfile import read_procfile
from enuf.settings.shapes import spelled


def loaded(folder: Path, text: str) -> None:
    (folder / "enuf.toml").write_text(text)
    survey(folder, flags={}, environ={}, topologies=()).accepted()


def test_a_text_is_a_command_and_a_table_says_more() -> None:
    made = settings(
        {
            "processes": {
                "worker": "rq worker",
                "mail": {"command": "python mail.py", "count": 2, "stop_within": "1m"},
            }
        }
    )
    assert made.processes["worker"].command == "rq worker"
    assert made.processes["mail"].stop_within.seconds == 60
    assert spelled(made.processes) == (
        '{ "worker" = "rq worker", "mail" = { "command" = "python mail.py", "count" = 2, "stop_within" = "1m" } }'
    )


def test_copies_are_numbered_and_share_a_log() -> None:
    beside = plan({"processes": {"mail": {"command": "python mail.py", "count": 2}, "one": "sleep 1"}}).beside
    assert beside
    assert [each.name for each in beside.processes] == ["mail-1", "mail-2", "one"]
    assert {each.log for each in beside.processes[:2]} == {"/srv/shop/.enuf/log/mail.log"}
    assert beside.programs == "/srv/venv/bin"


def test_a_plan_without_processes_has_nothing_beside_the_app() -> None:
    assert plan().beside is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('processes = "rq worker"', "is not a table"),
        ('[processes]\nweb = "gunicorn app:app"', "'web' is a name of enuf's own"),
        ('[processes]\nfailed = "x"', "'failed' is a name of enuf's own"),
        ('[processes]\nWorker = "rq worker"', "is no name of a process"),
        ('[processes]\nw = "rq worker && echo"', "&& is for a shell"),
        ('[processes]\nw = "sleep $N"', "$N is for a shell"),
        ('[processes]\nw = "N=1 sleep 1"', "N=1 is for a shell"),
        ('[processes]\nw = { comand = "x" }', 'did you mean "command"?'),
        ("[processes]\nw = { count = 2 }", "command is missing"),
        ('[processes]\nw = { command = "x", count = 65 }', "is not a whole number from 1 to 64"),
        ('[processes]\nw = { command = "x", env = { "A B" = "c" } }', "is no name of a variable"),
        ('[processes]\nw = { command = "x", count = 2 }\nw-1 = "y"', "w and w-1 are both called w-1"),
        ('[processes]\nw = "x"\n[schedule]\nw = { command = "x", every = "1m" }', "w is the name of a process, too"),
        ('[schedule]\nj = "flask cleanup"', "write either cron"),
        ('[schedule]\nj = { command = "x", cron = "0 3 * * *", every = "1m" }', "write either cron"),
        ('[schedule]\nj = { command = "x", cron = "0 3 * *" }', "is no time of crontab"),
        ('[schedule]\nj = { command = "x", cron = "0 3 31 2 *" }', "is no time of crontab"),
        ('[schedule]\nj = { command = "x", cron = "0 3 * * 5L" }', "the last weekday of a month"),
        ('[schedule]\nj = { command = "x", every = "0s" }', "is too little"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        loaded(tmp_path, text)
    assert reason in str(refused.value)
    assert refused.value.summary.startswith("enuf.toml:")


def test_nicknames_of_crontab_are_their_five_fields() -> None:
    assert settings({"schedule": {"j": {"command": "x", "cron": "@daily"}}}).schedule["j"].cron == "0 0 * * *"


def test_a_dollar_in_single_quotes_is_no_variable() -> None:
    assert settings({"processes": {"w": "sh -c 'echo $HOME'"}}).processes["w"].command == "sh -c 'echo $HOME'"


def test_secrets_in_the_variables_of_a_process_are_not_shown() -> None:
    made = settings({"processes": {"w": {"command": "x", "env": {"API_TOKEN": "abc123", "QUEUE": "fast"}}}})
    shown = str(masked_value("processes", made.processes))
    assert "abc123" not in shown
    assert "fast" in shown


def test_a_procfile_s_processes_run_save_web_and_what_needs_a_shell(tmp_path: Path) -> None:
    lines = ("web: gunicorn app:app", "# a comment", "worker: rq worker", "release: flask db upgrade",
             "bad: sleep $N", "Beat: celery beat", "", "not a line")  # fmt: skip
    (tmp_path / "Procfile").write_text("\n".join(lines))
    found = read_procfile(tmp_path)
    assert {name: each.command for name, each in found.processes.items()} == {"worker": "rq worker"}
    release, bad, beat = found.notes
    assert release.startswith("Procfile:4: release is not run")
    assert bad.startswith("Procfile:5: bad is not run") and "$N" in bad
    assert beat.startswith("Procfile:6: Beat is not run")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"worker: x\n" * 20_000])
def test_a_procfile_that_is_none_is_no_fault(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Procfile").write_bytes(content)
    assert read_procfile(tmp_path).processes == {}


def test_files_that_run_without_enuf_say_that_they_hold_no_processes() -> None:
    values = {"processes": {"worker": "rq worker"}}
    assert any(
        "[processes] and [schedule] are in none of these files" in each
        for each in plan(values, rendered=True).notes
    )
    assert not any("[processes]" in each for each in plan(values).notes)


def test_the_summary_of_a_stack_names_what_runs_beside_the_app() -> None:
    lines = introduction(
        plan({"processes": {"worker": "rq worker"}, "schedule": {"j": {"command": "x", "cron": "0 3 * * *"}}})
    )
    assert "beside the app: worker" in lines
    assert "at certain times: j (0 3 * * *)" in lines
