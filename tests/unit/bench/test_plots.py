"""The pictures of `enuf bench --plots`."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.bench_reports import made_up_report, made_up_row

from enuf.bench.plots import refuse_missing_matplotlib, write_plots
from enuf.errors import ToolUnusable
from enuf.model.words import ENGLISH


@pytest.fixture(autouse=True, scope="module")
def folder_of_matplotlib(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the list of fonts that matplotlib writes in a folder of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", str(tmp_path_factory.mktemp("matplotlib")))
        yield


def _texts(path: Path) -> str:
    return " ".join(
        "".join(each.itertext()).strip() for each in ET.parse(path).getroot().findall(".//{*}text")
    )


def test_every_figure_that_was_measured_is_drawn_as_svg_and_as_png(tmp_path: Path) -> None:
    written = write_plots(made_up_report(), tmp_path / "plots", ENGLISH)

    names = {path.name for path in written}
    assert names == {path.name for path in (tmp_path / "plots").iterdir()}
    for stem in ("hello-rps", "hello-cpu_us_per_request", "hello-p99_ms", "hello-memory_mb", "hello-failed",
                 "hello-latencies", "static-rps", "slots-steps"):  # fmt: skip
        assert {f"{stem}.svg", f"{stem}.png"} <= names
    assert "static-failed.svg" not in names or "44" in _texts(tmp_path / "plots/static-failed.svg")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written if path.suffix == ".png")


def test_a_plot_has_a_title_its_units_and_the_values(tmp_path: Path) -> None:
    report = made_up_report(
        made_up_row(cpu_us_per_request=202.0), made_up_row("flask", cpu_us_per_request=940.0)
    )

    write_plots(report, tmp_path, ENGLISH)

    text = _texts(tmp_path / "hello-cpu_us_per_request.svg")
    for part in (
        "CPU per request: hello /",
        "µs, less is better",
        "202 µs",
        "nginx-uwsgi",
        "the app alone: 74 µs",
    ):
        assert part in text


def test_paths_of_the_users_own_become_names_of_files(tmp_path: Path) -> None:
    report = made_up_report(
        *(made_up_row(scenario=path, address=path) for path in ("/a/../../b?x=1", "/a/../../b?x=2")),
    )

    written = write_plots(report, tmp_path, ENGLISH)

    assert {path.parent for path in written} == {tmp_path}
    assert "a-b-x-1-rps.svg" in {path.name for path in written}


def test_a_report_is_drawn_the_same_way_each_time(tmp_path: Path) -> None:
    report = made_up_report(made_up_row())

    first, second = (
        [path.read_bytes() for path in write_plots(report, tmp_path / name, ENGLISH) if path.suffix == ".svg"]
        for name in ("one", "two")
    )
    assert first == second


def test_where_matplotlib_is_missing_the_command_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ToolUnusable) as refused:
        refuse_missing_matplotlib()

    assert "install" in refused.value.hint
    assert "'enuf[bench]'" in refused.value.hint
