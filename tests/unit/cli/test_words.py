"""Words that people bring from other programs, and the pages, lists and completions of enuf's own."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete
from scripts.reference.failures import slugs_in_code
from tests.support.command_line import Printed, enuf

from enuf.cli.foreign_words import FLAGS, VERBS
from enuf.cli.pages import all_pages
from enuf.cli.pages.search import is_korean
from enuf.cli.root import ALIASES, root
from enuf.cli.root import VERBS as OWN_VERBS
from enuf.cli.verb import begin_run
from enuf.doctor.pages import codes
from enuf.plan.topologies import TOPOLOGIES
from enuf.settings.fields import dotted_keys

Enuf = Callable[..., Printed]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Enuf:
    """`enuf` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return functools.partial(enuf, capsys)


def settings(run: Enuf, *words: str) -> Any:
    document = run("config", "--json", *words).json["settings"]
    return {key: row["value"] for key, row in document.items()}


def test_quiet_has_its_usual_letter(run: Enuf) -> None:
    Path("app.py").write_text("def app(environ, start_response): ...\n")
    assert run("init").out
    for flag in ("-q", "--quiet"):
        quiet = run(flag, "init", "--force")
        assert (quiet.code, quiet.out) == (0, "")


@pytest.mark.parametrize(
    ("words", "listen"),
    [
        (["--port", "9000"], "127.0.0.1:9000"),
        (["-p", "0"], "127.0.0.1:0"),
        (["--host", "0.0.0.0"], "0.0.0.0:8000"),
        (["--host", "localhost", "--port", "81"], "127.0.0.1:81"),
        (["--host", "::1", "-p", "81"], "[::1]:81"),
        (["--host", "[::]"], "[::]:8000"),
        (["--bind", "0.0.0.0:9000"], "0.0.0.0:9000"),
        (["-b", "unix:/run/shop.sock"], "unix:/run/shop.sock"),
    ],
)
def test_the_address_is_taken_in_the_words_of_other_servers(run: Enuf, words: list[str], listen: str) -> None:
    assert settings(run, *words)["serve.listen"] == listen


@pytest.mark.parametrize("flag", ["-w", "--workers", "--processes"])
def test_workers_are_processes(run: Enuf, flag: str) -> None:
    assert settings(run, flag, "3")["serve.processes"] == 3


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--port", "9000", "--listen", ":8000"], "--port and --listen both say where to listen"),
        (["--host", "::1", "-p", "1", "-b", ":2"], "--host --port and --listen both say where to listen"),
        (["--host", "unix:/run/a.sock"], "write --listen unix:/run/a.sock"),
    ],
)
def test_two_addresses_are_refused(run: Enuf, words: list[str], reason: str) -> None:
    done = run("config", *words)
    assert done.code == 2
    assert reason in done.err


@pytest.mark.parametrize(("words", "flag"), [(["--port", "70000"], "--port"), (["--host", "a b"], "--host")])
def test_a_bad_part_of_an_address_is_named_by_its_flag(run: Enuf, words: list[str], flag: str) -> None:
    done = run("config", *words)
    assert done.code == 4
    assert done.err.startswith(f"error: {flag}: serve.listen: ")


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_another_server_is_answered_with_the_right_word(run: Enuf, flag: str) -> None:
    done = run("up", flag, "x")
    assert (done.code, done.out) == (2, "")
    assert f"there is no {flag} here; instead: {FLAGS[flag]}" in done.err


@pytest.mark.parametrize("word", VERBS)
def test_a_verb_of_another_program_is_answered_with_the_right_word(run: Enuf, word: str) -> None:
    assert f"there is no verb {word!r}: use {VERBS[word]}" in run(word).err


def test_the_right_words_exist() -> None:
    keys = {part for text in FLAGS.values() for part in text.split() if "=" in part and "." in part}
    assert {key.partition("=")[0] for key in keys} <= dotted_keys().keys()
    verbs = {text.split()[1] for text in VERBS.values() if text.startswith("enuf ")}
    assert verbs <= OWN_VERBS.keys()


def test_the_service_verb_without_a_site_says_what_serves_here(run: Enuf) -> None:
    done = run("serve")
    assert done.code == 2
    assert "enuf up" in done.err


def test_help_and_version_are_verbs_too(run: Enuf) -> None:
    assert run("help").out == run("--help").out
    assert run("help", "logs").out == run("logs", "--help").out
    assert run("version").out == run("--version").out
    assert run("help", "lgos").code == 2


def test_ps_has_the_names_that_people_try(run: Enuf) -> None:
    assert {word: ALIASES[word][0] for word in ("ls", "list")} == {"ls": "ps", "list": "ps"}
    assert run("ps", "--json").json["schema"] == 1


