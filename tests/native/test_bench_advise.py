"""`enuf bench advise` with a real stack: short loads, and a target that every machine reaches or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.native

WITHIN_S = 280


def test_a_target_that_one_process_meets_is_answered_with_one_process(stack: Stack) -> None:
    done = stack.run(
        "bench", "advise", "--rate", "50", "--p95", "60000", "--duration", "500ms", "--json", timeout=WITHIN_S
    )

    assert done.code == 0, done.err
    assert done.json["advice"] == {"processes": 1, "threads": 2}
    points = done.json["points"]
    assert {"processes": 1, "threads": 2} in [each["slots"] for each in points]
    assert all(each["rps"] > 0 and each["memory_mb"] > 0 for each in points)


def test_an_app_that_does_not_start_is_named_as_the_reason(stack: Stack) -> None:
    (stack.project / "app.py").write_text(
        "from flask import Flask\napp = Flask(__name__)\nraise RuntimeError('broken')\n"
    )

    done = stack.run("bench", "advise", "--rate", "50", "--p95", "1000", timeout=WITHIN_S)

    assert done.code == 5
    assert "broken" in done.err


def test_the_server_that_the_settings_name_is_measured(stack: Stack, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    stack.env["SEEN"] = str(seen)
    stack.write("enuf.toml", 'topology = "gunicorn"\n')
    stack.write(
        "app.py",
        "import os, pathlib, sys\nfrom flask import Flask\napp = Flask(__name__)\n\n@app.get('/')\ndef index():\n"
        "    server = 'uwsgi' if 'uwsgi' in sys.modules else 'gunicorn' if 'gunicorn' in sys.modules else ''\n"
        "    pathlib.Path(os.environ['SEEN'] + server).touch()\n    return 'hello'\n",
    )

    done = stack.run(
        "bench", "advise", "--rate", "50", "--p95", "60000", "--duration", "500ms", timeout=WITHIN_S
    )

    assert done.code == 0, done.err
    assert Path(f"{seen}gunicorn").exists()
    assert not Path(f"{seen}uwsgi").exists()
