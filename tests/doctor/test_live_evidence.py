"""The evidence of a running stack: no secret in it, the way through its file, and bounds."""

from __future__ import annotations

import msgspec
import pytest

from enuf.doctor.live.engine import diagnosis_of
from enuf.doctor.live.evidence import (
    Backend,
    Hindrance,
    LiveEvidence,
    LiveFront,
    LiveProcess,
    LiveReply,
    LogText,
)
from enuf.doctor.live.evidence_file import LARGEST_BYTES, from_json, is_evidence, to_json
from enuf.doctor.live.masking import masked_line, masked_live, masked_words
from enuf.doctor.live.report import live_document, live_report
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.read.recognise import source_file
from enuf.model.address import UnixAddress

SECRET = "hunter2-wX9qL7"
LINES = (
    f'2026/11/28 09:00:00 [error] 1#1: *1 x, request: "GET /in?token={SECRET} HTTP/1.1", referrer: "https://kim:{SECRET}@shop.example/"',
    f"HTTP_COOKIE: session={SECRET}; theme=dark",
    f'"Authorization": "Bearer {SECRET}"',
    f"Set-Cookie: id={SECRET}; HttpOnly",
    f"sqlalchemy.exc.OperationalError: postgres://shop:{SECRET}@db/shop",
    f"login failed, password: {SECRET}",
    f'    SECRET_KEY = "{SECRET}"',
    f"[pid: 7] GET /reset?api_key={SECRET} => generated 13 bytes",
    f"X-Api-Key: {SECRET}",
)
WORDS = (
    "uwsgi",
    "--ini",
    "shop.ini",
    "--env",
    f"DB_PASSWORD={SECRET}",
    "--api-token",
    SECRET,
    f"--set=SECRET_KEY={SECRET}",
)


def planted() -> LiveEvidence:
    """Evidence with the secret in every place where a collector may meet one."""
    process = LiveProcess(pid=7, program="uwsgi", words=WORDS)
    reply = LiveReply(
        sent_at=1.0, took_s=0.1, status=500, headers=(("set-cookie", f"id={SECRET}"), ("location", f"/x?token={SECRET}")),
        body=f"<pre>password={SECRET}</pre>" + "x" * 5000,
    )  # fmt: skip
    return LiveEvidence(
        requested=parse_requested(f"http://localhost/in?token={SECRET}"),
        reply=reply,
        front=LiveFront(main=process),
        servers=(process,),
        backends=(
            Backend(address=UnixAddress("/run/a.sock"), protocol="http", holders=(process,), reply=reply),
        ),
        logs=(LogText(path="/var/log/x.log", role="server", lines=LINES),),
        files=(
            source_file(
                "/srv/uwsgi.ini", f"[uwsgi]\nmodule = app\nenv = DB_PASSWORD={SECRET}\nsocket = /run/a.sock\n"
            ),
            source_file(
                "/etc/nginx/nginx.conf",
                f'http {{ server {{ proxy_set_header Authorization "Basic {SECRET}"; }} }}\n',
            ),
        ),
        hindrances=(
            Hindrance(what="x", why="y", cure=f"sudo enuf doctor --live http://kim:{SECRET}@localhost/"),
        ),
        topics={"any": {"text": f"token={SECRET}", "rows": [f"Cookie: a={SECRET}"]}},
    )


def test_no_planted_secret_is_left_in_what_is_saved_or_printed() -> None:
    evidence = masked_live(planted())
    assert SECRET in to_json(planted()).decode()
    assert SECRET not in to_json(evidence).decode()
    diagnosis = diagnosis_of(evidence)
    assert SECRET not in live_report(diagnosis, "/", lambda _kind, words: words)
    assert SECRET not in str(live_document(diagnosis))


@pytest.mark.parametrize("line", LINES)
def test_a_line_keeps_what_is_no_secret(line: str) -> None:
    shown = masked_line(line)
    assert SECRET not in shown
    assert shown[:6] == line[:6]
    assert shown.count("\n") == line.count("\n")


def test_lines_that_causes_read_stay_as_they_are() -> None:
    for line in (
        "DAMN ! worker 1 (pid: 25) died, killed by signal 9 :( trying respawn ...",
        "KeyError: 'SECRET_KEY'",
        "ModuleNotFoundError: No module named 'flask'",
        "invalid request block size: 21573 (max 4096)...skip",
        "*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 28 08:34:49 2026] ***",
        "connect() to unix:/run/token/app.sock failed (13: Permission denied) while connecting to upstream",
    ):
        assert masked_line(line) == line


def test_a_command_line_keeps_its_words() -> None:
    shown = masked_words(WORDS)
    assert len(shown) == len(WORDS)
    assert shown[:4] == list(WORDS[:4])
    assert SECRET not in " ".join(shown)


def test_the_file_leads_back_to_the_same_evidence() -> None:
    evidence = masked_live(planted())
    data = to_json(evidence)
    assert is_evidence(data)
    assert to_json(from_json(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[1]", b"\xff\xfe", b'{"kind":"enuf-doctor-evidence"}', b"[" * 100_000,
        b'{"kind":"enuf-doctor-evidence","evidence":{"schema":99,"requested":{"url":"x","scheme":"http","host":"h","port":1,"target":"/"}}}',
    ],
)  # fmt: skip
def test_another_file_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(ValueError, match="evidence"):
        from_json(data)


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than"):
        from_json(b" " * (LARGEST_BYTES + 1))


def test_evidence_of_others_may_hold_anything_and_ends_the_diagnosis_never() -> None:
    strange = "\udcff\x00(((((a|b)+)+)+ %s {0} " * 50
    evidence = msgspec.structs.replace(
        planted(),
        logs=tuple(LogText(path=strange, role=role, lines=(strange,) * 50) for role in ("front", "server")),
        files=(source_file("/etc/nginx/nginx.conf", f"http {{ server {{ location ~ {strange} {{ uwsgi_pass {strange}; }} }} }}"),),
        front=LiveFront(main=LiveProcess(pid=1, program="nginx", words=(strange,)), configuration="/etc/nginx/nginx.conf"),
    )  # fmt: skip
    assert diagnosis_of(from_json(to_json(evidence))).url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost", "http://localhost/"),
        ("shop.example:8080/a b?q=ä", "http://shop.example:8080/a%20b?q=%C3%A4"),
        ("https://shop.example", "https://shop.example/"),
        ("http://kim:pw@[::1]:8000/x#y", "http://[::1]:8000/x"),
        ("HTTP://Shop.Example:80/", "http://shop.example/"),
    ],
)
def test_a_url_is_taken_apart(text: str, url: str) -> None:
    assert parse_requested(text).url == url


@pytest.mark.parametrize(
    "text", ["", "ftp://x/", "http://", "http://x:99999/", "http://x:y/", "http://a b/", "x" * 40_000]
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"URL|host"):
        parse_requested(text)
