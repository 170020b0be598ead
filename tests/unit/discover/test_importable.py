"""The app is imported for real, in a throw-away process, and every way to fail has its words."""

from __future__ import annotations

import ast
import os
import platform
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.stack import until

from enuf.discover.app import find_app
from enuf.discover.importable import PROGRAM, begin_import, import_app
from enuf.errors import AppImportFailed, AppNotFound, EnufError, ToolUnusable
from enuf.model.app import AppRef, AppReport, StaticFolder
from enuf.model.tool import Interpreter
from enuf.plan.static import divided
from enuf.system.process import start_mark

pytestmark = pytest.mark.user

PYTHON = Interpreter(
    executable=sys.executable,
    version=platform.python_version(),
    prefix=sys.prefix,
    base_prefix=sys.base_prefix,
    origin="enuf's own",
)
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
WSGI = "def application(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n"
LIMIT_S = 60.0
SHORT_S = 4.0
"""For imports that hang: long enough for a busy machine to come to the line that hangs."""


def place(project: Path, name: str, text: str = "") -> Path:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **more}


def bring(
    project: Path, target: str | None = None, *, timeout_s: float = LIMIT_S, **environ: str
) -> AppReport:
    ref = find_app(project, target, {})
    return import_app(ref, PYTHON, project=project, environ=environment(**environ), timeout_s=timeout_s)


def app(project: Path, text: str) -> AppReport:
    place(project, "app.py", text)
    return bring(project, "app.py")


def failure(project: Path, text: str, target: str = "app.py", *, timeout_s: float = LIMIT_S) -> EnufError:
    place(project, "app.py", text)
    with pytest.raises(EnufError) as caught:
        bring(project, target, timeout_s=timeout_s)
    error = caught.value
    assert error.exit_code == 5
    assert "\n" not in error.summary + error.hint
    assert "probe_program" not in error.detail
    return error


def is_running(pid: int) -> bool:
    return start_mark(pid) is not None


# What is served


def test_a_flask_app_tells_what_the_plan_needs_to_know(tmp_path: Path) -> None:
    report = app(
        tmp_path, FLASK + "app.config['MAX_CONTENT_LENGTH'] = 1024\napp.debug = True\nprint('hello')\n"
    )
    assert (report.app.module, report.app.attribute, report.app.call) == ("app", "app", None)
    assert report.is_flask
    assert (report.max_content_length, report.debug) == (1024, True)
    assert report.python_version == platform.python_version()
    assert report.output == "hello\n"


def test_no_secret_of_the_app_reaches_the_report(tmp_path: Path) -> None:
    assert "hunter2" not in repr(
        app(tmp_path, FLASK + "app.secret_key = app.config['PASSWORD'] = 'hunter2'\n")
    )


def test_a_plain_wsgi_function_is_served(tmp_path: Path) -> None:
    report = app(tmp_path, WSGI)
    assert (report.app.attribute, report.is_flask, report.static_folders) == ("application", False, ())


