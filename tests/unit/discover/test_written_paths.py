"""Files that an app writes beside its code, found without running anything."""

from __future__ import annotations

from pathlib import Path

from enuf.discover.written_paths import written_paths


def found(project: Path, **sources: str) -> dict[str, str]:
    for name, text in sources.items():
        (project / f"{name}.py").write_text(text)
    return {
        each.path.removeprefix(f"{project}/"): f"{each.kind} {each.file}:{each.line}"
        for each in written_paths(project)
    }


def test_databases_folders_of_uploads_and_the_instance_folder_are_found(tmp_path: Path) -> None:
    assert found(
        tmp_path,
        app='import sqlite3\nsqlite3.connect("data/shop.db")\napp.config["UPLOAD_FOLDER"] = os.path.join(HERE, "uploads")\n',
        factory='app.config.from_mapping(DATABASE=os.path.join(app.instance_path, "flaskr.sqlite"), UPLOAD_FOLDER="media")\n',
        models='URL = "sqlite:///orders.db?timeout=5"\nTEST = "sqlite:///:memory:"\nOUT = "/srv/elsewhere/x.db"\n',
    ) == {
        "data/shop.db": "database app.py:2",
        "uploads": "folder app.py:3",
        "instance": "instance factory.py:1",
        "media": "folder factory.py:1",
        "orders.db": "database models.py:1",
    }


def test_a_relative_url_of_flask_sqlalchemy_lies_in_the_instance_folder(tmp_path: Path) -> None:
    source = 'from flask_sqlalchemy import SQLAlchemy\nURI = "sqlite:///shop.db"\n'
    assert found(tmp_path, app=source) == {"instance/shop.db": "database app.py:2"}


def test_a_source_that_knows_its_place_and_code_of_others_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env/pyvenv.cfg").write_text("")
    (tmp_path / "env/lib.py").write_text('X = "lib.db"')
    (tmp_path / "broken.py").write_text("def (")
    assert found(tmp_path, app='BASE = os.environ.get("STATE_DIRECTORY", ".")\nDB = "shop.db"\n') == {}
