"""The files of the applications, and the requests that are made of them."""

from __future__ import annotations

import pytest
from scripts.apps.catalog import Application, load
from scripts.apps.visitor import hidden_inputs
from scripts.apps.visits import visits

ALL = load()


@pytest.mark.parametrize("name", ALL)
def test_an_application_is_installed_pinned_and_is_either_compared_or_refused(name: str) -> None:
    application = ALL[name]
    assert bool(application.gunicorn) != bool(application.refused)
    assert bool(application.pages) == bool(application.gunicorn)
    pinned = [line for line in application.requires if "==" in line]
    assert pinned or (application.source and application.requirements_file)
    assert application.source is None or len(application.source.commit) == 40


def test_a_name_that_is_none_is_answered_with_those_that_are() -> None:
    with pytest.raises(KeyError, match=r"no application nope; there are: .*flaskr.*trac"):
        load(["trac", "nope"])


def test_each_page_and_file_is_asked_in_every_way_before_the_applications_own_requests() -> None:
    application = Application(
        title="x", pages=["/"], static=["/static/a.css"], requests=ALL["flaskr"].requests
    )
    asked = visits(application)
    assert asked[-len(application.requests) :] == application.requests
    assert {ask.method for ask in asked if ask.path == "/"} == {"GET", "HEAD", "OPTIONS", "DELETE"}
    headers = {name for ask in asked if ask.path == "/static/a.css" for name in ask.headers}
    assert {"Range", "If-Range", "If-None-Match", "If-Modified-Since", "Accept-Encoding"} <= headers


def test_the_hidden_inputs_of_a_form_are_read() -> None:
    page = '<form><input type="hidden" name="csrf" value="a&amp;b"><input name="x" value="1"><input type=hidden name=next>'
    assert hidden_inputs(page) == {"csrf": "a&b", "next": ""}