def test_a_wrapped_flask_app_is_served_without_statics(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    text = "from werkzeug.middleware.proxy_fix import ProxyFix\n" + FLASK + "app = ProxyFix(app)\n"
    report = app(tmp_path, text)
    assert (report.app.attribute, report.is_flask, report.static_folders) == ("app", False, ())


def test_a_factory_is_called_with_its_arguments(tmp_path: Path) -> None:
    text = (
        "from flask import Flask\ndef create_app(limit, *, debug=False):\n"
        "    app = Flask(__name__)\n    app.config['MAX_CONTENT_LENGTH'] = limit\n    app.debug = debug\n    return app\n"
    )
    place(tmp_path, "app.py", text)
    report = bring(tmp_path, "app:create_app(7, debug=True)")
    assert (report.max_content_length, report.debug, report.app.call) == (7, True, "7, debug=True")


def test_a_factory_is_called_when_only_the_import_shows_that_it_is_one(tmp_path: Path) -> None:
    place(tmp_path, "factory.py", "from flask import Flask\ndef build(): return Flask('x')\n")
    place(tmp_path, "app.py", "from factory import *\n")
    report = bring(tmp_path, "app:build")
    assert (report.app.attribute, report.app.call, report.is_flask) == ("build", "", True)


@pytest.mark.parametrize(
    ("text", "attribute", "call"),
    [
        ("from flask import Flask\napp, web = 1, Flask('x')\n", "web", None),
        ("from flask import Flask\napplication = Flask('x')\napp = print\n", "application", None),
        ("from flask import Flask\ninner = Flask('x')\napp = inner.wsgi_app\n", "app", None),
        ("from flask import Flask\napp = None\ndef make_app(x=1): return Flask('x')\n", "make_app", ""),
        (WSGI, "application", None),
    ],
)
def test_what_a_star_import_brings_is_found_as_flask_finds_it(
    tmp_path: Path, text: str, attribute: str, call: str | None
) -> None:
    place(tmp_path, "inner.py", text)
    report = app(tmp_path, "from inner import *\n")
    assert (report.app.attribute, report.app.call) == (attribute, call)


def test_an_object_in_an_object_is_served(tmp_path: Path) -> None:
    place(tmp_path, "app.py", FLASK + "class holder:\n    web = app\n")
    assert bring(tmp_path, "app:holder.web").is_flask


def test_a_package_under_src_is_imported(tmp_path: Path) -> None:
    place(tmp_path, "src/toy/__init__.py", "from .web import app\n")
    place(tmp_path, "src/toy/web.py", FLASK)
    assert bring(tmp_path, "toy").is_flask


def test_a_path_with_spaces_and_korean_is_no_trouble(tmp_path: Path) -> None:
    project = tmp_path / "내 프로젝트 (1)"
    (project / "static").mkdir(parents=True)
    place(project, "한글 앱.py", FLASK + "print('안녕')\n")
    report = bring(project, "한글 앱.py")
    assert report.static_folders[0].directory == str(project / "static")
    assert report.output == "안녕\n"


def test_a_path_that_is_not_even_utf_8_is_no_trouble(tmp_path: Path) -> None:
    project = tmp_path / os.fsdecode(b"caf\xe9")
    (project / "static").mkdir(parents=True)
    assert app(project, FLASK).static_folders[0].directory == str(project / "static")


def test_the_app_sees_its_own_folder_first_and_nothing_of_the_probe(tmp_path: Path) -> None:
    place(tmp_path, "sub/app.py", "import sys\nprint(sys.path[0], sys.argv)\n" + WSGI)
    place(tmp_path, "json.py", "raise RuntimeError('this is not the json you look for')")
    report = bring(tmp_path, "sub/app.py")
    assert report.output == f"{tmp_path}/sub ['{tmp_path}/sub/app.py']\n"


def test_the_app_runs_in_the_project_with_the_given_environment_only(tmp_path: Path) -> None:
    text = "import os\nprint(os.getcwd(), os.environ['GIVEN'], 'HOME' in os.environ)\n" + WSGI
    place(tmp_path, "app.py", text)
    assert bring(tmp_path, GIVEN="yes").output == f"{tmp_path} yes False\n"


def test_the_import_leaves_its_bytecode_for_the_real_start(tmp_path: Path) -> None:
    app(tmp_path, WSGI)
    assert list((tmp_path / "__pycache__").glob("app.*.pyc"))


def test_threads_and_exit_handlers_of_the_app_keep_nobody_waiting(tmp_path: Path) -> None:
    text = "import atexit, threading, time\natexit.register(time.sleep, 60)\n"
    assert app(tmp_path, text + "threading.Thread(target=time.sleep, args=(60,)).start()\n" + WSGI)


# Static folders


def statics(report: AppReport) -> dict[str, tuple[str, str]]:
    return {
        folder.url: (folder.directory, folder.owner) for folder in report.static_folders if not folder.kept_by
    }


def test_static_folders_of_the_app_and_of_nested_blueprints_are_reported(tmp_path: Path) -> None:
    for folder in ("static", "files", "inner_files"):
        (tmp_path / folder).mkdir()
    text = FLASK + (
        "from flask import Blueprint\n"
        "outer = Blueprint('outer', __name__, static_folder='files', url_prefix='/outer')\n"
        "inner = Blueprint('inner', __name__, static_folder='inner_files', static_url_path='/assets')\n"
        "outer.register_blueprint(inner, url_prefix='/inner')\n"
        "app.register_blueprint(outer, url_prefix='/shop')\n"
    )
    report = app(tmp_path, text)
    assert statics(report) == {
        "/static/": (str(tmp_path / "static"), "app"),
        "/shop/files/": (str(tmp_path / "files"), "outer"),
        "/shop/inner/assets/": (str(tmp_path / "inner_files"), "outer.inner"),
    }
    assert report.static_folders[0] == StaticFolder(
        url="/static/", directory=str(tmp_path / "static"), owner="app"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "from flask import Flask\nclass Mine(Flask):\n"
            "    def send_static_file(self, filename): return 'only for members'\napp = Mine(__name__)\n",
            id="overridden in a subclass",
        ),
        pytest.param(
            FLASK + "import functools\nview = app.view_functions['static']\n@functools.wraps(view)\n"
            "def guarded(**kw): return view(**kw)\napp.view_functions['static'] = guarded\n",
            id="wrapped in a login check",
        ),
        pytest.param(FLASK + "app.send_static_file = lambda filename: 'x'\n", id="replaced on the object"),
        pytest.param(
            FLASK + "@app.route('/static/generated.css')\ndef css(): return ''\n",
            id="a view below the same URL",
        ),
        pytest.param(
            "from flask import Flask\napp = Flask(__name__, static_url_path='')\n", id="the whole site"
        ),
        pytest.param(
            "from flask import Flask\napp = Flask(__name__, static_folder=None)\n", id="switched off"
        ),
        pytest.param(
            "from flask import Flask\napp = Flask(__name__, static_folder='gone')\n", id="no such folder"
        ),
        pytest.param(
            "from flask import Flask\napp = Flask(__name__, host_matching=True, static_host='cdn.example')\n",
            id="another host",
        ),
    ],
)
def test_a_static_folder_that_flask_must_serve_itself_is_not_offered(tmp_path: Path, text: str) -> None:
    (tmp_path / "static").mkdir()
    assert statics(app(tmp_path, text)) == {}


