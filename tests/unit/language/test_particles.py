"""A particle has the form that fits the sound at the end of the word before it."""

from __future__ import annotations

import pytest

from enuf.language.particles import with_particle
from enuf.language.templates import filled_in


@pytest.mark.parametrize(
    ("word", "pair", "spoken"),
    [
        ("서버", "이/가", "서버가"),
        ("소켓", "이/가", "소켓이"),
        ("소켓", "을/를", "소켓을"),
        ("파일", "으로/로", "파일로"),  # ㄹ
        ("폴더", "으로/로", "폴더로"),
        ("소켓", "으로/로", "소켓으로"),
        ("포트 8000", "을/를", "포트 8000을"),
        ("8001", "으로/로", "8001로"),  # 일
        ("8002", "은/는", "8002는"),
        ("8003", "과/와", "8003과"),
        ("enuf.toml", "을/를", "enuf.toml을"),
        ("/srv/shop/", "을/를", "/srv/shop/을(를)"),
        ("app.py", "은/는", "app.py는"),
        ("uWSGI", "이/가", "uWSGI가"),
        ("URL", "으로/로", "URL로"),
        ("server", "으로/로", "server(으)로"),
        ("'app.py'", "을/를", "'app.py'를"),
        ("nginx(내장)", "을/를", "nginx(내장)를"),
        ("(내장)", "을/를", "(내장)을"),
        ("", "을/를", "을(를)"),
        ("日本", "이/가", "日本이(가)"),
        ("…", "이라/라", "…(이)라"),
    ],
)
def test_the_form_follows_the_last_sound(word: str, pair: str, spoken: str) -> None:
    assert with_particle(word, pair) == spoken


def test_a_particle_stands_behind_the_code_that_it_belongs_to() -> None:
    assert filled_in("`{0:을/를}` 무시합니다", {"0": "소켓"}) == "`소켓`을 무시합니다"
    assert filled_in("{0:이/가} `{1}`", {"0": "포트", "1": "80"}) == "포트가 `80`"
    assert filled_in("`{0:으로/로}`", {"0": "폴더"}) == "`폴더`로"
