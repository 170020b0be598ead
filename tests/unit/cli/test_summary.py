"""The lines about a stack that serves."""

from __future__ import annotations

import re

import msgspec
import pytest
from tests.support.parts import plan, toolchain

from enuf.cli.terminal.summary import introduction
from enuf.language.spoken import begin_language
from enuf.model.paths import StackPaths
from enuf.model.topology import Topology
from enuf.plan.topologies import TOPOLOGIES


@pytest.mark.parametrize(("user", "is_named"), [("www-data", True), ("nobody", True), ("shop", False)])
def test_a_user_whom_enuf_has_chosen_itself_is_named(user: str, is_named: bool) -> None:
    lines = introduction(plan(toolchain=toolchain(user=user)))
    line = f"the servers and the app run as {user}: serve.user names another user"
    assert (line in lines) is is_named


def test_the_choice_of_that_user_has_its_reason() -> None:
    chosen = plan(toolchain=toolchain(user="www-data"))
    of_root = msgspec.structs.replace(chosen, paths=StackPaths(project="/", home="/", runtime="/"))
    assert (
        "the servers and the app run as www-data, because the project belongs to root: serve.user names another user"
        in introduction(of_root)
    )


@pytest.mark.parametrize("row", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_a_topology_says_for_what_it_is_good_and_why(row: Topology) -> None:
    assert f"for {row.verdict}: {row.why}" in introduction(plan({"topology": row.id}))


@pytest.mark.parametrize("row", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_for_whom_a_topology_is_stands_in_korean_without_english_words(row: Topology) -> None:
    begin_language({"LANG": "ko_KR.UTF-8"})
    try:
        (line,) = (
            each
            for each in introduction(msgspec.structs.replace(plan(), topology=row))
            if "용: " in each or "용, " in each
        )
    finally:
        begin_language({})
    assert not re.search("for |learning|testing|production|용용", line)