def test_an_overridden_folder_inside_another_ones_url_keeps_both_with_flask(tmp_path: Path) -> None:
    for folder in ("static", "files"):
        (tmp_path / folder).mkdir()
    text = FLASK + (
        "from flask import Blueprint\nclass Mine(Blueprint):\n    def send_static_file(self, filename): return 'x'\n"
        "{kind} = Mine\n"
        "app.register_blueprint({kind}('b', __name__, static_folder='files', static_url_path='/static/b'))\n"
    )
    kept = app(tmp_path, text.format(kind="Mine")).static_folders
    assert {folder.url for folder in kept if folder.kept_by} == {"/static/b/"}
    assert divided(kept, (), "", always=False).served == ()
    stock = app(tmp_path, text.format(kind="Blueprint").replace("Blueprint = Mine\n", ""))
    assert sorted(statics(stock)) == ["/static/", "/static/b/"]


def test_of_two_folders_at_one_url_the_one_that_answers_is_reported(tmp_path: Path) -> None:
    for folder in ("static", "pkg/static"):
        (tmp_path / folder).mkdir(parents=True)
    place(
        tmp_path,
        "pkg/__init__.py",
        "from flask import Blueprint\nb = Blueprint('b', __name__, static_folder='static')\n",
    )
    report = app(tmp_path, FLASK + "from pkg import b\napp.register_blueprint(b)\n")
    assert statics(report) == {"/static/": (str(tmp_path / "static"), "app")}


# What the app does wrong


def test_a_missing_third_party_module_comes_with_its_cure(tmp_path: Path) -> None:
    error = failure(tmp_path, "import enuf_never_heard_of\n" + WSGI)
    assert isinstance(error, AppImportFailed)
    assert error.slug == "app-import-failed"
    assert error.summary == (
        "app.py cannot be imported: ModuleNotFoundError: No module named 'enuf_never_heard_of'"
    )
    assert error.hint == f"{sys.executable} -m pip install enuf_never_heard_of"
    assert error.detail == (
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path}/app.py", line 1, in <module>\n'
        "    import enuf_never_heard_of\n"
        "ModuleNotFoundError: No module named 'enuf_never_heard_of'"
    )


@pytest.mark.parametrize(
    ("module", "cure"),
    [
        ("cv2", "-m pip install opencv-python-headless"),
        ("uwsgi", "exists only inside uWSGI"),
        ("own.missing", "own is in the project, and it has no such module"),
        ("email.nothing", "is not in the standard library of Python"),
    ],
)
def test_the_cure_for_a_missing_module_depends_on_whose_it_is(tmp_path: Path, module: str, cure: str) -> None:
    place(tmp_path, "own/__init__.py")
    assert cure in failure(tmp_path, f"import {module}\n" + WSGI).hint


