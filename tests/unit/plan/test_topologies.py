"""The table of topologies: a row is legal when front, wire and server go together, and adding one is adding data."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from enuf.discover.tools import FINDERS
from enuf.fronts import none
from enuf.model.topology import Link, Topology, Wire
from enuf.plan.topologies import (
    DEFAULT,
    FRONTS,
    SERVERS,
    TOPOLOGIES,
    addresses,
    illegal_because,
    tools_needed,
    understood_wires,
)
from enuf.settings.schema import Settings


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
    with_flask = msgspec.structs.replace(default, id="x", server="flask")
    assert illegal_because(with_flask) == "x: flask does not speak uwsgi"
    without_front = msgspec.structs.replace(default, id="y", front=none.NAME)
    assert illegal_because(without_front) == "y: none does not speak uwsgi"


def test_the_tools_of_a_row_are_those_of_its_front_and_its_server() -> None:
    assert list(tools_needed(Settings(topology="nginx-uwsgi"))) == ["nginx", "uwsgi"]
    assert tools_needed(Settings(topology="flask")) == {}


def test_a_program_is_chosen_by_the_setting_that_its_adapter_names() -> None:
    chosen = Settings(topology="nginx-uwsgi", nginx="system", uwsgi="/opt/uwsgi")
    assert tools_needed(chosen) == {"nginx": "system", "uwsgi": "/opt/uwsgi"}
    assert tools_needed(Settings(topology="nginx-gunicorn", uwsgi="system")) == {
        "nginx": "embedded",
        "gunicorn": "embedded",
    }


def test_every_program_of_a_topology_has_a_finder() -> None:
    needed = {tool for name in TOPOLOGIES for tool in tools_needed(Settings(topology=name))}
    assert needed == set(FINDERS)


def test_a_server_that_insists_on_binding_its_port_is_lent_none() -> None:
    lent = {name: [held.lent for held in addresses(Settings(topology=name))] for name in TOPOLOGIES}
    assert lent == {
        "flask": [False],
        "nginx-flask": [True, False],
        "uwsgi-http": [True],
        "nginx-uwsgi": [True],
        "nginx-uwsgi-tcp": [True, True],
        "gunicorn": [True],
        "nginx-gunicorn": [True],
        "nginx-gunicorn-uwsgi": [True],
        "nginx-granian": [True],
    }


def test_generations_take_turns_at_the_address_that_only_the_server_behind_has() -> None:
    public, behind = addresses(Settings(topology="nginx-uwsgi-tcp"))
    assert (public.setting, public.shared) == ("serve.listen", False)
    assert (behind.setting, behind.shared, str(behind.address)) == ("serve.link", True, "127.0.0.1:3031")
