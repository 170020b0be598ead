"""The memory of releases: back goes back, a new release forgets what was given up."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.model.release import MOST_RELEASES, ProjectRelease, ReleaseHistory
from tests.support.examples import examples


def release(name: str, revision: str = "") -> ProjectRelease:
    return ProjectRelease(folder=f"/srv/shop/releases/{name}", name=name, revision=revision)


def history(*names: str) -> ReleaseHistory:
    """Return the history once these releases have served, one after the other."""
    found = ReleaseHistory()
    for at, name in enumerate(names):
        found = found.with_serving(release(name), at)
    return found


def earlier(found: ReleaseHistory) -> list[str]:
    return [each.name for each in found.earlier]


def test_a_second_step_back_goes_further_back_and_a_new_release_forgets_the_one_that_was_given_up() -> None:
    assert earlier(history("1", "2", "3")) == ["2", "1"]
    back = history("1", "2", "3", "2")
    assert (earlier(back), back.left) == (["1"], release("3"))
    assert earlier(history("1", "2", "3", "2", "4")) == ["2", "1"]
    assert earlier(history("1", "2", "3", "2", "3")) == ["2", "1"]


def test_a_reload_of_the_same_release_changes_nothing_but_whether_its_files_are_as_committed() -> None:
    commit = "3f" * 20
    once = ReleaseHistory().with_serving(release("1"), 1).with_serving(release("1", commit), 2)
    again = once.with_serving(ProjectRelease(folder="/srv/shop/releases/1", revision=commit, changed=True), 9)
    assert again.current and (again.current.at, again.current.release.changed) == (2, True)
    assert (again.left, len(again.releases)) == (once.left, 2)
    assert again.current.release.text == "revision 3f3f3f3f3f with uncommitted changes"


@settings(max_examples=examples(100))
@given(st.lists(st.integers(0, 40), min_size=1))
def test_the_list_is_bounded_and_never_leads_back_to_what_serves(numbers: list[int]) -> None:
    found = history(*map(str, numbers))
    assert len(found.releases) <= MOST_RELEASES
    assert found.current and found.current.release.name == str(numbers[-1])
    assert str(numbers[-1]) not in earlier(found)