def test_a_target_that_is_nowhere_is_not_found_rather_than_broken(tmp_path: Path) -> None:
    error = failure(tmp_path, FLASK, "aap:app")
    assert isinstance(error, AppNotFound)
    assert error.summary == f"there is no module aap in {tmp_path}, nor in {sys.executable}"
    assert error.hint == "did you mean app.py?"


def test_an_exception_is_shown_as_if_the_user_had_run_it(tmp_path: Path) -> None:
    place(tmp_path, "settings.py", "KEY = {}['SECRET']\n")
    error = failure(tmp_path, "print('starting')\nfrom settings import KEY\n" + WSGI)
    assert error.summary == "app.py cannot be imported: KeyError: 'SECRET'"
    assert error.hint == "the last line of the project in the traceback is settings.py:1"
    assert error.detail.startswith(f'Traceback (most recent call last):\n  File "{tmp_path}/app.py", line 2')
    assert error.detail.endswith("KeyError: 'SECRET'\nwhat it printed last:\nstarting")


def test_a_long_message_is_one_line_in_the_summary_and_whole_in_the_detail(tmp_path: Path) -> None:
    error = failure(tmp_path, "raise RuntimeError('one\\ntwo')\n" + WSGI)
    assert error.summary.endswith("RuntimeError: one")
    assert "RuntimeError: one\ntwo" in error.detail


def test_a_syntax_error_is_shown_with_its_caret(tmp_path: Path) -> None:
    error = failure(tmp_path, "def f(:\n    pass\n")
    assert error.summary == "app.py cannot be imported: SyntaxError: invalid syntax (app.py, line 1)"
    assert error.hint == "the last line of the project in the traceback is app.py:1"
    assert error.detail.startswith(f'  File "{tmp_path}/app.py", line 1\n    def f(:\n          ^\n')


def test_a_syntax_error_in_an_installed_package_is_not_blamed_on_it(tmp_path: Path) -> None:
    place(tmp_path, "lib/site-packages/broken.py", "def f(:\n")
    text = f"import sys\nsys.path.append({str(tmp_path / 'lib/site-packages')!r})\nimport broken\n"
    assert failure(tmp_path, text + WSGI).hint == "the last line of the project in the traceback is app.py:3"


def test_an_exit_at_import_says_with_what(tmp_path: Path) -> None:
    error = failure(tmp_path, "import sys\nsys.exit('no database')\n" + WSGI)
    assert error.summary == "app.py cannot be imported: it exits, sys.exit(no database) at app.py:2"
    assert "if __name__ == '__main__'" in error.hint


def test_a_hard_exit_and_a_signal_are_told_apart(tmp_path: Path) -> None:
    assert (
        failure(tmp_path, "import os\nos._exit(3)\n" + WSGI).summary
        == "importing app.py ended Python with status 3"
    )
    killed = failure(tmp_path, "import os\nos.kill(os.getpid(), 9)\n" + WSGI)
    assert killed.summary == "importing app.py was killed by SIGKILL"
    assert "out-of-memory" in killed.hint


def test_a_crash_of_native_code_shows_where_python_was(tmp_path: Path) -> None:
    error = failure(tmp_path, "import ctypes\nctypes.string_at(0)\n" + WSGI)
    assert error.summary == "importing app.py was killed by SIGSEGV"
    assert f'File "{tmp_path}/app.py", line 2' in error.detail


@pytest.mark.parametrize(
    ("text", "target", "summary"),
    [
        ("app = object()\n", "app.py", "app.py: app is not a WSGI callable but of type object"),
        ("app = str(1)\n", "app.py:app", "app.py: app is not a WSGI callable but of type str"),
        ("async def app(scope, receive, send): ...\n", "app.py", "app.py: app is an ASGI app"),
        ("import os\n", "app:os", "app.py: os is not a WSGI callable but of type module"),
        (
            "class App:\n    async def __call__(self, a, b, c): ...\napp = App()\n",
            "app.py",
            "app.py: app is an ASGI app (App)",
        ),
    ],
)
def test_what_cannot_be_called_as_wsgi_is_told_what_it_is(
    tmp_path: Path, text: str, target: str, summary: str
) -> None:
    error = failure(tmp_path, text, target)
    assert (error.slug, error.summary) == ("app-not-callable", summary)


