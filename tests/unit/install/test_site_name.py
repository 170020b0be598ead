"""The name of a site fits into the names of files, services and users."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.install.site_name import is_site_name, own_ending, site_name


@pytest.mark.parametrize(("project", "name"), [
    ("/srv/shop", "shop"),
    ("/srv/My Shop/", "my-shop"),
    ("/srv/café_2", "cafe-2"),
    ("/srv/가게", "app"),
    ("/", "app"),
    ("/srv/" + "long-" * 9, "long-long-long-long-long"),
])  # fmt: skip
def test_a_folder_suggests_a_name(project: str, name: str) -> None:
    assert site_name(project) == name


@given(st.text())
def test_every_suggestion_is_a_name(folder: str) -> None:
    assert is_site_name(site_name(f"/srv/{folder}"))


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "A", "a b", "a/b", "..", "a.b", "a\n", "가게", "x" * 25, "a%i", "a@b"]
)
def test_anything_that_could_mean_something_else_is_no_name(text: str) -> None:
    assert not is_site_name(text)


@pytest.mark.parametrize("ending", ["-cert", "-failed", "-alert", "-processes", "-sockets"])
def test_a_name_does_not_make_one_site_the_owner_of_folders_of_another(ending: str) -> None:
    assert own_ending(f"shop{ending}") == ending
    assert own_ending(f"shop{ending}-2") == own_ending(ending[1:]) == own_ending("certs") == ""
