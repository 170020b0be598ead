"""The table of topologies: a row is legal when front, wire and server go together, and adding one is adding data."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from enuf.fronts import none
from enuf.model.topology import Link, Topology, Wire
from enuf.plan.topologies import (
    DEFAULT,
    FRONTS,
    SERVERS,
    TOPOLOGIES,
    find_topology,
    illegal_because,
    lends_address,
    tools_needed,
    understood_wires,
)


@pytest.mark.parametrize("row", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_every_row_of_the_table_is_legal_and_says_why_it_has_its_verdict(row: Topology) -> None:
    assert illegal_because(row) is None
    assert row.why
    assert row.server in SERVERS


def test_legality_is_one_set_operation_over_all_fronts_wires_and_servers() -> None:
    wires: tuple[Wire, ...] = ("http", "uwsgi")
    for front, wire, server in itertools.product([*FRONTS, none.NAME], wires, SERVERS):
        link = Link(wire, "unix")
        row = msgspec.structs.replace(TOPOLOGIES[DEFAULT], id="row", front=front, link=link, server=server)
        legal = wire in understood_wires(row) & SERVERS[server].speaks
        assert (illegal_because(row) is None) == legal


def test_the_refusal_names_the_side_that_lacks_the_wire() -> None:
    default = TOPOLOGIES[DEFAULT]
    over_http = msgspec.structs.replace(default, id="x", link=Link("http", "unix"))
    assert illegal_because(over_http) == "x: uwsgi does not speak http"
    without_front = msgspec.structs.replace(default, id="y", front=none.NAME)
    assert illegal_because(without_front) == "y: none does not speak uwsgi"


def test_the_tools_of_a_row_are_those_of_its_front_and_its_server() -> None:
    assert tools_needed(find_topology("nginx-uwsgi")) == ("nginx", "uwsgi")
    assert tools_needed(find_topology("flask")) == ()


def test_the_address_is_lent_unless_the_server_insists_on_binding_it() -> None:
    assert {name: lends_address(name) for name in TOPOLOGIES} == {"flask": False, "nginx-uwsgi": True}
