"""A request's waterfall fits the screen and is true to scale."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from enuf.observe.logs.story import Phase, Story, story_of, waterfall

ID = "a" * 32


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.integers(60, 120))
def test_a_waterfall_fits_and_its_bars_follow_one_another(
    wait: float, app: float, send: float, width: int
) -> None:
    phases = (Phase("wait", 0, wait, "a"), Phase("app", wait, app, "b"), Phase("send", wait + app, send, "c"))
    lines = waterfall(Story((), phases, wait + app + send), width)
    assert all(len(each) <= width for each in lines)
    if lines:
        starts = [each.find("█") for each in lines if "█" in each]
        assert starts == sorted(starts)


def test_lines_of_an_unknown_request_are_none_and_a_missing_folder_is_no_error(tmp_path: Path) -> None:
    assert story_of(tmp_path / "nowhere", ID) == Story((), (), None)
    assert waterfall(Story((), (), None)) == []


def test_a_traceback_is_only_taken_from_right_before_the_line_that_names_the_request(tmp_path: Path) -> None:
    answered = f"[2026-03-01T10:00:01+0000] - GET /x 500 after 3 ms in the app, worker 1 id={ID}"
    other = answered.replace(ID, "b" * 32)
    (tmp_path / "server.log").write_text(
        "[2026-03-01T10:00:00+0000] - started\n"
        "printed by somebody\n"
        "Traceback (most recent call last):\n  mine\nE: mine\n"
        f"{answered}\n"
        "no traceback here\n"
        f"{other}\n"
    )
    assert [record.text for record in story_of(tmp_path, ID).records][:3] == [
        "Traceback (most recent call last):",
        "  mine",
        "E: mine",
    ]
    assert len(story_of(tmp_path, "b" * 32).records) == 1
