"""In a project that no other server is described for, the doctor takes enuf itself as the server of the app."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.docs.page import read_page

from enuf.cli.verb import begin_run
from enuf.cli.verbs.doctor import command
from enuf.discover.run_user import likely_user
from enuf.system.user import user_named

ROOT = Path(__file__).parents[2]
HEAD = "import os, sqlite3, threading\nfrom flask import Flask\napp = Flask(__name__)\n"
KEY = "app.secret_key = os.urandom(24)\n"
THREAD = "threading.Thread(target=print, daemon=True).start()\n"
COUNT = "count = 0\n@app.get('/')\ndef index():\n    global count\n    count += 1\n    return str(count)\n"
TWO, ONE = "[serve]\nprocesses = 2\n", "[serve]\nprocesses = 1\n"
UWSGI = "[uwsgi]\nsocket = /run/shop/app.sock\nmodule = other:app\nmaster = true\nprocesses = 4\n"


def findings(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], *words: str
) -> dict[str, str]:
    """Return the findings about apps of `enuf doctor` in a folder with these files: severity and cure by code."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    monkeypatch.chdir(folder)
    begin_run(words)
    done = CliRunner().invoke(command, [*words, "--format", "json"], standalone_mode=False)
    assert done.exception is None, done.output
    found = json.loads(done.stdout)["findings"]
    return {
        each["code"]: f"{each['severity']} {each['hint']}"
        for each in found
        if each["code"][0] == "A" or each["code"] in ("S010", "D001")
    }


CASES = {
    "a thread at import, so that each worker loads the app and makes a key of its own": (
        {"app.py": HEAD + KEY + THREAD, "enuf.toml": TWO},
        {"A008": "error"},
    ),
    "one process, whose key is new with every start": (
        {"app.py": HEAD + KEY + THREAD, "enuf.toml": ONE},
        {"A008": "warning"},
    ),
    "an app that is loaded before the fork because the settings say so": (
        {"app.py": HEAD + THREAD, "enuf.toml": TWO + "[workers]\nlazy = false\n"},
        {"A010": 'warning workers.lazy = "auto"'},
    ),
    "a connection at import, which workers.lazy = auto takes care of": (
        {
            "app.py": HEAD + "import socket\ndb = socket.create_connection(('127.0.0.1', 5432))\n",
            "enuf.toml": TWO,
        },
        {},
    ),
    "a counter in a module": (
        {"app.py": HEAD + COUNT, "enuf.toml": TWO},
        {"A011": "warning keep it in a database or in Redis, or set serve.processes = 1"},
    ),
    "a counter in a module, with one process": ({"app.py": HEAD + COUNT, "enuf.toml": ONE}, {}),
    "X-Sendfile inside of a factory": (
        {
            "shop.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
            "    app.config['USE_X_SENDFILE'] = True\n    return app\n",
            "enuf.toml": 'app = "shop:create_app()"\n',
        },
        {
            "A006": 'error name your folder: static.protected = { "/private/" = "./private" }; or USE_X_SENDFILE = False'
        },
    ),
    "X-Sendfile that nginx obeys": (
        {
            "app.py": HEAD + "app.config['USE_X_SENDFILE'] = True\n",
            "enuf.toml": '[static.protected]\n"/private/" = "./private"\n',
            "private/a.txt": "",
        },
        {},
    ),
    "a development server that has no fork": (
        {"app.py": HEAD + KEY + COUNT + THREAD, "enuf.toml": 'topology = "flask"\n'},
        {"A008": "warning"},
    ),
    "a .wsgi file": (
        {"shop.wsgi": (HEAD + COUNT).replace("app = ", "application = app = "), "enuf.toml": TWO},
        {"A011": "warning"},
    ),
    "server-sent events, which enuf lets through": (
        {"app.py": HEAD + "TYPE = 'text/event-stream'\n", "enuf.toml": TWO},
        {},
    ),
    "settings that no start would accept": (
        {"app.py": HEAD, "enuf.toml": "[serve]\nthreads = 0\n"},
        {"D001": "warning"},
    ),
    "another server, and no sign of enuf": ({"app.py": HEAD + KEY + COUNT, "uwsgi.ini": UWSGI}, {}),
    "another server beside enuf": (
        {"app.py": HEAD + COUNT, "uwsgi.ini": UWSGI, "enuf.toml": TWO},
        {"A011": "warning"},
    ),
    "no app": ({"notes.py": "x = 1\n"}, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_an_app_is_examined_as_enuf_would_serve_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    files, expected = CASES[case]
    found = findings(tmp_path, monkeypatch, files)
    assert {code: found[code].startswith(words) for code, words in expected.items() if code in found} == dict.fromkeys(
        expected, True
    ), found  # fmt: skip
    assert set(found) == set(expected), found


def test_the_project_may_be_named_and_a_file_of_it_is_no_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"app.py": HEAD + COUNT, "enuf.toml": TWO}
    assert set(findings(tmp_path, monkeypatch, files, str(tmp_path))) == {"A011"}
    assert findings(tmp_path, monkeypatch, files, "app.py") == {}


def give(folder: Path, user: str) -> None:
    """Make a folder that this user, who may have no name, can write."""
    folder.mkdir()
    folder.parent.chmod(0o755)
    known = user_named(user)
    os.chown(folder, known.uid if known else int(user), -1)


def test_a_database_is_compared_with_the_user_of_the_servers(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD + "def database():\n    return sqlite3.connect('data/shop.db')\n"
    name, folder = likely_user("auto", open_folder), open_folder / "data"
    give(folder, name)
    assert findings(open_folder, monkeypatch, {"app.py": text}) == {}
    folder.chmod(0o555)
    found = findings(open_folder, monkeypatch, {})
    folder.chmod(0o755)
    cure = f"give the folder and the database to {name}, or name their owner in serve.user"
    assert found == {"S010": f"warning {cure}"}


def test_flask_sqlalchemy_keeps_a_database_in_the_instance_folder(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = HEAD + "import flask_sqlalchemy\napp.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///shop.db'\n"
    name, folder = likely_user("auto", open_folder), open_folder / "instance"
    give(folder, name)
    folder.chmod(0o555)
    assert set(findings(open_folder, monkeypatch, {"app.py": text})) == {"S010"}
    folder.chmod(0o755)
    assert findings(open_folder, monkeypatch, {}) == {}


def test_the_app_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "imported"
    text = HEAD + f"open({str(mark)!r}, 'w')\n"
    assert findings(tmp_path, monkeypatch, {"app.py": text}) == {}
    assert not mark.exists()


def _apps_of_pages() -> list[tuple[str, str]]:
    pages = sorted((ROOT / "docs/en").glob("*/*.md"))
    blocks = [(page, block) for page in pages for block in read_page(page) if block.language == "python"]
    return [
        (f"{page.name}:{block.line}", "\n".join(block.text))
        for page, block in blocks
        if "Flask(" in "".join(block.text) and "\napp.run(" not in "\n".join(block.text)
    ]


@pytest.mark.parametrize(("place", "text"), _apps_of_pages())
def test_no_app_of_our_own_pages_is_at_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, text: str
) -> None:
    found = findings(tmp_path, monkeypatch, {"app.py": text})
    assert [code for code, words in found.items() if not words.startswith("advice")] == [], place


def test_no_example_is_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in sorted((ROOT / "examples").iterdir()):
        found = findings(folder, monkeypatch, {})
        assert [code for code, words in found.items() if not words.startswith("advice")] == [], folder
