"""examples/toy: the files of the lecture notes are what `enuf render --plain` makes of its app."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import examine
from enuf.doctor.read.assemble import evidence_of
from tests.golden.cases import REGENERATE
from tests.golden.toy import PROJECT, TOY, plain_toy

NAMES = ("wsgi.ini", "nginx-wsgi.ini", "toy.server", "nginx.conf", "uwsgi_params")


def test_the_example_holds_what_is_rendered_for_it() -> None:
    texts = plain_toy()
    assert tuple(texts) == NAMES
    kept = {name: (TOY / name).read_text(encoding="utf-8") for name in NAMES}
    assert texts == kept, f"if this is what you want: {REGENERATE}"


def test_the_doctor_finds_nothing_that_will_bite() -> None:
    sources = {path.name: path.read_text() for path in TOY.glob("*.py")}
    findings = examine(evidence_of({**sources, **plain_toy()}))
    assert [f"{each.code} {each.message}" for each in findings if each.severity != "advice"] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_has_a_line_of_its_own_and_fits_a_screen(name: str) -> None:
    for line in plain_toy()[name].splitlines():
        assert len(line) <= 104, line
        assert line.lstrip().startswith("#") or "#" not in line, line


@pytest.mark.parametrize("name", ["wsgi.ini", "nginx-wsgi.ini", "nginx.conf"])
def test_a_file_that_can_know_its_own_folder_names_no_other(name: str) -> None:
    assert PROJECT not in plain_toy()[name]


def test_the_site_names_the_projects_folder_and_the_command_for_another_one() -> None:
    lines = [line.strip() for line in plain_toy()["toy.server"].splitlines() if PROJECT in line]
    assert lines == [
        '#   sed -i "s|/srv/toy|$PWD|" toy.server',
        "root /srv/toy/public;",
        "uwsgi_pass unix:/srv/toy/run/app.sock;",
    ]
