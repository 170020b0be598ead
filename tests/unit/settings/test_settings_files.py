"""Settings files: the line of every key, and files that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.settings.load import Loaded, survey
from enuf.settings.toml_lines import key_lines, line_of

TEXT = '''app = "a" # line 1
serve.threads = 3

[ workers ]
"max_age" = "1h"
'scale' = "2..8"
text = """
lazy = true
"""
[raw.uwsgi]
a = 1
[static]
extra = { "/media/" = "./media" }
list = [
  "a = b",
]
last = 1
'''


def loaded(folder: Path, text: str, name: str = "enuf.toml") -> Loaded:
    """The settings of a folder with this file in it."""
    (folder / name).write_text(text, encoding="utf-8")
    return survey(folder, flags={}, environ={}, topologies=()).accepted()


def refused(folder: Path) -> SettingsInvalid:
    """The error that loading the settings of this folder raises."""
    with pytest.raises(SettingsInvalid) as caught:
        survey(folder, flags={}, environ={}, topologies=()).accepted()
    return caught.value


def refused_text(folder: Path, text: str, name: str = "enuf.toml") -> SettingsInvalid:
    """The error that this file causes."""
    (folder / name).write_text(text, encoding="utf-8")
    return refused(folder)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("app",), 1),
        (("serve", "threads"), 2),
        (("serve",), 2),
        (("workers",), 4),
        (("workers", "max_age"), 5),
        (("workers", "scale"), 6),
        (("workers", "lazy"), 4),
        (("raw", "uwsgi"), 10),
        (("raw", "uwsgi", "a"), 11),
        (("static", "extra", "/media/"), 13),
        (("static", "last"), 17),
        (("nowhere",), None),
    ],
)
def test_the_line_of_a_key_or_of_the_table_around_it_is_found(
    path: tuple[str, ...], line: int | None
) -> None:
    assert line_of(key_lines(TEXT), path) == line


def test_lines_are_counted_as_toml_counts_them() -> None:
    assert key_lines("a = '\u2028'\r\nb = 1\r\n")[("b",)] == 2


def test_a_key_nested_a_hundred_thousand_deep_takes_no_time() -> None:
    assert key_lines(".".join("a" * 100_000) + " = 1")


def test_pyproject_counts_from_the_top_of_the_file(tmp_path: Path) -> None:
    text = '[project]\nname = "shop"\n\n[tool.enuf]\napp = "a.py"\nserve.threads = 4\n'
    origins = loaded(tmp_path, text, "pyproject.toml").origins
    assert origins["app"].where == "pyproject.toml:5"
    assert origins["serve.threads"].where == "pyproject.toml:6"


def test_a_key_in_an_inline_table_has_the_line_of_the_table(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\nserve = { threads = 4 }\n").origins["serve.threads"].where == "enuf.toml:2"


def test_a_pyproject_without_a_word_about_enuf_is_fine(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[project]\nname = "a"\n[tool.ruff]\n', "pyproject.toml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[tool]\nenuf = 3", "pyproject.toml:2: tool.enuf is not a table"),
        ("tool = 3", "pyproject.toml:1: tool is not a table"),
        ("[[tool.enuf]]\n", "pyproject.toml:1: tool.enuf is not a table"),
    ],
)
def test_a_pyproject_with_something_else_in_its_place_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    assert refused_text(tmp_path, text, "pyproject.toml").summary == problem


def test_a_section_copied_from_pyproject_says_where_it_belongs(tmp_path: Path) -> None:
    assert refused_text(tmp_path, "[tool.enuf.serve]\nthreads = 3\n").summary == (
        "enuf.toml:1: [tool.enuf] belongs in pyproject.toml: in enuf.toml write [serve], not [tool.enuf.serve]"
    )


def test_text_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    error = refused_text(tmp_path, "[serve]\nlisten = 127.0.0.1:8000\n")
    assert error.summary.startswith("enuf.toml:2: not valid TOML: ")
    assert error.summary.endswith("(column 15)")
    assert "quotes" in error.hint


@pytest.mark.parametrize(
    ("text", "told", "cure"),
    [
        ('app = "app.py\n', "1: not valid TOML: the quote \" that opens in column 7 is not closed", '"'),
        ("[serve]\nlisten = '127.0.0.1:80\nthreads = 2\n", "2: not valid TOML: the quote ' that opens in column 10", "'"),
        ("[serve]\nlisten = '127.0.0.1:80", "2: not valid TOML: the quote ' that opens in column 10", "'"),
        ('[raw]\nnginx_http = """\nabc "quoted"\n', '2: not valid TOML: the quote """ that opens in column 14', '"""'),
        ('[serve]\nhosts = ["a", "b\\"]\n', '2: not valid TOML: the quote " that opens in column 15', '"'),
        ('[serve]\nhosts = [\n"a", # ]\n"b"\nthreads = 2\n', "2: not valid TOML: the bracket [ that opens in column 9", "]"),
        ("[serve\nthreads = 2\n", "1: not valid TOML: the bracket [ that opens in column 1", "]"),
        ('[static]\nextra = {"/a" = "b"\n', "2: not valid TOML: the bracket { that opens in column 9", "}"),
    ],
)  # fmt: skip
def test_a_quote_or_bracket_that_is_not_closed_is_named_where_it_opens(
    tmp_path: Path, text: str, told: str, cure: str
) -> None:
    error = refused_text(tmp_path, text)
    assert error.summary.startswith(f"enuf.toml:{told}")
    assert error.hint == f"close it with {cure}"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[serve]\nlisten = \u201c127.0.0.1:80\u201d\n", "typographic"),
        ("app = \u2018app.py\u2019\n", "typographic"),
        ("[serve]\nthreads = 2\nthreads = 3\n", "stands twice"),
        ("[serve]\nthreads = 2\n[static]\n[serve]\n", "stands twice"),
        ('app = "C:\\app.py"\n', "in single quotes"),
        ('serve.listen: "127.0.0.1:80"\n', "joined by ="),
        ('[serve]\nhosts = ["a.test" "b.test"]\n', "separated by commas"),
        ("[serve]\nthreads = 02\n", "no leading zero"),
        ("[http]\ngzip = True\n", "write true"),
        ("[reload]\nwatch = no\n", "write false"),
        ("app = app.py\n", "stand in quotes"),
    ],
)
def test_a_line_that_is_no_toml_is_answered_with_what_to_write(tmp_path: Path, text: str, hint: str) -> None:
    assert hint in refused_text(tmp_path, text).hint


