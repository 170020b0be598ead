"""Files that are there already: an edit is noticed, kept and shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.errors import Conflict
from enuf.export.compare import compared_files, difference, signed
from enuf.export.deployment import ExportedFile
from enuf.export.ignore import ignore_text, is_ignored, own_lines
from enuf.export.write import compare_with, export_place, refuse_overwriting, write_export

FILES = [ExportedFile(name="Dockerfile", text="FROM x\n"), ExportedFile(name="conf/a.ini", text="[a]\n")]


def states(folder: Path, files: list[ExportedFile], target: str = "image") -> dict[str, str]:
    """The state of each file."""
    return {each.name: each.state for each in compare_with(folder, files, target)}


def write(folder: Path, files: list[ExportedFile], target: str = "image") -> None:
    """Write an export."""
    write_export(folder, compare_with(folder, files, target))


def test_what_an_export_wrote_is_written_anew_without_a_question(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    assert states(tmp_path, FILES) == {"Dockerfile": "same", "conf/a.ini": "same"}
    newer = [ExportedFile(name="Dockerfile", text="FROM y\n"), FILES[1]]
    found = compare_with(tmp_path, newer, "image")
    refuse_overwriting(tmp_path, found)
    write_export(tmp_path, found)
    assert (tmp_path / "Dockerfile").read_text().startswith("FROM y\n")


@pytest.mark.parametrize("edit", ["FROM mine\n", "", "FROM x\n# a line more\n"])
def test_an_edited_file_is_kept_and_named(tmp_path: Path, edit: str) -> None:
    write(tmp_path, FILES)
    (tmp_path / "Dockerfile").write_text(edit)
    found = compare_with(tmp_path, FILES, "image")
    with pytest.raises(Conflict, match="Dockerfile") as caught:
        refuse_overwriting(tmp_path, found)
    assert caught.value.slug == "export-edited"
    assert (tmp_path / "Dockerfile").read_text() == edit


def test_a_line_added_below_is_an_edit_too(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    with (tmp_path / "Dockerfile").open("a") as file:
        file.write("RUN true\n")
    assert states(tmp_path, FILES)["Dockerfile"] == "edited"


def test_a_file_of_somebody_else_is_kept(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"\xff\xfe")
    assert states(tmp_path, FILES)["Dockerfile"] == "edited"
    (tmp_path / "Dockerfile").unlink()
    (tmp_path / "Dockerfile").symlink_to("/etc/hostname")
    assert states(tmp_path, FILES)["Dockerfile"] == "edited"


def test_what_an_export_no_longer_writes_is_removed_unless_somebody_edited_it(tmp_path: Path) -> None:
    more = [
        *FILES,
        ExportedFile(name="ingress.yaml", text="a: 1\n"),
        ExportedFile(name="job.yaml", text="a: 1\n"),
    ]
    write(tmp_path, more)
    (tmp_path / "job.yaml").write_text("mine\n")
    (tmp_path / "other.yaml").write_text("mine\n")
    write(tmp_path, FILES)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "Dockerfile",
        "conf",
        "job.yaml",
        "other.yaml",
    ]


def test_a_folder_holds_the_files_of_one_target(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    other = [ExportedFile(name="Dockerfile", text="FROM y\n")]
    with pytest.raises(Conflict, match="holds the export for image"):
        refuse_overwriting(tmp_path, compare_with(tmp_path, other, "swarm"))


def test_the_difference_is_that_of_the_files() -> None:
    there = {"Dockerfile": "FROM mine\n"}
    changed, new = compared_files(FILES, there, "image")
    assert "-FROM mine\n+FROM x\n" in difference(changed)
    assert difference(new).startswith("--- /dev/null\n+++ conf/a.ini\n")
    same = compared_files(FILES[:1], {"Dockerfile": signed(FILES[0], "image").text}, "image")
    assert [difference(each) for each in same] == [""]


def test_the_place_of_the_files_is_seen_from_the_project(tmp_path: Path) -> None:
    assert export_place(tmp_path, tmp_path).is_project
    inside = export_place(tmp_path / "ops/k8s", tmp_path)
    assert (inside.folder, inside.project, inside.inside("conf")) == ("ops/k8s", "../..", "ops/k8s/conf")
    outside = export_place(Path("/elsewhere"), tmp_path)
    assert (outside.is_inside, outside.project) == (False, str(tmp_path))


def test_the_projects_own_lines_outlive_the_export() -> None:
    first = ignore_text((), (), ("*.log", "!keep.log"))
    assert own_lines(signed(ExportedFile(name="x", text=first), "image").text) == ("*.log", "!keep.log")
    assert own_lines(ignore_text((), (), ())) == ()


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("**/.env", ".env", True), ("**/.env", "a/b/.env", True), ("**/.env", "a/.envoy", False),
        ("*.log", "a.log", True), ("*.log", "a/b.log", False), ("docs", "docs/a/b.md", True), ("docs/", "docs/a", True),
        ("a?c", "abc", True), ("a?c", "a/c", False), ("a/**/z", "a/z", True), ("a/**/z", "a/b/c/z", True), ("/x", "x", True),
        ("a.b", "axb", False), ("deploy/*", "deploy/conf/x", True), ("deploy/*", "deploy", False),
    ],
)  # fmt: skip
def test_a_pattern_is_read_as_builders_read_it(pattern: str, path: str, fits: bool) -> None:
    assert is_ignored(path, [pattern]) is fits


def test_the_last_pattern_that_fits_decides() -> None:
    assert not is_ignored("deploy/conf/a", ["deploy/*", "!deploy/conf"])
    assert is_ignored("deploy/conf/a", ["!deploy/conf", "deploy/*"])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("compose.yaml", "      DATABASE_PASSWORD: x7Gk2pQ9vRz"),
        ("compose.yaml", "      - DATABASE_URL=postgresql://shop:x7Gk2pQ9vRz@db/shop"),
        ("conf/uwsgi.ini", "env = API_TOKEN=x7Gk2pQ9vRz"),
        ("conf/nginx.conf", 'proxy_set_header Authorization "Bearer x7Gk2pQ9vRz";'),
        ("Dockerfile", "ENV SECRET_KEY=x7Gk2pQ9vRz"),
    ],
)
def test_a_secret_in_an_edited_file_is_not_printed(name: str, line: str) -> None:
    (edited,) = compared_files([ExportedFile(name=name, text="new\n")], {name: f"old\n{line}"}, "image")
    shown = difference(edited)
    assert "x7Gk2pQ9vRz" not in shown
    assert "-old\n" in shown
    assert "***" in shown
    assert shown.endswith("\n")


def test_a_file_without_a_last_newline_does_not_join_two_lines() -> None:
    edited, *_ = compared_files(FILES, {"Dockerfile": "old"}, "image")
    assert "-old\n+FROM x\n" in difference(edited)
