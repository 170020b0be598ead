"""`enuf init` learns from what a project already says, and from nothing that would have to run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enuf.discover.existing import Inferred, infer
from enuf.discover.serve_command import ServeOptions, read_command


def place(project: Path, name: str, text: str) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def values(found: Inferred) -> tuple[str | None, int | None, int | None, int | None]:
    return found.target, found.processes, found.threads, found.timeout_s


def test_an_empty_project_says_nothing(tmp_path: Path) -> None:
    assert infer(tmp_path, {}) == Inferred()


def test_a_procfile_tells_everything_in_one_line(tmp_path: Path) -> None:
    place(
        tmp_path,
        "Procfile",
        "release: flask db upgrade\nweb: gunicorn pkg:app -w 4 --threads 2 -b :$PORT -t 60\n",
    )
    found = infer(tmp_path, {})
    assert values(found) == ("pkg:app", 4, 2, 60)
    assert found.sources == (
        "target: Procfile",
        "processes: Procfile",
        "threads: Procfile",
        "timeout: Procfile",
    )


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gunicorn pkg.mod:app", ("pkg.mod:app", None, None)),
        ("gunicorn -w4 --threads=2 'pkg:create_app(\"prod\")'", ('pkg:create_app("prod")', 4, 2)),
        ("gunicorn --preload --access-logfile - --reload pkg:app", ("pkg:app", None, None)),
        ("gunicorn --bind 0.0.0.0:$PORT --log-level info app:app", ("app:app", None, None)),
        ("gunicorn -w $WEB_CONCURRENCY app:app", ("app:app", None, None)),
        ("exec env X=1 poetry run gunicorn app:app -w 2", ("app:app", 2, None)),
        ("flask db upgrade && /opt/venv/bin/gunicorn app:app --workers 3", ("app:app", 3, None)),
        ("python -m gunicorn app:app", ("app:app", None, None)),
        ("gunicorn --chdir backend shop.web:app", ("backend/shop/web:app", None, None)),
        ("gunicorn --chdir=/srv/app app:app", ("app:app", None, None)),
        ("uwsgi --module wsgi --callable web --processes 4 --threads 2 --master", ("wsgi:web", 4, 2)),
        ("uwsgi --http :8000 -w wsgi:app -p 3", ("wsgi:app", 3, None)),
        ("uwsgi --wsgi-file toy_flask_app.py --callable app", ("toy_flask_app.py:app", None, None)),
        ("flask --app toy run --host 0.0.0.0", ("toy", None, None)),
        ("flask --app=toy:create_app run", ("toy:create_app", None, None)),
        ("flask -A toy run", ("toy", None, None)),
        ("python toy.py", ("toy.py", None, None)),
        ("flask --app toy db upgrade", (None, None, None)),
        ("gunicorn 'never closed", (None, None, None)),
        ("npm start", (None, None, None)),
        ("", (None, None, None)),
    ],
)
def test_a_command_that_serves_tells_target_processes_and_threads(
    line: str, expected: tuple[str | None, int | None, int | None]
) -> None:
    served = read_command(line)
    assert (served.target, served.processes, served.threads) == expected


def test_an_ini_that_the_procfile_names_is_read(tmp_path: Path) -> None:
    place(tmp_path, "Procfile", "web: uwsgi --ini deploy/web.ini\n")
    place(tmp_path, "deploy/web.ini", "[uwsgi]\nmodule = shop:app\nprocesses = 4\nharakiri = 30\n")
    place(tmp_path, "uwsgi.ini", "[uwsgi]\nprocesses = 9\n")
    found = infer(tmp_path, {})
    assert values(found) == ("shop:app", 4, None, 30)
    assert found.sources[0] == "target: deploy/web.ini"


def test_a_uwsgi_ini_is_read_as_uwsgi_reads_it(tmp_path: Path) -> None:
    text = (
        "[other]\nprocesses = 99\n[uwsgi]\n; processes = 98\n# threads = 97\n"
        "wsgi-file = toy_flask_app.py\ncallable = app\nworkers = 4\nthreads=2\nharakiri = %(limit)\n"
    )
    place(tmp_path, "uwsgi.ini", text)
    assert values(infer(tmp_path, {})) == ("toy_flask_app.py:app", 4, 2, None)


def test_a_file_of_another_machine_is_looked_for_here_by_its_name(tmp_path: Path) -> None:
    place(tmp_path, "uwsgi.ini", "[uwsgi]\nwsgi-file = /home/somebody/toy.py\ncallable = web\n")
    assert infer(tmp_path, {}).target is None
    place(tmp_path, "toy.py", "")
    assert infer(tmp_path, {}).target == "toy.py:web"


def test_a_placeholder_is_no_target(tmp_path: Path) -> None:
    place(tmp_path, "uwsgi.ini", "[uwsgi]\nmodule = %(site):app\n")
    assert infer(tmp_path, {}).target is None


def test_the_literals_of_a_gunicorn_conf_count_and_it_is_never_run(tmp_path: Path) -> None:
    text = (
        "import multiprocessing, pathlib\nwsgi_app = 'shop:app'\nthreads: int = 4\ntimeout = 45\n"
        "workers = multiprocessing.cpu_count() * 2 + 1\n"
        f"pathlib.Path({str(tmp_path / 'was-run')!r}).touch()\n"
    )
    place(tmp_path, "gunicorn.conf.py", text)
    assert values(infer(tmp_path, {})) == ("shop:app", None, 4, 45)
    assert not (tmp_path / "was-run").exists()


def test_the_command_line_of_gunicorn_beats_its_file(tmp_path: Path) -> None:
    place(tmp_path, "Procfile", "web: gunicorn -c conf/g.py -w 4 shop:app")
    place(tmp_path, "conf/g.py", "workers = 8\nthreads = 3\n")
    found = infer(tmp_path, {})
    assert values(found) == ("shop:app", 4, 3, None)
    assert found.sources == ("target: Procfile", "processes: Procfile", "threads: conf/g.py")


def test_flask_app_is_taken_from_the_environment_then_env_then_flaskenv(tmp_path: Path) -> None:
    place(tmp_path, "Procfile", "web: gunicorn four:app")
    place(tmp_path, ".flaskenv", "FLASK_APP=three\n")
    assert infer(tmp_path, {}).target == "three"
    place(tmp_path, ".env", "SECRET_KEY='a\"b\nexport FLASK_APP = \"two:create_app('x')\"  # why\n")
    assert infer(tmp_path, {}).target == "two:create_app('x')"
    assert infer(tmp_path, {"FLASK_APP": "one"}).sources == ("target: FLASK_APP in the environment",)


def test_a_wsgi_py_is_the_last_resort(tmp_path: Path) -> None:
    place(tmp_path, "wsgi.py", "from shop import app")
    assert infer(tmp_path, {}) == Inferred(target="wsgi.py", sources=("target: wsgi.py",))


@pytest.mark.parametrize("value", ["0", "-1", "many", "", "4x", "99999999999999"])
def test_a_number_that_is_none_is_left_out(tmp_path: Path, value: str) -> None:
    place(tmp_path, "uwsgi.ini", f"[uwsgi]\nprocesses = {value}\n")
    assert infer(tmp_path, {}).processes is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Procfile", "uwsgi.ini", "gunicorn.conf.py", ".env", ".flaskenv"]),
    start=st.sampled_from(
        [b"", b"web: gunicorn ", b"web: uwsgi --ini ", b"[uwsgi]\nmodule=", b"workers=", b"FLASK_APP="]
    ),
    raw=st.binary(),
)
def test_no_garbage_makes_it_fail(tmp_path: Path, name: str, start: bytes, raw: bytes) -> None:
    (tmp_path / name).write_bytes(start + raw)
    assert isinstance(infer(tmp_path, {}), Inferred)
    (tmp_path / name).unlink()


def test_folders_and_endless_files_are_no_sources(tmp_path: Path) -> None:
    (tmp_path / "Procfile").mkdir()
    (tmp_path / "uwsgi.ini").symlink_to("/dev/zero")
    (tmp_path / ".env").symlink_to(tmp_path / ".env")
    assert infer(tmp_path, {}) == Inferred()


def test_a_command_without_a_server_is_empty() -> None:
    assert read_command("gunicorn") == ServeOptions(server="gunicorn")
    assert read_command("echo hello") == ServeOptions()