def test_a_value_that_turns_out_to_be_no_app_is_no_app(tmp_path: Path) -> None:
    place(tmp_path, "inner.py", "app = 'text'\n")
    error = failure(tmp_path, "from inner import *\ndef other(a): ...\n")
    assert (error.slug, error.summary) == ("app-not-found", "app.py holds no app")
    assert error.hint == "name the callable (other): app:name"


def test_a_name_that_the_import_does_not_bring_is_refused_with_the_nearest(tmp_path: Path) -> None:
    place(tmp_path, "inner.py", FLASK.replace("app", "website"))
    error = failure(tmp_path, "from inner import *\n", "app:web_site")
    assert (error.summary, error.hint) == ("app.py has no 'web_site'", "did you mean app:website?")


def test_several_flask_objects_that_only_the_import_shows_are_refused(tmp_path: Path) -> None:
    place(tmp_path, "inner.py", "from flask import Flask\na = Flask('a')\nb = Flask('b')\n")
    assert failure(tmp_path, "from inner import *\n").summary == "app.py holds several apps: a, b"


@pytest.mark.parametrize(
    ("body", "target", "summary", "hint"),
    [
        ("(): return 1 / 0", "app.py", "failed: ZeroDivisionError: division by zero", "app.py:1"),
        (
            "(): import os; os.environ['API_KEY']",
            "app.py",
            "failed: KeyError: 'API_KEY'",
            "write API_KEY=… into .env",
        ),
        ("(): pass", "app.py", "failed: it returned None", "does create_app end with return app?"),
        (
            "(a=1): pass",
            "app:create_app(1, 2)",
            "but 2 were given",
            'arguments that fit: app:create_app("...")',
        ),
        ("(a=1): return len(1)", "app:create_app(1)", "TypeError: object of type 'int'", "app.py:1"),
    ],
)
def test_a_factory_that_fails_says_how(
    tmp_path: Path, body: str, target: str, summary: str, hint: str
) -> None:
    error = failure(tmp_path, f"def create_app{body}\n", target)
    assert error.summary.startswith("create_app() in app.py failed: ")
    assert summary in error.summary
    assert hint in error.hint


RUN_IT = [
    pytest.param(FLASK + "app.run(port=0)\n", "app.run() at line 3 of app.py", id="app.run"),
    pytest.param(
        FLASK + "app.run(port=0, debug=True)\n", "app.run() at line 3 of app.py", id="with the reloader"
    ),
    pytest.param(
        FLASK + "try:\n    app.run(port=0)\nexcept:\n    pass\n",
        "app.run() at line 4 of app.py",
        id="bare except",
    ),
    pytest.param(
        WSGI + "from werkzeug.serving import run_simple\nrun_simple('127.0.0.1', 0, application)\n",
        "run_simple() at line 5 of app.py",
        id="run_simple",
    ),
    pytest.param(
        "from flask import Flask\ndef create_app():\n    app = Flask('x')\n    app.run(port=0)\n    return app\n",
        "app.run() at line 4 of app.py",
        id="in a factory",
    ),
]


@pytest.mark.parametrize(("text", "words"), RUN_IT)
def test_an_app_that_starts_its_own_server_is_told_to_guard_it(tmp_path: Path, text: str, words: str) -> None:
    error = failure(tmp_path, text)
    assert error.summary == f"{words} runs at import and never returns"
    assert error.hint == "guard it with if __name__ == '__main__'; enuf starts the server itself"
    assert error.detail.startswith(f'Traceback (most recent call last):\n  File "{tmp_path}/app.py", line ')


def test_an_app_may_bind_a_socket_for_other_reasons(tmp_path: Path) -> None:
    text = "import socket\nwith socket.socket() as probe:\n    probe.bind(('127.0.0.1', 0))\n"
    assert app(tmp_path, text + FLASK + "if __name__ == '__main__':\n    app.run()\n").is_flask


def test_a_file_that_a_module_of_python_hides_is_refused(tmp_path: Path) -> None:
    place(tmp_path, "json.py", FLASK)
    with pytest.raises(AppNotFound, match=r"json.py is hidden by another module json: .*json/__init__\.py"):
        bring(tmp_path, "json.py")


# What it does to the machine


