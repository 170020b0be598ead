"""The language is chosen by the variables of gettext, in its order."""

from __future__ import annotations

import pytest

from enuf.language.choice import can_show_korean, chosen_language


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": ""}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "ko_KR"}, "ko"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.eucKR"}, "ko"),
        ({"LANG": "KO_kr.utf8@x"}, "ko"),
        ({"LANG": "kok_IN.UTF-8"}, "en"),  # Konkani
        ({"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LC_MESSAGES": "ko_KR.UTF-8", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LC_CTYPE": "ko_KR.UTF-8"}, "en"),
        ({"LANGUAGE": "ko", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LANGUAGE": "ko"}, "ko"),
        ({"LANGUAGE": "en:ko", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LANGUAGE": "de:ko_KR:en", "LANG": "de_DE.UTF-8"}, "ko"),
        ({"LANGUAGE": "de", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LANGUAGE": "ko", "LANG": "C.UTF-8"}, "en"),  # as in GNU gettext: the C locale has no translations
        ({"LANGUAGE": "ko", "LC_ALL": "POSIX", "LANG": "ko_KR.UTF-8"}, "en"),
    ],
)
def test_the_language_follows_the_environment(environ: dict[str, str], language: str) -> None:
    assert chosen_language(environ) == language


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", True), ("euc-kr", True), (None, True), ("ascii", False), ("latin-1", False), ("?", False)],
)
def test_a_terminal_without_korean_letters_gets_english(encoding: str | None, shown: bool) -> None:
    assert can_show_korean(encoding) is shown
