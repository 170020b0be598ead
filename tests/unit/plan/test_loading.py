"""Who loads the app: one process before the fork, or each worker, and what is said about it."""

from __future__ import annotations

import msgspec
import pytest

from enuf.model.app import AppTrait
from enuf.model.plan import Plan
from enuf.plan.diff import loading_change
from tests.support.parts import plan, report

CONNECTED = report(
    leftovers=("an open connection to 127.0.0.1:5432", "a running thread, mailer", "an event loop")
)


def told(made: Plan) -> bool:
    """Return True when the server's own file says that each worker loads the app."""
    texts = [file.text for file in made.files if file.reader == "server"]
    return any("lazy-apps = true" in text or "preload_app = False" in text for text in texts)


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "uwsgi-http", "nginx-gunicorn", "gunicorn"])
@pytest.mark.parametrize(
    ("wish", "leftovers", "lazy"),
    [("auto", False, False), ("auto", True, True), (True, False, True), (False, True, False)],
)
def test_the_setting_and_the_import_decide_who_loads_the_app(
    topology: str, wish: object, leftovers: bool, lazy: bool
) -> None:
    made = plan({"topology": topology, "workers.lazy": wish}, report=CONNECTED if leftovers else report())
    assert (made.loading.lazy, told(made)) == (lazy, lazy)


def test_the_reason_names_what_is_open_in_one_line() -> None:
    why = "after its import the app has an open connection to 127.0.0.1:5432, a running thread, mailer and 1 more"
    made = plan(report=CONNECTED)
    assert made.loading.why == why
    assert f"# {why}.\nlazy-apps = true" in made.file("uwsgi.ini").text
    assert made.notes == ()


def test_a_fork_of_open_things_that_somebody_wants_is_warned_about() -> None:
    assert (
        "workers.lazy = false every worker is a fork"
        in plan({"workers.lazy": False}, report=CONNECTED).notes[0]
    )
    assert plan({"workers.lazy": False}).notes == ()
    assert plan({"workers.lazy": True}, report=CONNECTED).notes == ()


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "nginx-gunicorn"])
def test_an_app_that_gevent_has_patched_is_loaded_before_the_fork(topology: str) -> None:
    patched = report(leftovers=CONNECTED.leftovers, traits=(AppTrait(kind="patched", what="gevent"),))
    made = plan({"topology": topology}, report=patched)
    assert (made.loading.lazy, told(made)) == (False, False)
    assert "gevent has patched it, so every worker is a fork" in made.notes[0]
    assert plan({"topology": topology}, report=report(traits=patched.traits)).notes == ()


def test_a_server_of_one_process_has_no_question_of_loading() -> None:
    made = plan({"topology": "flask"}, report=CONNECTED)
    assert (made.loading.lazy, made.notes) == (False, ())


def test_what_a_reload_changes_in_it_is_one_line() -> None:
    forked, lazy = plan().loading, plan(report=CONNECTED).loading
    assert loading_change(forked, lazy) == f"from now on each worker loads the app itself: {lazy.why}"
    assert (
        loading_change(lazy, forked)
        == "from now on the app is loaded once, and the workers are forks of it: its import leaves nothing open or running"
    )
    assert loading_change(lazy, msgspec.structs.replace(lazy, why="another reason")) == ""
