"""Korean particles, whose form depends on the sound at the end of the word before them."""

from __future__ import annotations

import re

_FIRST, _LAST = "가", "힣"
_FINALS = 28
"""Finals of a Hangul syllable, the empty one first: the code of a syllable counts in steps of that many."""
_RIEUL = 8
_IN_PARENTHESES = re.compile(r"\s*\([^()]*\)\s*$")
_SOUNDS = {
    # Digits as they are read: 영 일 이 삼 사 오 육 칠 팔 구. A number that ends in 0 ends in 영, 십, 백, 천 or 만.
    **dict.fromkeys("036LMNlmn", True),
    **dict.fromkeys("2459", False),
    **dict.fromkeys("178", True),
    # Letters by their names (L 엘, M 엠, N 엔, R 알). Small ones are read within a word: `app` is 앱, and `rate` is not.
    "R": True,
    **dict.fromkeys("ABCDEFGHIJKOPQSTUVWXYZ", False),
    **dict.fromkeys("adfghijoqsuvwxyz", False),
}
_ENDS_IN_RIEUL = frozenset("178LRl")


def with_particle(word: str, pair: str) -> str:
    """Return the word with one of the two forms of a particle, such as `이/가`: after a final consonant, after a vowel.

    A word whose sound cannot be known gets both forms: `을(를)`, `(으)로`.
    """
    closed, _, open_form = pair.partition("/")
    has_final, is_rieul = _sound(word)
    if has_final is None:
        return word + _both(closed, open_form)
    if is_rieul and closed == "으로":
        return word + open_form
    return word + (closed if has_final else open_form)


def _both(closed: str, open_form: str) -> str:
    if closed.endswith(open_form):
        return f"({closed.removesuffix(open_form)}){open_form}"
    return f"{closed}({open_form})"


def _sound(word: str) -> tuple[bool | None, bool]:
    """Return whether the word ends in a consonant, None where that is not known, and whether that is ㄹ.

    What stands in parentheses at the end, and quotes and other signs there, are not read.
    """
    spoken = _IN_PARENTHESES.sub("", word) or word
    if spoken.endswith("%"):
        return False, False  # 퍼센트
    last = next((each for each in reversed(spoken) if each.isalnum()), "")
    if _FIRST <= last <= _LAST:
        final = (ord(last) - ord(_FIRST)) % _FINALS
        return final != 0, final == _RIEUL
    if spoken.endswith("ng"):  # one sound: `ping` is 핑
        return True, False
    return _SOUNDS.get(last), last in _ENDS_IN_RIEUL
