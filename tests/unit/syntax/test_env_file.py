"""Files of EnvironmentFile=: what is set is read back, and everything else in the file stays."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.syntax.env_file import name_problem, value_problem, values_in, with_values, without_names
from tests.support.examples import examples

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), include_characters="\t\n"), max_size=60
)
BY_HAND = """# a comment, kept \\
NOT=a variable of its own
; another one
 A = 'single  $quoted' "and \\$ double"
B=plain \\
  goes on\x20
without a sign
C=
export D=no name
A=the last one wins
"""


@settings(max_examples=examples(200))
@given(
    values=st.dictionaries(NAMES, VALUES, max_size=5), before=st.sampled_from(["", BY_HAND, "X=1", "# end"])
)
def test_what_is_set_is_read_back_and_the_rest_stays(values: dict[str, str], before: str) -> None:
    text = with_values(before, values)
    assert values_in(text) == {**values_in(before), **values}
    left = values_in(without_names(text, frozenset(values)))
    assert left == {name: value for name, value in values_in(before).items() if name not in values}


def test_a_file_that_somebody_wrote_is_read_by_the_rules_of_systemd() -> None:
    assert values_in(BY_HAND) == {"A": "the last one wins", "B": "plain   goes on", "C": ""}


def test_a_known_variable_keeps_its_place_and_comments_stay() -> None:
    assert with_values("# first\nA=1\nB=2\n", {"A": "3"}) == '# first\nA="3"\nB=2\n'


def test_names_and_values_that_systemd_leaves_out_are_found() -> None:
    assert [bool(name_problem(name)) for name in ("A_1", "1A", "A-B", "", "ㄱ")] == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert [bool(value_problem(value)) for value in ("a\tb\n", "a\rb", "\0", "\udcff", "x" * 70_000)] == [
        False, True, True, True, True,
    ]  # fmt: skip
