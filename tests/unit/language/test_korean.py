"""Sentences that consist of parts, in the Korean of the real catalogue."""

from __future__ import annotations

import pytest

from enuf.language.sentences import sentences_in

ID = "c0ffee00c0ffee00c0ffee00c0ffee00"


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (
            f"worker 2 crashed (SIGSEGV) in GET /resize, 2 times in 1 s, last 08:00:00: enuf logs --id {ID}",
            f"워커 2 비정상 종료(SIGSEGV), GET /resize 처리 중, 1초 동안 2번, 마지막 08:00:00: enuf logs --id {ID}",
        ),
        (
            f"a worker was killed (SIGKILL) in GET /b or GET /a, 08:00:00: enuf logs --id {ID}",
            f"워커 강제 종료(SIGKILL), GET /b 또는 GET /a 처리 중, 08:00:00: enuf logs --id {ID}",
        ),
        (
            "worker 2 was killed by the kernel for lack of memory in GET /x, pid 7",
            "메모리가 모자라 커널이 워커 2를 강제 종료했습니다, GET /x 처리 중, pid 7",
        ),
        (
            "the main process of uwsgi was killed by SIGKILL, 08:00:00: enuf logs --layer server",
            "uwsgi의 주 프로세스가 SIGKILL로 종료되었습니다, 08:00:00: enuf logs --layer server",
        ),
        ("g1: uwsgi was killed by SIGKILL, pid 7", "g1: uwsgi가 SIGKILL로 종료되었습니다, pid 7"),
        (
            "2 of 3 threads in GET /item/*, for up to 26 s, at views.py:28 in hang, 4 connections waiting: "
            "look there first, more threads would end there too",
            "스레드 3개 중 2개가 GET /item/*을 처리하고 있습니다(가장 긴 것 26초, 위치 views.py:28 (hang), 대기 중 연결 4개). "
            "먼저 그 코드를 보세요. 스레드를 늘려도 같은 곳에서 막힙니다",
        ),
        (
            "all 4 threads busy for 40 s, 12 waiting, p95 wait 180 ms: add processes or raise threads: "
            "the app waits on I/O 90% of the time",
            "스레드 4개가 모두 40초째 일하는 중입니다, 대기 중 12, 대기 시간 p95 180 ms. 프로세스를 늘리거나 스레드를 늘리세요. "
            "앱이 시간의 90%를 입출력을 기다리는 데 씁니다",
        ),
        (
            "gunicorn imported the module and did not find the app's object api_app in it",
            "gunicorn이 모듈을 불러왔지만 그 안에서 앱 객체 api_app을(를) 찾지 못했습니다",
        ),
        (
            "the app raised when it was imported, and the server did not start: SyntaxError: expected ':'",
            "앱을 불러올 때 예외가 나서 서버가 시작하지 못했습니다: SyntaxError: expected ':'",
        ),
        # Of a list whose last item ends as a message does, each item is a message of its own.
        (
            "looked at FLASK_APP (not set), wsgi.py (not there), packages in . and src (not there), "
            "other .py/.wsgi/.ini files (not there); name it: enuf up path/to/file.py:name",
            "살펴본 것: FLASK_APP(설정되지 않음), wsgi.py(없음), .와 src 안의 패키지(없음), "
            "다른 .py/.wsgi/.ini 파일(없음). 앱을 지정하세요: enuf up path/to/file.py:name",
        ),
        (
            "waiting for GET /export, for 6 s so far, at shop.py:32 in export, and for 2 other routes",
            "GET /export을(를) 6초째 기다리고 있습니다, 위치 shop.py:32 (export), 그 밖에 다른 라우트 2개",
        ),
        (
            'Invalid value for \'--slow\': \'soon\' is not a duration: write it like "30s", "5m" or "1h30m"',
            '\'--slow\'의 값이 잘못되었습니다: \'soon\'은 시간의 길이가 아닙니다. "30s", "5m", "1h30m"처럼 쓰세요',
        ),
        ("'30' has no unit: write \"30s\"", "'30'에 단위가 없습니다. \"30s\"처럼 쓰세요"),
        # Begun by its own words, not by the value of another sentence.
        (
            "this was not looked at: enuf would not serve it: 3 problems in the settings",
            "보지 않은 것이 있습니다: enuf라면 이것을 서비스하지 않습니다: 설정에 문제가 3개 있습니다",
        ),
        (
            "no stack of /srv/shop is running, because the last stack (pid 7, since 09:37:50) ended without being asked to, "
            "between 09:37:53 and now; see dmesg for the OOM killer",
            "/srv/shop에서 돌고 있는 스택이 없습니다. 마지막 스택(pid 7, 시작 09:37:50)이 시키지 않았는데 끝났습니다, "
            "09:37:53과 지금 사이에. OOM killer는 dmesg에서 확인하세요",
        ),
        ("1 thread stuck, 35 % errors", "스레드 1개 멈춤, 오류 35 %"),
        ("waiting for GET /held, 35 % errors", "GET /held를 기다림, 오류 35 %"),
        (
            "413, larger than serve.max_body (--max-body); nginx says: client intended to send too large body",
            "413, serve.max_body(--max-body)보다 큼. nginx의 말: client intended to send too large body",
        ),
        (", at views.py:28 in hang", ", 위치 views.py:28 (hang)"),
        ("26 s", "26초"),
        (
            "app.py is CP949 (EUC-KR), not UTF-8 text",
            "app.py는 UTF-8이 아니라 CP949(EUC-KR)로 저장된 파일입니다",
        ),
        (
            'enuf.toml:1: schedule: \'j\': every: "0s" is too little: write "1s" or more; possible too: "off"',
            'enuf.toml:1: schedule: \'j\': every: "0s"은 너무 작습니다. "1s" 이상을 적으세요. 이것도 됩니다: "off"',
        ),
        (
            'enuf.toml:2: serve.listen: the list is empty: write an address like "127.0.0.1:8000"',
            'enuf.toml:2: serve.listen: 목록이 비어 있습니다. "127.0.0.1:8000" 같은 주소를 적으세요',
        ),
        (
            "app.py cannot be imported: SyntaxError: invalid syntax (app.py, line 1)",
            "app.py를 import할 수 없습니다: SyntaxError: invalid syntax (app.py, line 1)",
        ),
        (
            "shop.test, localhost   issued by enuf local CA, 12 hours left (2026-11-30)",
            "shop.test, localhost   enuf local CA 발급, 12시간 남음 (2026-11-30)",
        ),
        (
            "shop.test   issued by R11, it has expired (2026-11-01)",
            "shop.test   R11 발급, 만료됨 (2026-11-01)",
        ),
    ],
)
def test_each_part_of_a_sentence_is_korean(english: str, korean: str) -> None:
    assert sentences_in("ko").translated(english) == korean


@pytest.mark.parametrize("text", ["boom at app.py:3 in views", "I waited, 3 s", "hello, all is well"])
def test_a_line_of_the_app_is_left_as_it_is(text: str) -> None:
    assert sentences_in("ko").translated(text) == text