def test_a_hang_is_ended_and_shown_with_the_line_that_hangs(tmp_path: Path) -> None:
    place(tmp_path, "느린 것.py", "import time\ndef wait():\n    time.sleep(60)\n")
    text = "print('connecting')\nwait = __import__('느린 것').wait\nwait()\n" + WSGI
    error = failure(tmp_path, text, timeout_s=SHORT_S)
    assert error.summary == f"importing app.py did not finish within {SHORT_S:g}s"
    assert "it waits at 느린 것.py:3" in error.hint
    assert error.detail == (
        "where it was when the time was up (most recent call last):\n"
        f'  File "{tmp_path}/app.py", line 3, in <module>\n    wait()\n'
        f'  File "{tmp_path}/느린 것.py", line 3, in wait\n    time.sleep(60)\n'
        "what it printed last:\nconnecting"
    )


def test_the_stack_of_a_hang_is_the_main_threads(tmp_path: Path) -> None:
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\nwhile True: pass\n"
    assert "it waits at app.py:3" in failure(tmp_path, text + WSGI, timeout_s=SHORT_S).hint


def test_endless_output_neither_fills_memory_nor_disk_and_its_end_is_kept(tmp_path: Path) -> None:
    text = "import sys\nfor _ in range(40): sys.stdout.write('x' * 1_000_000)\nprint('the end')\n"
    output = app(tmp_path, text + WSGI).output
    assert len(output) == 8192
    assert output.endswith("xxx" + "the end\n")


STARTED = {
    "a child": "subprocess.Popen(['sleep', '60']).pid",
    "a session of its own": "subprocess.Popen(['sleep', '60'], start_new_session=True).pid",
    "without our environment": "subprocess.Popen(['/bin/sleep', '60'], start_new_session=True, env={}).pid",
    "forked twice": "subprocess.run(['sh', '-c', 'setsid sleep 60 >/dev/null 2>&1 & echo $!'], capture_output=True).stdout.decode()",
}


@pytest.mark.skipif(sys.platform != "linux", reason="orphans stay below us on Linux only")
@pytest.mark.parametrize("hangs", [False, True], ids=["a good import", "an import that hangs"])
def test_what_the_import_starts_is_killed_with_it(tmp_path: Path, hangs: bool) -> None:
    starts = "".join(f"print({how}, file=pids)\n" for how in STARTED.values())
    text = f"import os, subprocess, time\npids = open('pids', 'w', buffering=1)\nprint(os.getpid(), file=pids)\n{starts}"
    if hangs:
        failure(tmp_path, text + "time.sleep(60)\n" + WSGI, timeout_s=SHORT_S)
    else:
        app(tmp_path, text + WSGI)
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 1 + len(STARTED)
    until(lambda: not any(map(is_running, pids)), what="the end of what was killed")