@pytest.mark.parametrize(
    "text", ["app = don't\n", "[serve]\nhosts = [a b]\n", "[serve]\nthreads = [\n30s,\n]\n"]
)
def test_other_faults_are_not_blamed_on_a_quote_or_bracket(tmp_path: Path, text: str) -> None:
    assert "not closed" not in refused_text(tmp_path, text).summary


def test_a_file_that_is_no_toml_does_not_hide_problems_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.enuf.serve]\nthreads = 0\n")
    lines = refused_text(tmp_path, "[serve\n").detail.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["pyproject.toml:2", "enuf.toml:1"]


def test_toml_that_breaks_off_at_the_end_is_refused(tmp_path: Path) -> None:
    assert refused_text(tmp_path, 'a = """').summary.startswith("enuf.toml")


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a = " + "9" * 5000])
def test_toml_that_overwhelms_the_parser_is_refused(tmp_path: Path, text: str) -> None:
    assert refused_text(tmp_path, text).summary.startswith("enuf.toml: ")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff[serve]\nthreads = 4\n").settings.serve.threads == 4


@pytest.mark.parametrize(
    ("data", "line", "what"),
    [
        ("a = 1\n# 한글\n".encode("cp949"), 2, "is CP949 (EUC-KR), not UTF-8 text"),
        ("\ufeffa = 1\n".encode("utf-16-le"), 1, "is UTF-16, not UTF-8 text"),
        ("[serve]\nthreads = 1\n".encode("utf-16-be"), 1, "is UTF-16BE, not UTF-8 text"),
        (b"a = 1\n# caf\xe9\n", 2, "is not UTF-8 text"),
        (b"a = 1\n# \0\n", 2, "has a zero byte in it"),
    ],
)
def test_a_file_that_is_not_utf8_names_the_line_the_encoding_and_the_cure(
    tmp_path: Path, data: bytes, line: int, what: str
) -> None:
    (tmp_path / "enuf.toml").write_bytes(data)
    error = refused(tmp_path)
    assert error.summary == f"enuf.toml:{line}: {what}"
    assert ("iconv -f " in error.hint) == (" (EUC" in what or "UTF-16" in what)


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "enuf.toml").mkdir()
    assert refused(tmp_path).summary == "enuf.toml: is a folder, not a file"


def test_a_pipe_in_place_of_the_file_is_refused_without_waiting_for_a_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "enuf.toml")
    assert refused(tmp_path).summary == "enuf.toml: is not a regular file"


def test_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "enuf.toml").symlink_to("gone.toml")
    assert refused(tmp_path).summary == "enuf.toml: is a symbolic link to gone.toml, which does not exist"


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    assert "larger than 1 MB" in refused_text(tmp_path, "#" * 1_000_001).summary


def test_a_file_that_may_not_be_read_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal of the system is made up.
    (tmp_path / "enuf.toml").write_text("app = 'a'\n")
    monkeypatch.setattr("enuf.settings.files.read_regular", deny)
    assert refused(tmp_path).summary == "enuf.toml: cannot be read: Permission denied"