# -- pages --------------------------------------------------------------------------------------------------------


def test_explain_lists_every_page(run: Enuf) -> None:
    listed = [line.split()[0] for line in run("explain", "--lang", "en").out.splitlines()]
    assert listed == [page.code for page in all_pages("en")]
    assert len(listed) > 150


def test_explain_finds_pages_by_what_people_see(run: Enuf) -> None:
    found = run("explain", "502", "--json", "--lang", "en").json["pages"]
    assert {"L003", "S001"} <= {page["code"] for page in found}
    both = run("explain", "permission", "socket", "--json", "--lang", "ko").json
    assert both["lang"] == "ko"


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["502"], "502"),
        (["bad", "gateway"], "502"),
        (["Bad Gateway"], "502"),
        (["503"], "503"),
        (["504"], "504"),
        (["500"], "500"),
        (["413"], "413"),
        (["module", "not", "found"], "module-not-found"),
        (["ModuleNotFoundError"], "module-not-found"),
        (["permission", "denied"], "permission-denied"),
    ],
)
def test_what_people_see_has_a_page_with_the_next_steps(
    run: Enuf, words: list[str], code: str, language: str
) -> None:
    found = run("explain", *words, "--lang", language, "--json").json
    assert found["code"] == code
    assert "enuf " in found["page"] or "serve.max_body" in found["page"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("502 오류", "502"),
        ("HTTP 500", "500"),
        ("504 Gateway Time-out", "504"),
        ("curl: (7) Failed to connect to 127.0.0.1 port 8000: Connection refused", "connection-refused"),
        ("OSError: [Errno 98] Address already in use", "port-taken"),
        ("ImportError: cannot import name 'x' from 'y'", "module-not-found"),
        ("sqlite3.OperationalError: database is locked", "database-is-locked"),
        ("sqlite3.OperationalError: unable to open database file", "permission-denied"),
        ("bash: enuf: command not found", "command-not-found"),
        ("ERR_TOO_MANY_REDIRECTS", "too-many-redirects"),
        ("The CSRF token is missing.", "logged-out"),
        ("WebSocket connection to 'ws://127.0.0.1/' failed", "websocket-fails"),
        ("upstream timed out (110: Connection timed out) while reading response header", "504"),
        ("사이트가 느려요", "slow"),
        ("연결이 거부되었습니다", "connection-refused"),
        ("명령을 찾을 수 없음", "command-not-found"),
    ],
)
def test_a_line_that_people_see_leads_to_its_page(run: Enuf, line: str, code: str) -> None:
    assert run("explain", *line.split(), "--json").json["code"] == code