@pytest.mark.skipif(sys.platform != "linux", reason="orphans stay below us on Linux only")
def test_a_process_that_was_there_before_the_import_lives_on(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as before:
        app(tmp_path, WSGI)
        assert is_running(before.pid)
        before.kill()


def begun(project: Path, text: str) -> tuple[Path, AppRef]:
    fifo = project / "fifo"
    os.mkfifo(fifo)
    place(
        project,
        "app.py",
        f"import os, time\nopen({str(fifo)!r}, 'w').write(str(os.getpid()))\n{text}\n" + WSGI,
    )
    return fifo, find_app(project, "app.py", {})


def test_an_import_can_begin_now_and_be_collected_later(tmp_path: Path) -> None:
    fifo, ref = begun(tmp_path, "")
    proof = begin_import(ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S)
    assert int(fifo.read_text()) > 0  # it runs while nobody waits for it
    assert proof.wait().app == ref


def test_an_import_that_is_cancelled_is_gone(tmp_path: Path) -> None:
    fifo, ref = begun(tmp_path, "time.sleep(60)")
    with begin_import(ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S) as proof:
        pid = int(fifo.read_text())
        assert is_running(pid)
        proof.cancel()
        assert not is_running(pid)


def test_an_interrupt_while_waiting_leaves_nothing_running(tmp_path: Path) -> None:
    interrupt = f"time.sleep(0.5); os.kill({os.getpid()}, {int(signal.SIGINT)}); time.sleep(60)"
    fifo, ref = begun(tmp_path, interrupt)
    proof = begin_import(ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S)
    pid = int(fifo.read_text())
    with pytest.raises(KeyboardInterrupt):
        proof.wait()
    assert not is_running(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a death signal")
def test_an_import_dies_with_the_process_that_began_it(tmp_path: Path) -> None:
    fifo, ref = begun(tmp_path, "time.sleep(60)")
    parent = os.fork()
    if parent == 0:
        begin_import(ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S)
        signal.pause()
    pid = int(fifo.read_text())
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert ended.poll(30_000)


def test_a_python_that_does_not_start_is_a_tool_that_is_unusable(tmp_path: Path) -> None:
    place(tmp_path, "app.py", WSGI)
    nowhere = Interpreter(
        executable=str(tmp_path / "no-python"),
        version="3.11.0",
        prefix="",
        base_prefix="",
        origin="python setting",
    )
    with pytest.raises(ToolUnusable, match="cannot be started: No such file or directory"):
        import_app(find_app(tmp_path, None, {}), nowhere, project=tmp_path, environ={}, timeout_s=LIMIT_S)


def test_the_probe_is_a_program_without_anything_of_enuf() -> None:
    text = Path(PROGRAM).read_text(encoding="utf-8")
    imported = {
        line.split()[1].partition(".")[0]
        for line in text.splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imported <= sys.stdlib_module_names
    ast.parse(text, feature_version=(3, 8))


# What is no plain WSGI app in a plain module


THING = "class Thing:\n    def __init__(self, app): self.server = app\n    def callback(self): ...\n"
ASYNC = "class Api:\n    async def __call__(self, scope, receive, send): ...\n"


@pytest.mark.parametrize(
    ("text", "attribute", "skipped"),
    [
        ("server = Flask('x')\napp = Thing(server)\n", "server", "app is no WSGI app (Thing)"),
        ("app = Thing(Flask('x'))\n", "app.server", "app is no WSGI app (Thing)"),
        ("app = Api()\nweb = Flask('x')\n", "web", "app is an ASGI app (Api)"),
        ("class One:\n    def __call__(self, request): ...\napp = One()\nweb = Flask('x')\n", "web", "app is no WSGI app (One)"),
        ("application = Flask('x')\napp = object()\n", "application", "app is no WSGI app (object)"),
    ],
)  # fmt: skip
def test_an_object_that_only_the_import_shows_to_be_no_wsgi_app_is_passed_over_with_a_word(
    tmp_path: Path, text: str, attribute: str, skipped: str
) -> None:
    place(tmp_path, "inner.py", "from flask import Flask\n" + THING + ASYNC + text)
    report = app(tmp_path, "from inner import *\n")
    assert (report.app.attribute, report.app.skipped) == (attribute, skipped)


def test_an_asgi_app_is_refused_with_the_cure(tmp_path: Path) -> None:
    for target in ("app.py", "app.py:app"):
        place(tmp_path, "inner.py", ASYNC + "app = Api()\n")
        error = failure(tmp_path, "from inner import *\n", target)
        assert "app is an ASGI app" in error.summary
        assert "from a2wsgi import ASGIMiddleware; application = ASGIMiddleware(app)" in error.hint


def test_an_object_that_was_named_and_holds_the_app_is_refused_with_the_name_of_the_app(
    tmp_path: Path,
) -> None:
    error = failure(tmp_path, FLASK + THING + "web = Thing(app)\n", "app.py:web")
    assert error.summary == "app.py: web is not a WSGI callable but of type Thing"
    assert error.hint == "name the app in it: app:web.server"


def test_a_factory_that_returns_an_object_around_the_app_is_refused_with_the_cure(tmp_path: Path) -> None:
    text = FLASK + THING + "def create_app(): return Thing(Flask(__name__))\ndel app\n"
    error = failure(tmp_path, text, "app.py:create_app")
    assert error.summary == "app.py: create_app is not a WSGI callable but of type Thing"
    assert error.hint == "let create_app() return the app in it, its attribute server"


def test_an_app_that_asks_for_arguments_is_told_that_there_are_none(tmp_path: Path) -> None:
    text = "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--cfg', required=True)\nparser.parse_args()\n"
    error = failure(tmp_path, text + FLASK, "app.py")
    assert error.hint.startswith(
        "a server gives the app no arguments, so ask for them under if __name__ == '__main__' alone"
    )
    assert error.hint.endswith("it printed last: app.py: error: the following arguments are required: --cfg")


def test_a_wsgi_file_is_imported_beside_the_module_of_its_name(tmp_path: Path) -> None:
    place(tmp_path, "app.py", FLASK)
    place(tmp_path, "app.wsgi", "from app import app as application\n")
    report = bring(tmp_path, "app.wsgi")
    assert report.is_flask and report.app.loader == "file"
    place(tmp_path, "app.wsgi", "from app import app as application\nraise ValueError('no')\n")
    with pytest.raises(AppImportFailed, match=r"^app\.wsgi cannot be imported: ValueError: no$") as caught:
        bring(tmp_path, "app.wsgi")
    assert caught.value.hint == "the last line of the project in the traceback is app.wsgi:2"


UWSGI = (
    "import uwsgi\nfrom uwsgidecorators import *\n"
    + FLASK
    + "import uwsgidecorators\nfrom uwsgidecorators import postfork, timer, spool\n"
    "@postfork\ndef forked(): ...\n@timer(1)\ndef tick(number): ...\n@spool(pass_arguments=True)\ndef send(): ...\n"
    "uwsgi.lock(); uwsgi.register_signal(1, '', tick); assert not uwsgi.opt.get('spooler')\n"
    "assert uwsgi.worker_id() == 0 and callable(tick)\n"
)


def test_an_app_that_needs_uwsgi_is_imported_with_stand_ins_where_uwsgi_will_run_it(tmp_path: Path) -> None:
    place(tmp_path, "app.py", UWSGI)
    ref = find_app(tmp_path, "app.py", {})

    def proof(*, in_uwsgi: bool) -> AppReport:
        return import_app(
            ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S, in_uwsgi=in_uwsgi
        )

    assert proof(in_uwsgi=True).is_flask
    with pytest.raises(AppImportFailed) as caught:
        proof(in_uwsgi=False)
    assert caught.value.hint.startswith("uwsgi exists only inside uWSGI: use topology nginx-uwsgi, or")


def test_a_guarded_import_of_uwsgi_takes_the_way_without_it(tmp_path: Path) -> None:
    place(tmp_path, "app.py", FLASK + "try:\n    import uwsgi\nexcept ImportError:\n    print('without')\n")
    ref = find_app(tmp_path, "app.py", {})
    report = import_app(
        ref, PYTHON, project=tmp_path, environ=environment(), timeout_s=LIMIT_S, in_uwsgi=True
    )
    assert report.output == "without\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from flask import Flask\nimport os\ndef create_app():\n    app = Flask(__name__)\n    app.config['K'] = os.environ['API_KEY']\n    return app\n", "API_KEY"),
        (FLASK + "class UndefinedValueError(Exception): pass\nUndefinedValueError.__module__ = 'decouple'\nraise UndefinedValueError('DB_URL not found. Declare it as envvar or define a default value.')\n", "DB_URL"),
        (FLASK + "class EnvError(Exception): pass\nEnvError.__module__ = 'environs.exceptions'\nraise EnvError('Environment variable \"DB_URL\" not set')\n", "DB_URL"),
    ],
)  # fmt: skip
def test_so_is_one_of_a_factory_or_of_a_library_for_settings(tmp_path: Path, text: str, name: str) -> None:
    assert failure(tmp_path, text).hint.endswith(f"export it, or write {name}=… into .env")


