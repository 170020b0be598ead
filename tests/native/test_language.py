"""The command line speaks Korean where the environment asks for it; documents for programs stay English."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.stack import APP, Finished, Stack, stack_in

KOREAN = {"LANG": "ko_KR.UTF-8"}
"""Also on a system that has no such locale, as most images."""
ENGLISH = {"LANG": "C.UTF-8"}
NO_LANGUAGE = {"LANG": ""}
MEASURED = re.compile(r"\b[0-9a-f]{8,}\b|\d+(?:\.\d+)?|null")
"""Times, memory and ids, which differ from look to look."""
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that was started in Korean."""
    with stack_in(tmp_path_factory.mktemp("t") / "shop", env={"ENUF_SERVE_USER": "root"}) as stack:
        stack.write("app.py", APP)
        stack.env.update(KOREAN)
        stack.up()
        yield stack


def spoken(stack: Stack, environ: dict[str, str], *words: str) -> Finished:
    """Run a command in the language of an environment."""
    stack.env.update(environ)
    return stack.run(*words)


def test_the_status_is_korean_and_its_columns_stand(running: Stack) -> None:
    korean = spoken(running, KOREAN, "status")
    assert korean.code == 0
    assert re.search(r"^서비스 중 +http://", korean.out, re.MULTILINE)
    assert re.search(r"^앱 +app:app", korean.out, re.MULTILINE)
    english = spoken(running, NO_LANGUAGE, "status").out
    assert re.search(r"^serving +http://", english, re.MULTILINE)
    assert not HANGUL.search(english)


def test_errors_and_hints_are_korean_and_their_document_is_not(running: Stack) -> None:
    words = ("status", "--project", f"{running.project}/gone")
    korean = spoken(running, KOREAN, *words)
    assert korean.code == 5
    assert f"오류: {running.project}/gone 폴더가 없습니다\n힌트: --project" in korean.err
    english = spoken(running, ENGLISH, *words)
    assert f"error: there is no folder {running.project}/gone\nhint: name another folder" in english.err
    assert spoken(running, KOREAN, *words, "--json").out == spoken(running, ENGLISH, *words, "--json").out


def test_the_help_is_korean(running: Stack) -> None:
    help_text = spoken(running, KOREAN, "up", "--help").out
    assert help_text.startswith("사용법: enuf up [OPTIONS] [TARGET]\n")
    assert re.search(r"--threads VALUE +프로세스마다 스레드 수", help_text)
    assert spoken(running, ENGLISH, "up", "--help").out.startswith("Usage: enuf up")


@pytest.mark.parametrize(
    "words", [("config",), ("plan",), ("status",), ("doctor",), ("explain", "502"), ("explain", "permission")]
)
def test_documents_are_the_same_in_both_languages(running: Stack, words: tuple[str, ...]) -> None:
    korean, english = (spoken(running, environ, *words, "--json") for environ in (KOREAN, ENGLISH))
    assert (korean.code, MEASURED.sub("", korean.out)) == (english.code, MEASURED.sub("", english.out))


def test_the_log_of_a_stack_that_was_started_in_korean_is_english(running: Stack) -> None:
    assert not HANGUL.search((running.project / ".enuf/log/enuf.log").read_text(encoding="utf-8"))
