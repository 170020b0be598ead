"""A finished sentence is found in the catalogue again, and what stood in its placeholders stays."""

from __future__ import annotations

import pytest

from enuf.language.catalogue import LABEL, catalogue_of
from enuf.language.sentences import Sentences

SENTENCES = Sentences(
    catalogue_of(
        [
            ("", "stopped", "멈췄습니다"),
            ("", "there is no folder {0}", "{0} 폴더가 없습니다"),
            ("", "{0} is in use by {1}", "{1:이/가} {0:을/를} 쓰고 있습니다"),
            ("", "the stack of {0}", "{0}의 스택"),
            ("", "{0} is a {{ of {1}", "{0}: {1}의 {{"),
            ("", "{0} cannot be written: {1}", "{0}에 쓸 수 없습니다: {1}"),
            ("", "{0} cannot be written: the disk is full", "{0}에 쓸 수 없습니다: 디스크가 꽉 찼습니다"),
            (
                "",
                "{0} took longer than serve.timeout{1}{2}{3}",
                "{0:이/가} serve.timeout보다 오래 걸렸습니다{1}{2}{3}",
            ),
            ("", ", at {0}", ", 위치 {0}"),
            ("", "{0} in {1}", "{1}의 {0}"),
            ("", ", {0} times in {1}, last {2}", ", {1} 동안 {0}번, 마지막 {2}"),
            ("", "{0} min", "{0}분"),
            ("", "found: {0}", "찾은 것: {0}"),
            ("", "a file without a name", "이름 없는 파일"),
            ("", "; {0} stacks of others run", "; 다른 스택 {0}개가 돌고 있습니다"),
            ("", "stopped already{0}", "이미 멈췄습니다{0}"),
            ("", " (pid {0}){1}", " (프로세스 {0}){1}"),
            ("", " at {0}", " 주소 {0}"),
            ("", "name it", "이름을 적어 주세요"),
            (LABEL, "app", "앱"),
            ("", "First paragraph.\n\nSecond.", "첫째 문단.\n\n둘째."),
        ]
    )
)


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("stopped", "멈췄습니다"),
        ("there is no folder /srv/shop", "/srv/shop 폴더가 없습니다"),
        ("/srv/a.toml is in use by pid 7", "pid 7이 /srv/a.toml을 쓰고 있습니다"),
        ("port 80 is in use by the stack of /srv/b", "/srv/b의 스택이 port 80을 쓰고 있습니다"),
        ("a is a { of b", "a: b의 {"),
        # The form that says most wins.
        ("x cannot be written: the disk is full", "x에 쓸 수 없습니다: 디스크가 꽉 찼습니다"),
        ("x cannot be written: no", "x에 쓸 수 없습니다: no"),
        # Parts without a text between them, some of them missing.
        ("GET /a took longer than serve.timeout", "GET /a가 serve.timeout보다 오래 걸렸습니다"),
        (
            "GET /a took longer than serve.timeout, at app.py:3, 5 times in 2 min, last 09:04:35",
            "GET /a가 serve.timeout보다 오래 걸렸습니다, 위치 app.py:3, 2분 동안 5번, 마지막 09:04:35",
        ),
        ("found: a file without a name, b", "찾은 것: 이름 없는 파일, b"),
        ("found: enuf up; 3 stacks of others run", "찾은 것: enuf up; 다른 스택 3개가 돌고 있습니다"),
        ("stopped already (pid 7) at /b", "이미 멈췄습니다 (프로세스 7) 주소 /b"),
        ("/usr/bin/python (a file without a name)", "/usr/bin/python (이름 없는 파일)"),
        # Behind a place; on lines of their own; indented.
        ("enuf.toml:2: a.b: there is no folder x", "enuf.toml:2: a.b: x 폴더가 없습니다"),
        ("name it\nthere is no folder x", "이름을 적어 주세요\nx 폴더가 없습니다"),
        ("    name it", "    이름을 적어 주세요"),
        ("First paragraph.\n\nSecond.", "첫째 문단.\n\n둘째."),
        # What no message says.
        ("a sentence of somebody else", "a sentence of somebody else"),
        ("app", "app"),
        ("", ""),
    ],
)
def test_a_sentence_is_translated(english: str, korean: str) -> None:
    assert SENTENCES.translated(english) == korean


@pytest.mark.parametrize(
    "value",
    [
        "stopped",
        "/srv/name it/x",
        "KeyError: 'in a'",
        "a, b; c",
        "{0}",
        "  blanks  ",
        "이름 없는",
        "app",
        "x in y",
        "1 in 2 and 3",
    ],
)
def test_values_of_users_stay_as_they_are(value: str) -> None:
    assert value in SENTENCES.translated(f"there is no folder {value}")


def test_labels_are_translated_where_they_are_labels() -> None:
    assert (SENTENCES.label("app"), SENTENCES.label("stopped")) == ("앱", "stopped")


def test_of_a_text_of_others_only_whole_messages_are_translated() -> None:
    assert SENTENCES.headings("name it\nthere is no folder x") == "이름을 적어 주세요\nthere is no folder x"