def test_a_variable_that_is_missing_is_named_with_the_place_for_it(tmp_path: Path) -> None:
    error = failure(tmp_path, "import os\nKEY = os.environ['API_KEY']\n" + FLASK)
    assert error.hint == (
        "the app reads that variable from its environment at app.py:2: export it, or write API_KEY=… into .env"
    )
    assert "traceback is app.py:1" in failure(tmp_path, "{}['API_KEY']\n" + FLASK).hint


def test_an_installed_package_without_an_app_is_not_offered_by_its_functions(tmp_path: Path) -> None:
    error = failure(tmp_path, FLASK, "this")  # a module of Python's own stands for any that is installed
    assert (error.slug, error.summary) == ("app-not-found", "this holds no app")
    assert error.hint == "its documentation says whether it has a WSGI app, and where: this:name"


def test_an_exit_in_an_installed_package_is_told_by_what_it_printed_last(tmp_path: Path) -> None:
    folder = place(
        tmp_path, "lib/site-packages/comments.py", "print('no website is set up')\nraise SystemExit(1)\n"
    ).parent
    error = failure(tmp_path, f"import sys\nsys.path.append({str(folder)!r})\nimport comments\n" + FLASK)
    assert error.summary == "app.py cannot be imported: it exits, sys.exit(1) at app.py:3"
    assert error.hint == "a package that it imports ends Python; it printed last: no website is set up"
