"""Everything that a person can get wrong: one error line, one hint, the right exit code, nothing left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import enuf
from tests.support.builds import skip_without_system_build
from tests.support.command_line import enuf as run_here
from tests.support.refusal import assert_refused, refused_up
from tests.support.stack import APP, Stack, stack_in

pytestmark = [pytest.mark.native, pytest.mark.user]


# -- settings -----------------------------------------------------------------------------------------------------


def test_an_unknown_setting_is_refused_with_the_one_that_was_meant(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nthreds = 2\n")
    refused_up(calm, 4, "enuf.toml:2", "serve.threds", "did you mean serve.threads?")


def test_a_duration_without_a_unit_is_refused_with_its_line_and_the_right_spelling(calm: Stack) -> None:
    calm.write("enuf.toml", '[serve]\ntimeout = "30"\n')
    refused_up(calm, 4, "enuf.toml:2", "serve.timeout", '"30s"')


def test_all_problems_of_all_places_are_told_at_once_each_with_its_origin(calm: Stack) -> None:
    calm.write("enuf.toml", '[serve]\nthreds = 2\ntimeout = "30"\n')
    calm.write("pyproject.toml", '[tool.enuf.workers]\nmax_age = "never"\n')
    calm.env["ENUF_SERVE_MAX_BODY"] = "huge"
    done = refused_up(calm, 4, "5 problems", flags=("--processes", "many"))
    for place in (
        "enuf.toml:2: ",
        "enuf.toml:3: ",
        "pyproject.toml:2: ",
        "ENUF_SERVE_MAX_BODY: ",
        "--processes: ",
    ):
        assert sum(line.startswith(place) for line in done.err.splitlines()) == 1, done


def test_settings_that_contradict_the_topology_are_told_at_once_with_their_origins(calm: Stack) -> None:
    calm.write("enuf.toml", 'topology = "flask"\n[static.extra]\n"/media/" = "./media"\n')
    (calm.project / "media").mkdir()
    done = calm.run("up", "--server-name", "a.example", "--listen", "127.0.0.1:0")
    assert_refused(done, 4)
    assert "static.extra" in done.err and "enuf.toml:2" in done.err, done
    assert "--server-name" in done.err, done


def test_raw_options_that_enuf_sets_itself_are_refused_with_what_to_set_instead(calm: Stack) -> None:
    calm.write("enuf.toml", '[raw.uwsgi]\nharakiri = 3\nsocket = "/tmp/x"\n')
    done = refused_up(calm, 4, "2 problems")
    assert "serve.timeout" in done.err
    assert "serve.listen or topology" in done.err


def test_a_set_flag_without_an_equals_sign_is_refused(calm: Stack) -> None:
    refused_up(calm, 4, "serve.threads", "--set serve.threads=4", flags=("--set", "serve.threads"))


def test_a_set_flag_with_an_unknown_key_is_refused(calm: Stack) -> None:
    refused_up(calm, 4, "--set nonsense", flags=("--set", "nonsense=1"))


def test_a_settings_file_that_is_no_toml_is_refused_with_the_line(calm: Stack) -> None:
    calm.write("enuf.toml", "[serve]\nlisten = 127.0.0.1:8000\n")
    refused_up(calm, 4, "enuf.toml:2", "not valid TOML")


def test_a_named_env_file_that_is_missing_is_refused(calm: Stack) -> None:
    calm.write("enuf.toml", 'env_file = ["secrets.env"]\n')
    refused_up(calm, 4, "enuf.toml:1", "secrets.env")


def test_a_static_folder_that_is_missing_is_refused(calm: Stack) -> None:
    calm.write("enuf.toml", '[static.extra]\n"/media/" = "./media"\n')
    refused_up(calm, 4, "static.extra", str(calm.project / "media"))


# -- as JSON ------------------------------------------------------------------------------------------------------

OF_EVERY_KIND: dict[int, tuple[dict[str, str], tuple[str, ...], str]] = {
    4: ({"enuf.toml": "[serve]\nthreds = 2\n"}, (), "serve.threads"),
    5: ({"app.py": "def index(:\n"}, (), "SyntaxError"),
    6: ({}, ("--nginx", "/nowhere"), "/nowhere"),
    7: ({"enuf.toml": "[raw.uwsgi]\nthundr-lock = true\n"}, (), "thundr-lock"),
    8: ({"precious": "mine"}, ("--listen", "unix:{project}/precious"), "precious"),
}


@pytest.mark.parametrize("code", OF_EVERY_KIND)
def test_a_refusal_is_one_document_with_the_same_facts_as_json(calm: Stack, code: int) -> None:
    files, flags, word = OF_EVERY_KIND[code]
    for name, text in files.items():
        calm.write(name, text)
    filled = [flag.format(project=calm.project) for flag in flags]
    document = refused_up(calm, code, word, flags=(*filled, "--json")).json
    assert set(document) == {"schema", "error"}
    assert document["schema"] == 1
    assert set(document["error"]) == {"slug", "exit_code", "summary", "hint", "detail"}
    assert document["error"]["exit_code"] == code
    assert document["error"]["slug"]
    assert word in document["error"]["summary"] + document["error"]["hint"]


# -- the command line ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("upp",), "did you mean up?"),
        (("serve-me",), "there is no verb 'serve-me'"),
        ((), "name what to do"),
        (("up", "--bogus"), "--bogus"),
        (("up", "one", "two"), "two"),
        (("up", "--listen"), "--listen"),
        (("status", "--wait", "soon"), "'soon' is not a duration"),
        (("logs", "--since", "10"), '"10s"'),
        (("logs", "--status", "5"), "404 or 5xx"),
        (("logs", "--status", "((("), "404 or 5xx"),
        (("logs", "--layer", "cake"), "cake"),
        (("logs", "--follow", "--json"), "--follow"),
        (("render",), "DIR"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_a_usage_error_in_two_lines(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], expected: str
) -> None:
    _, hint = assert_refused(run_here(capsys, *words), 2, expected)
    assert hint.endswith("--help")
    if "--json" not in words:
        document = run_here(capsys, "--json", *words).json
        assert (document["error"]["slug"], document["error"]["exit_code"]) == ("usage", 2)


# -- the app ------------------------------------------------------------------------------------------------------


def test_a_project_without_an_app_is_refused_with_what_was_looked_at(calm: Stack) -> None:
    (calm.project / "app.py").unlink()
    refused_up(calm, 5, "FLASK_APP", "wsgi.py", "app.py", "*_app.py")


def test_a_target_that_does_not_exist_is_refused_with_what_was_meant(calm: Stack) -> None:
    refused_up(calm, 5, "ap.py does not exist", "app.py", flags=("ap.py",))


def test_a_syntax_error_is_shown_with_the_line_and_a_caret(calm: Stack) -> None:
    calm.write("app.py", "def index(:\n    pass\n")
    done = refused_up(calm, 5, "app.py:1", "SyntaxError")
    assert "def index(:\n" in done.err
    assert any(line.strip() == "^" for line in done.err.splitlines())


def test_an_exception_at_import_is_shown_with_the_apps_own_traceback(calm: Stack) -> None:
    calm.write("app.py", "from flask import Flask\napp = Flask(__name__)\n1 / 0\n")
    done = refused_up(calm, 5, "ZeroDivisionError", "app.py:3")
    assert "Traceback (most recent call last):" in done.err
    own = str(Path(enuf.__file__).parent)
    assert own not in done.err.partition("error:")[0], "frames of enuf are not the app's traceback"


def test_a_missing_module_is_refused_with_the_command_that_installs_it(calm: Stack) -> None:
    calm.write("app.py", "import yaml_that_is_not_there\napp = yaml_that_is_not_there.app\n")
    refused_up(calm, 5, f"{sys.executable} -m pip install yaml_that_is_not_there")


def test_an_app_that_exits_at_import_is_refused(calm: Stack) -> None:
    calm.write("app.py", "import sys\nfrom flask import Flask\napp = Flask(__name__)\nsys.exit(3)\n")
    refused_up(calm, 5, "sys.exit(3)", "app.py:4")


def test_a_name_that_is_not_callable_is_refused(calm: Stack) -> None:
    calm.write("app.py", "app = object()\n")
    refused_up(calm, 5, "not a WSGI callable")


def test_a_name_that_the_file_does_not_have_is_refused_with_the_one_that_was_meant(calm: Stack) -> None:
    refused_up(calm, 5, "app.py:app", flags=("app.py:ap",))


def test_an_import_that_hangs_is_ended_and_refused_with_the_line_that_waits(calm: Stack) -> None:
    calm.write("app.py", "import time\n\ntime.sleep(60)\nfrom flask import Flask\napp = Flask(__name__)\n")
    refused_up(calm, 5, "app.py:3", flags=("--set", "reload.wait=1s"))


# -- the project --------------------------------------------------------------------------------------------------


def test_a_project_folder_that_does_not_exist_is_refused(calm: Stack) -> None:
    assert_refused(calm.run("--project", "/nowhere/at/all", "up"), 5, "/nowhere/at/all")


def test_a_project_that_is_a_file_is_refused(calm: Stack) -> None:
    assert_refused(calm.run("--project", "app.py", "status"), 5, "is not a folder")


def test_a_current_folder_that_was_removed_is_refused(calm: Stack) -> None:
    gone = calm.project / "gone"
    gone.mkdir()

    def stand_in_it() -> None:
        os.chdir(gone)
        gone.rmdir()

    done = calm.run("status", preexec_fn=stand_in_it)
    assert_refused(done, 5, "does not exist any more")


@pytest.mark.parametrize("name", ["new\nline", "back\x1b[31mspace"])
def test_a_project_path_that_no_configuration_can_hold_is_refused(calm: Stack, name: str) -> None:
    (calm.project / name).mkdir()
    done = calm.run("--project", name, "up")
    assert_refused(done, 5, "control character")
    assert "\x1b" not in done.err


def test_an_enuf_file_in_the_place_of_the_folder_is_named_and_kept_and_the_stack_serves(calm: Stack) -> None:
    calm.write(".enuf", "mine")
    done = calm.up()
    assert done.err.count("warning:") == 1
    assert f"{calm.project}/.enuf is not a folder" in done.err
    assert calm.get("/").status == 200
    assert calm.run("down").out.strip() == "stopped"
    assert (calm.project / ".enuf").read_text() == "mine"


# -- addresses ----------------------------------------------------------------------------------------------------


def test_a_busy_port_is_refused_and_its_holder_named(calm: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        refused_up(calm, 8, address, f"(pid {os.getpid()})", flags=("--listen", address))


def test_an_address_of_another_machine_is_refused(calm: Stack) -> None:
    refused_up(calm, 4, "192.0.2.1:8000", "127.0.0.1", flags=("--listen", "192.0.2.1:8000"))


def test_a_port_that_is_no_port_is_refused(calm: Stack) -> None:
    refused_up(calm, 4, "0 to 65535", flags=("--listen", "127.0.0.1:99999"))


def test_a_file_in_the_way_of_a_unix_socket_is_refused_and_kept(calm: Stack) -> None:
    precious = calm.write("precious", "mine")
    refused_up(calm, 8, str(precious), flags=("--listen", f"unix:{precious}"))
    assert precious.read_text() == "mine"


def test_a_unix_socket_that_is_too_long_is_refused_and_leaves_nothing(calm: Stack) -> None:
    path = f"/tmp/{'x' * 120}.sock"
    refused_up(calm, 4, "107", flags=("--listen", f"unix:{path}"))
    assert not Path(path).exists()


def test_a_unix_socket_is_removed_when_the_start_is_refused(calm: Stack, tmp_path: Path) -> None:
    calm.write("app.py", "def broken(:\n")
    refused_up(calm, 5, flags=("--listen", f"unix:{tmp_path}/x.sock"))
    calm.write("app.py", "from flask import Flask\napp = Flask(__name__)\nraise RuntimeError('no')\n")
    refused_up(calm, 5, flags=("--listen", f"unix:{tmp_path}/x.sock"))
    assert not (tmp_path / "x.sock").exists()


def test_a_second_up_of_the_same_project_is_refused_and_the_first_serves_on(calm: Stack) -> None:
    calm.up()
    pid = calm.status()["supervisor"]["pid"]
    for words in (("up", "-d"), ("up",), ("start",), ("run",)):
        assert_refused(
            calm.run(*words, "--listen", "127.0.0.1:0"), 8, f"(pid {pid})", calm.url, "enuf reload"
        )
    assert calm.get("/").status == 200


def test_an_up_on_the_port_of_another_projects_stack_is_refused_and_both_are_told_apart(
    calm: Stack, tmp_path: Path
) -> None:
    calm.up()
    with stack_in(tmp_path / "other", env={"ENUF_SERVE_USER": "root"}) as other:
        other.write("app.py", APP)
        refused_up(other, 8, f"127.0.0.1:{calm.port}", "pid", flags=("--listen", f"127.0.0.1:{calm.port}"))
        assert_refused(other.run("status"), 3, str(other.project))
    assert calm.get("/").status == 200


# -- tools --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["nginx", "uwsgi"])
@pytest.mark.parametrize("program", ["/bin/true", "/bin/cat", "/nowhere", "/etc"])
def test_a_program_that_is_another_one_is_refused(calm: Stack, tool: str, program: str) -> None:
    refused_up(calm, 6, program, f"the setting {tool}", flags=(f"--{tool}", program))


def test_a_virtualenv_without_pyuwsgi_is_refused_in_one_line_with_the_exact_cure(calm: Stack) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", calm.project / ".venv"], check=True, timeout=60
    )
    python = calm.project / ".venv/bin/python"
    done = refused_up(calm, 6, f"{python} (.venv), has no pyuwsgi")
    assert f"hint: {python} -m pip install pyuwsgi\n" in done.err
    assert len(done.err.splitlines()) == 2


def test_a_virtualenv_of_uv_is_cured_with_uv(calm: Stack) -> None:
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", calm.project / ".venv"], check=True, timeout=60
    )
    with (calm.project / ".venv/pyvenv.cfg").open("a") as file:
        file.write("uv = 0.8.0\n")
    refused_up(calm, 6, f"uv pip install --python {calm.project}/.venv/bin/python pyuwsgi")


@pytest.mark.parametrize("program", [None, "exit 3", "echo no json", "kill -9 $$"])
def test_a_broken_virtualenv_is_refused_with_the_command_that_makes_it_anew(
    calm: Stack, program: str | None
) -> None:
    calm.write(".venv/pyvenv.cfg", "home = /nowhere\n")
    if program is not None:
        calm.write(".venv/bin/python", f"#!/bin/sh\n{program}\n").chmod(0o755)
    refused_up(calm, 6, f"python3 -m venv --clear {calm.project}/.venv")


def test_a_system_uwsgi_with_another_python_is_refused(calm: Stack) -> None:
    skip_without_system_build()
    answer = '{"version": "3.9.1", "prefix": "/x", "base_prefix": "/x", "pyuwsgi_version": null, "uwsgi_script": null, "flask_version": null}'
    python = calm.write("fake python", f"#!/bin/sh\necho '{answer}'\n")
    python.chmod(0o755)
    flags = ("--uwsgi", "/usr/bin/uwsgi", "--set", f"python={python}")
    refused_up(
        calm,
        6,
        "/usr/bin/uwsgi runs Python 3.",
        "is Python 3.9",
        f"'{python}' -m pip install pyuwsgi",
        flags=flags,
    )


# -- raw sections -------------------------------------------------------------------------------------------------


def test_a_raw_line_that_nginx_refuses_is_shown_with_its_setting_and_nginx_own_words(calm: Stack) -> None:
    calm.write("enuf.toml", '[raw]\nnginx_server = """\nadd_header X-A b;\nadd_heder X-C d;\n"""\n')
    done = refused_up(calm, 7, "raw.nginx_server", "line 2", "enuf.toml:2", 'unknown directive "add_heder"')
    assert "[emerg]" in done.err


def test_a_raw_line_that_breaks_what_follows_is_refused_by_the_settings(calm: Stack) -> None:
    calm.write("enuf.toml", "[raw]\nnginx_server = 'location /a {'\n")
    refused_up(calm, 4, "raw.nginx_server", "enuf.toml:2", "a { has no } behind it")


def test_a_raw_option_that_uwsgi_does_not_know_is_shown_with_uwsgis_own_words(calm: Stack) -> None:
    calm.write("enuf.toml", "[raw.uwsgi]\nthundr-lock = true\n")
    refused_up(calm, 7, "raw.uwsgi", "enuf.toml:1", "unknown config directive: thundr-lock")


def test_a_first_page_that_takes_longer_than_a_request_may_is_refused_with_both_settings(calm: Stack) -> None:
    calm.write("app.py", APP.replace('return f"version', 'time.sleep(600)\n    return f"version', 1))
    summary = "GET / takes longer than serve.timeout = 1 s: give requests more time with serve.timeout"
    done = calm.run("up", "-d", "--listen", "127.0.0.1:0", "--timeout", "1s")
    assert_refused(done, 7, summary, 'reload.health, such as "/health"')


def test_a_folder_without_an_app_is_named_before_a_port_that_is_taken(calm: Stack) -> None:
    (calm.project / "app.py").unlink()
    with socket.create_server(("127.0.0.1", 0)) as holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        done = calm.run("up", "--listen", address)
    assert_refused(done, 5, "no app was found here")
    assert list(calm.project.iterdir()) == []