def test_a_korean_word_is_answered_in_korean(run: Enuf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run("explain", "포트", "--json").json["lang"] == "ko"
    assert run("explain", "포트", "--lang", "en").code == 2


def test_where_no_page_has_all_words_those_with_most_of_them_are_listed(run: Enuf) -> None:
    found = run("explain", "buffer-size", "zebra", "--lang", "en", "--json").json["pages"]
    assert "U003" in {page["code"] for page in found}


def test_the_number_of_a_port_leaves_no_page_about_ports_out(run: Enuf) -> None:
    found = [page["code"] for page in run("explain", "port", "8000", "--lang", "en", "--json").json["pages"]]
    assert found.index("port-taken") < 10 and "L005" in found


def test_every_code_and_every_slug_has_a_page_in_both_languages() -> None:
    for language in ("en", "ko"):
        pages = {page.code: page for page in all_pages(language)}
        assert set(pages) >= {*codes(), *slugs_in_code()}
        for page in pages.values():
            assert page.title and page.text.startswith(f"# {page.code}"), page.code
            assert is_korean(page.title) == (language == "ko"), page.code


def test_below_the_page_of_what_people_see_stand_the_causes(run: Enuf) -> None:
    out = run("explain", "502", "--lang", "en").out
    steps, _, causes = out.partition("enuf explain CODE:")
    assert "`enuf status`" in steps
    assert "U005" in causes and "\n502 " not in causes


def test_the_pages_of_both_languages_are_of_the_same_things() -> None:
    english, korean = all_pages("en"), all_pages("ko")
    assert [(page.code, page.name) for page in english] == [(page.code, page.name) for page in korean]


@pytest.mark.parametrize("word", ["address-in-use", "App-Import-Failed", "U020", "ini-inline-comment"])
def test_explain_prints_the_page_of_a_code_a_name_or_a_slug(run: Enuf, word: str) -> None:
    done = run("explain", word, "--lang", "en")
    assert done.code == 0
    assert done.out.startswith("# ")


def test_a_word_that_no_page_has_is_answered_with_the_nearest(run: Enuf) -> None:
    assert "did you mean U020?" in run("explain", "ini-inline-coment").err
    assert "lists all pages" in run("explain", "zebra").err


# -- completion ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(run: Enuf, shell: str) -> None:
    assert "_ENUF_COMPLETE" in run("completion", shell).out


def test_a_shell_that_click_does_not_know_is_refused(run: Enuf) -> None:
    assert run("completion", "tcsh").code == 2


LINE = (
    '127.0.0.1 [2026-03-01T10:00:05+00:00] "GET /x HTTP/1.1" 404 3 time=0.250 connect=0.000 header=0.1 app=0.1 '
    f'id={"0" * 32} host="a" ref="-" ua="c"\n'
)
OFFERED: dict[str, set[str]] = {
    "enuf com": {"completion"},
    "enuf help rel": {"reload"},
    "enuf up --topology nginx-g": {"nginx-granian", "nginx-gunicorn", "nginx-gunicorn-uwsgi"},
    "enuf up --tls a": {"acme"},
    "enuf up --nginx s": {"system"},
    "enuf up --set serve.hea": {"serve.health_path="},
    "enuf up --server-n": {"--server-name"},
    "enuf explain u020": {"U020"},
    "enuf explain address-": {"address-in-use"},
    "enuf explain 50": {"500", "502", "503", "504"},
    "enuf logs --layer f": {"front"},
    "enuf logs --id 0": {"0" * 32},
    "enuf logs --id 7": set(),
    "enuf --project . logs --id 0": {"0" * 32},
    "enuf doctor --format s": {"sarif"},
    "enuf cert unt": {"untrust"},
    "enuf completion z": {"zsh"},
}
IN_BASH = ("enuf up --topology nginx-g", "enuf explain u020", "enuf logs --id 0")
COMPLETE = """
eval "$(enuf completion bash)"
while read -r line; do
    COMP_WORDS=($line)
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    "$(complete -p enuf | sed 's/.*-F \\([^ ]*\\) .*/\\1/')" enuf "${COMP_WORDS[COMP_CWORD]}" ""
    echo "$line: ${COMPREPLY[*]}"
done
"""


@pytest.fixture
def with_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder, with the log of a request."""
    folder = tmp_path / ".enuf/log"
    folder.mkdir(parents=True)
    (folder / "access.log").write_text(LINE)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("words", "is_shown"),
    [
        ("--path /x", True),
        ("--path /y", False),
        ("--grep GET", True),
        ("--grep get", True),
        ("--grep POST", False),
        ("--since 2026-03-01T10:00:05+00:00", True),
        ("--since 2026-03-01T10:00:06+00:00", False),
        ("--until 2026-03-01T10:00:06+00:00", True),
        ("--until 2026-03-01T10:00:04+00:00", False),
        ("--id 00000000", True),
    ],
)
def test_the_logs_of_a_folder_are_filtered_as_asked(
    with_requests: None, capsys: pytest.CaptureFixture[str], words: str, is_shown: bool
) -> None:
    assert ("/x" in enuf(capsys, "logs", *words.split()).out) is is_shown


@pytest.mark.parametrize("line", OFFERED)
def test_values_are_completed(with_requests: None, line: str) -> None:
    begin_run(())
    shell = ShellComplete(root, {}, "enuf", "_ENUF_COMPLETE")
    *words, typed = line.split()[1:]
    assert {each.value for each in shell.get_completions(words, typed)} == OFFERED[line]


def test_targets_and_folders_are_left_to_the_shell(run: Enuf) -> None:
    shell = ShellComplete(root, {}, "enuf", "_ENUF_COMPLETE")
    for words, kind in (
        (["up"], "file"),
        (["render"], "dir"),
        (["render", "out"], "file"),
        (["doctor"], "file"),
    ):
        assert [each.type for each in shell.get_completions(words, "a")] == [kind]


@pytest.mark.native
def test_bash_completes_values(with_requests: None) -> None:
    if not shutil.which("bash"):
        pytest.skip("the system has no bash")
    done = subprocess.run(
        ["bash", "--norc", "-c", COMPLETE],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        input="".join(f"{line}\n" for line in IN_BASH),
        capture_output=True,
        text=True,
        check=True,
    )
    offered = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert {line: set(words.split()) for line, words in offered.items()} == {
        line: OFFERED[line] for line in IN_BASH
    }
    assert done.stderr == ""


def test_the_help_of_up_names_the_topologies_and_defaults(run: Enuf) -> None:
    text = "".join(run("up", "--help").out.split())  # the terminal's width folds it anywhere
    assert f"Oneof{','.join(TOPOLOGIES)}." in text
    assert "Default:127.0.0.1:8000." in text


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ('serve.hosts=["a.test","b.test"]', "serve.hosts", ["a.test", "b.test"]),
        ("serve.hosts=['a.test']", "serve.hosts", ["a.test"]),
        ("serve.hosts=a.test,b.test", "serve.hosts", ["a.test", "b.test"]),
        ("serve.hosts=[::1]", "serve.hosts", ["[::1]"]),
        ("serve.hosts=[]", "serve.hosts", []),
        ('static.extra={"/m/" = "./m"}', "static.extra", {"/m/": "./m"}),
        ('serve.listen=["127.0.0.1:1", "127.0.0.2:1"]', "serve.listen", ["127.0.0.1:1", "127.0.0.2:1"]),
        ("serve.listen=[::1]:80", "serve.listen", "[::1]:80"),
    ],
)
def test_a_list_is_taken_as_it_is_written_in_toml_too(
    run: Enuf, assignment: str, key: str, value: object
) -> None:
    assert settings(run, "--set", assignment)[key] == value


def test_a_setting_that_needs_a_front_names_the_topologies_that_have_one(run: Enuf) -> None:
    refused = run("plan", "--tls", "local", "--topology", "gunicorn")
    assert "those with one are nginx-gunicorn, nginx-gunicorn-uwsgi" in refused.err


def test_an_app_that_a_variable_names_and_that_is_not_there_names_the_variable(
    run: Enuf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLASK_APP", "no_such_module_here")
    refused = run("plan")
    assert "there is no module no_such_module_here (named by FLASK_APP)" in refused.err


def test_stacks_are_listed_with_the_flag_that_people_know(run: Enuf) -> None:
    assert run("ps", "-a").code == 0


def test_nothing_to_clean_is_no_error(run: Enuf) -> None:
    assert run("down", "--force").out == "nothing was running\n"


def test_config_shows_what_auto_comes_to(run: Enuf) -> None:
    rows = run("config", "--json").json["settings"]
    assert int(rows["serve.processes"]["resolved"]) >= 2
    assert sys.executable in rows["python"]["resolved"] or "(" in rows["python"]["resolved"]
    assert "resolved" not in rows["serve.threads"]
    text = run("config").out
    assert f'"auto" -> {rows["serve.processes"]["resolved"]}' in text
    assert (
        "resolved"
        not in run("config", "--json", "--set", "serve.processes=3").json["settings"]["serve.processes"]
    )


@pytest.mark.parametrize(
    ("flags", "resolved"),
    [
        ("", "none (tls.mode is off)"),
        ("--tls local", "none (serve.listen has no port 443)"),
        ("--tls local --listen 127.0.0.1:443", "127.0.0.1:80"),
        ("--tls local --listen 127.0.0.1:443,[::1]:443", "127.0.0.1:80, [::1]:80"),
    ],
)
def test_config_shows_which_plain_address_redirects(run: Enuf, flags: str, resolved: str) -> None:
    row = run("config", "--json", *flags.split()).json["settings"]["tls.http"]
    assert (row["value"], row["resolved"]) == ("auto", resolved)


@pytest.mark.skipif(os.geteuid() == 0, reason="root has a choice")
def test_config_names_the_user(run: Enuf) -> None:
    assert (
        run("config", "--json")
        .json["settings"]["serve.user"]["resolved"]
        .endswith("(only root has a choice)")
    )


def test_config_shows_only_what_was_set_where_that_is_asked_for(run: Enuf, tmp_path: Path) -> None:
    unchanged = run("config", "--changed")
    assert (unchanged.code, unchanged.out) == (0, "")
    assert unchanged.err == "note: every setting has its default value: enuf config lists them\n"
    (tmp_path / "enuf.toml").write_text("[serve]\nthreads = 3\nprefix = 'x'\n")
    done = run("config", "--changed", "--max-body", "1k")
    assert [line.split()[0] for line in done.out.splitlines()] == [
        "serve.threads",
        "serve.max_body",
        "serve.prefix",
    ]
    (tmp_path / "enuf.toml").write_text("[serve]\nthreads = 3\n")
    assert list(run("config", "--changed", "--json").json["settings"]) == ["serve.threads"]


def test_config_shows_the_table_also_when_settings_are_wrong(run: Enuf, tmp_path: Path) -> None:
    (tmp_path / "enuf.toml").write_text("[serve]\nthreads = 0\nprocesses = 3\nprefix = 'x'\n")
    done = run("config")
    assert done.code == 4
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert rows["serve.threads"].endswith("enuf.toml:2  <- refused, see below")
    assert rows["serve.prefix"].endswith("enuf.toml:4  <- refused, see below")
    assert rows["serve.processes"].split()[1:] == ["3", "enuf.toml:3"]
    assert "enuf.toml:2: serve.threads: 0 is not a whole number" in done.err
    assert run("config", "--json").json["error"]["slug"] == "settings-invalid"
