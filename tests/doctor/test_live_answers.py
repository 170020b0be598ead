"""Answers that are wrong, refused, slow or endless: each cause by its own evidence, silent without. No server runs here."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.doctor.test_live_causes import (
    NOW,
    diagnosed,
    error_line,
    evidence,
    log,
    said,
)

from enuf.doctor.live.cookie_facts import CookieFacts
from enuf.doctor.live.evidence import Backend, Listening, LiveEvidence, LiveReply, PathStat
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.live.static_facts import StaticFacts
from enuf.doctor.live.tls_facts import RedirectFacts, RedirectStep, ServedCertificate, TlsFacts
from enuf.doctor.live.waiting_facts import WaitingFacts
from enuf.doctor.read.recognise import source_file
from enuf.model.address import TcpAddress
from enuf.model.finding import Finding

CLOSED = "upstream prematurely closed connection while reading response header from upstream"
POST = 'request: "POST /up HTTP/1.1"'
TEMPORARY = "/var/lib/nginx/body/0000000001"
DAY = 86_400


def conf(inside: str = "", http: str = "", listen: str = "80") -> tuple[Any, ...]:
    """Return nginx's configuration with one server block around these lines."""
    text = f"events {{ }}\nhttp {{\n{http}\nserver {{\nlisten {listen};\n{inside}\n}}\n}}\n"
    return (source_file("/etc/nginx/nginx.conf", text, named=True),)


def front(text: str, **rest: Any) -> Any:
    return log(error_line(text, **{"upstream": "", **rest}).replace(', upstream: ""', ""))


def upload(text: str, at: float = NOW - 5) -> Any:
    line = error_line(text, at=at, target="/up").replace('"GET /up HTTP/1.1"', '"POST /up HTTP/1.1"')
    return log(line)


def reply(status: int = 200, body: str = "hello", **rest: Any) -> LiveReply:
    usual: dict[str, Any] = {"sent_at": NOW, "took_s": 0.01, "address": "127.0.0.1:80", "size": len(body)}
    return LiveReply(**{**usual, "status": status, "body": body, **rest})


def page(status: int, title: str) -> LiveReply:
    return reply(status, f"<html><center><h1>{title}</h1></center><hr><center>nginx/1.31</center></html>")


def slow(**facts: Any) -> dict[str, Any]:
    known = {"queued": 0, "limit": 100, "workers": 4, **facts}
    return {
        "reply": reply(0, "", failure="timeout", took_s=1.2),
        "topics": {"waiting": WaitingFacts(**known)},
    }


def circle(*steps: tuple[str, int, str, bool], is_endless: bool = True) -> dict[str, Any]:
    found = tuple(
        RedirectStep(
            url=url, status=status, location=to, is_by_front=own, failure="" if status else "refused"
        )
        for url, status, to, own in steps
    )
    first = reply(301, "", headers=(("location", steps[0][2]),))
    return {"reply": first, "topics": {"redirects": RedirectFacts(steps=found, is_endless=is_endless)}}


def static(path: str, status: int, text: str, **facts: Any) -> LiveEvidence:
    """Return the evidence of a request for a file that nginx did not serve."""
    given = {"path": path, **facts}
    return evidence(
        front(text, target="/static/a.css"),
        path="/static/a.css",
        reply=page(status, "no"),
        files=conf("location /static/ { alias /srv/shop/; }"),
        backends=(),
        topics={"static_file": StaticFacts(**given)},
    )


def certificate(host: str = "shop.example", **rest: Any) -> LiveEvidence:
    known = {
        "names": ("shop.example",),
        "issuer": "R3",
        "not_after": "2027-01-01T00:00:00Z",
        "expires_at": NOW + DAY,
    }
    topic = TlsFacts(certificate=ServedCertificate(**{**known, **rest}))
    return evidence(
        status=200,
        requested=parse_requested(f"https://{host}/"),
        files=conf(
            "ssl_certificate /etc/ssl/a.pem; location / { uwsgi_pass unix:/run/shop/shop.sock; }",
            listen="443 ssl",
        ),
        topics={"tls": topic},
    )


def css(said_type: str, **rest: Any) -> LiveEvidence:
    given = reply(200, "a { }", headers=(("content-type", said_type),))
    return evidence(
        path="/static/a.css", reply=given, files=conf("location /static/ { alias /srv/shop/; }"), **rest
    )


def cookie(url: str = "http://shop.example/", **attributes: Any) -> LiveEvidence:
    topic = CookieFacts(**{"name": "session", **attributes})
    return evidence(status=200, requested=parse_requested(url), topics={"cookies": topic})


ALIAS_DENIED = 'open() "/srv/shop/a.css" failed (13: Permission denied)'
ALIAS_ABSENT = 'open() "/srv/shop/a.css" failed (2: No such file or directory)'
ABSENT = PathStat(path="/srv/shop/a.css", kind="absent")
PRIVATE = PathStat(
    path="/srv", kind="folder", mode=0o700, owner="kim", group="kim", uid=1000, is_allowed=False
)
SECRET = PathStat(path="/srv/shop/a.css", kind="file", mode=0o600, owner="kim", group="kim", uid=1000)
OPEN = PathStat(path="/srv/shop/a.css", kind="file", mode=0o644, owner="kim", group="kim", uid=1000)
PASS = "location / { include uwsgi_params; uwsgi_pass unix:/run/shop/shop.sock; }"
PROXY = "location / { proxy_pass http://127.0.0.1:8001; }"
TOLD = "location / { proxy_set_header X-Forwarded-Proto $scheme; proxy_pass http://127.0.0.1:8001; }"
TO_HTTPS = ("http://localhost/", 301, "https://localhost/", False)
AGAIN = ("https://localhost/", 301, "https://localhost/", False)
LOCALHOST = TcpAddress("localhost", 8001)
TWO_NAMES = conf(
    f"server_name shop.example; {PASS} }} server {{ listen 80; server_name other.example; {PASS}"
)
REFUSING = conf(
    f"listen 80 default_server; return 444; }} server {{ listen 80; server_name shop.example; {PASS}"
)

PROVEN: list[tuple[str, str, LiveEvidence]] = [
    # sizes
    ("U001", "error", evidence(log(error_line(CLOSED)), said("invalid request block size: 5120 (max 4096)...skip"))),
    ("U001", "warning", evidence(log(error_line(CLOSED, at=NOW - 60, target="/big")), said("invalid request block size: 5120 (max 4096)...skip"), status=200)),
    ("U003", "error", evidence(log(error_line(CLOSED)), said("invalid request block size: 420 (max 32)...skip"))),
    ("U002", "error", evidence(log(error_line(CLOSED)), said("invalid HTTP request size (max 4096)...skip"))),
    ("N003", "error", evidence(log(error_line("upstream sent too big header while reading response header from upstream")))),
    ("R020", "error", evidence(reply=page(400, "Request Header Or Cookie Too Large"))),
    ("R020", "error", evidence(reply=page(414, "414 Request-URI Too Large"))),
    ("R020", "warning", evidence(front("client sent too long header line while reading client request headers", at=NOW - 9), status=200)),
    ("R020", "error", evidence(reply=reply(431, "<h1>Request Header Fields Too Large</h1>"))),
    ("N008", "warning", evidence(upload("client intended to send too large body: 2000000 bytes"), status=200)),
    ("S015", "warning", evidence(upload(f'open() "{TEMPORARY}" failed (13: Permission denied)'), status=200)),
    ("S015", "warning", evidence(upload(f'mkdir() "{TEMPORARY}" failed (30: Read-only file system)'), status=200)),
    ("U040", "warning", evidence(upload("writev() failed (32: Broken pipe) while sending request to upstream"), status=200)),
    ("U040", "warning", evidence(upload("recv() failed (104: Connection reset by peer) while reading response header from upstream"), status=200)),
    # the machine
    ("R021", "error", evidence(front("accept4() failed (24: Too many open files)"), status=0, reply=reply(500, ""))),
    ("R021", "warning", evidence(front("1024 worker_connections are not enough", at=NOW - 9), status=200)),
    ("R022", "error", evidence(log(error_line('pwrite() "/var/lib/nginx/proxy/1" failed (28: No space left on device) while reading upstream')), status=500)),
    ("R022", "error", evidence(said("OSError: [Errno 28] No space left on device"), reply=reply(500, "boom"))),
    # refusals of nginx
    ("R023", "error", evidence(front('limiting requests, excess: 0.9 by zone "one"'), status=503)),
    ("R023", "warning", evidence(front('limiting connections by zone "one"', at=NOW - 9), status=200)),
    ("R024", "error", evidence(files=conf(f"if (-f /srv/closed) {{ return 503; }} {PASS}"), status=503)),
    ("R025", "error", evidence(front("access forbidden by rule"), reply=page(403, "403 Forbidden"))),
    ("R025", "error", evidence(front('directory index of "/srv/shop/" is forbidden'), reply=page(403, "403 Forbidden"))),
    # files
    ("S014", "error", static("/srv/shop/a.css", 403, ALIAS_DENIED, folders=(PRIVATE,), file=OPEN)),
    ("S014", "error", static("/srv/shop/a.css", 403, ALIAS_DENIED, file=SECRET)),
    ("S014", "error", static("/srv/shop/a.css", 403, ALIAS_DENIED, file=OPEN)),
    ("R026", "error", static("/srv/shop/a.css", 404, ALIAS_ABSENT, file=ABSENT)),
    ("R026", "error", static("/srv/shop/a.css", 404, ALIAS_ABSENT, file=ABSENT, meant="/srv/shop/static/a.css")),
    ("R027", "error", css("text/plain")),
    ("R027", "error", css("text/html; charset=utf-8")),
    # names
    ("N009", "error", evidence(requested=parse_requested("http://shop.example/"), status=404, files=conf(f"server_name shop.example; {PASS} }} server {{ listen 80; server_name shop.example; {PASS}"))),
    ("R028", "error", evidence(requested=parse_requested("http://www.shop.example/"), reply=reply(0, "", failure="closed"), files=REFUSING, backends=())),
    ("R029", "error", evidence(said("Invalid HTTP_HOST header: 'localhost'. You may need to add 'localhost' to ALLOWED_HOSTS."), reply=reply(400, "<h1>Bad Request (400)</h1>"))),
    ("R029", "error", evidence(reply=reply(400, "<p>Host &#39;localhost&#39; is not trusted.</p>"))),
    ("R030", "error", evidence(front("app.internal could not be resolved (3: Host not found)"))),
    ("N067", "error", evidence(front("no resolver defined to resolve app.internal"))),
    ("L010", "error", evidence(log(error_line("connect() failed (111: Connection refused) while connecting to upstream", upstream="http://[::1]:8001/")), files=conf("location / { proxy_pass http://localhost:8001; }"), backends=(Backend(address=LOCALHOST, protocol="http", resolved=("::1", "127.0.0.1"), listeners=(Listening(address=TcpAddress("127.0.0.1", 8001)),), errno=111),))),
    # TLS
    ("R031", "error", evidence(reply=page(400, "The plain HTTP request was sent to HTTPS port"), files=conf(PASS, listen="80 ssl"))),
    ("R031", "error", evidence(reply=page(400, "The plain HTTP request was sent to HTTPS port"), files=conf(PROXY), backends=())),
    ("R032", "error", evidence(requested=parse_requested("https://localhost:80/"), reply=reply(0, "", failure="tls"), topics={"tls": TlsFacts(speaks_plain=True)})),
    ("R032", "error", evidence(log(error_line("SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream", upstream="https://127.0.0.1:8001/")), files=conf("location / { proxy_pass https://127.0.0.1:8001; }"), backends=())),
    ("N024", "error", certificate(expires_at=NOW - DAY)),
    ("N024", "error", certificate(not_before=NOW + DAY)),
    ("N024", "error", certificate("www.shop.example")),
    ("N024", "warning", certificate(is_chain_cut=True)),
    ("R033", "error", evidence(log(error_line("upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream")))),
    # redirects
    ("N023", "error", evidence(files=conf("return 301 https://$host$request_uri;", listen="80; listen 443 ssl"), backends=(), **circle((*TO_HTTPS[:3], True), (*AGAIN[:3], True)))),
    ("N041", "error", evidence(files=conf(PROXY, listen="80; listen 443 ssl"), backends=(), **circle(TO_HTTPS, AGAIN))),
    ("A005", "error", evidence(files=conf(TOLD, listen="80; listen 443 ssl"), backends=(), **circle(TO_HTTPS, AGAIN))),
    ("R034", "warning", evidence(**circle(TO_HTTPS, ("https://localhost/", 0, "", False), is_endless=False))),
    ("N013", "error", evidence(requested=parse_requested("http://localhost:8080/go"), reply=reply(302, "", headers=(("location", "http://localhost/"),)), files=conf(PASS, listen="8080"))),
    # times
    ("U008", "warning", evidence(**slow(queued=1, workers=1))),
    ("R036", "warning", evidence(**slow(queued=3, workers=4, busy=4, is_told=True, requests=("GET /report",)))),
    ("R036", "warning", evidence(**slow(queued=3, workers=0))),
    ("R037", "warning", evidence(**slow())),
    ("N018", "warning", evidence(files=conf(PROXY), reply=reply(0, "", failure="timeout", took_s=1.2), backends=(Backend(address=TcpAddress("127.0.0.1", 8001), protocol="http", errno=0, listeners=(Listening(address=TcpAddress("127.0.0.1", 8001)),), reply=reply(200, "data: 1", headers=(("content-type", "text/event-stream"),))),))),
    ("R035", "warning", evidence(upload("upstream timed out (110: Operation timed out) while sending request to upstream"), status=200)),
    ("R038", "warning", evidence(front("client timed out (110: Operation timed out) while sending to client", at=NOW - 9), status=200)),
    ("R007", "error", evidence(log(error_line(CLOSED)), said("worker 1 (pid: 25) is taking too much time to die...NO MERCY !!!"))),
    ("R007", "warning", evidence(said("...gracefully killing workers..."), status=200)),
    # what browsers refuse
    ("R039", "warning", cookie(is_secure=True)),
    ("R039", "warning", cookie(same_site="none")),
    ("R039", "warning", cookie(domain="other.example")),
    ("R039", "warning", cookie(name="__Host-id", path="/")),
    ("R040", "error", evidence(reply=reply(200, headers=(("access-control-allow-origin", "*, https://a.example"),)))),
    ("R040", "warning", evidence(reply=reply(404, "no"), files=conf(f"add_header Access-Control-Allow-Origin *; {PASS}"))),
]  # fmt: skip


def first(found: LiveEvidence) -> Finding | None:
    return diagnosed(found).verdict


@pytest.mark.parametrize(
    ("code", "severity", "found"), PROVEN, ids=[f"{n}-{code}" for n, (code, _, _) in enumerate(PROVEN)]
)
def test_the_evidence_makes_the_cause_the_verdict(code: str, severity: str, found: LiveEvidence) -> None:
    verdict = first(found)
    assert verdict is not None, [each.text for each in diagnosed(found).chain]
    assert (verdict.code, verdict.severity) == (code, severity), verdict.message
    assert verdict.message
    assert verdict.hint
    assert verdict.evidence
    assert verdict.file


SILENT: list[tuple[str, LiveEvidence]] = [
    ("a packet of HTTP is no packet that is too large", evidence(log(error_line(CLOSED)), said("invalid request block size: 21573 (max 4096)...skip"))),
    ("an old upload of another nginx", evidence(upload("client intended to send too large body: 2000000 bytes", at=NOW - 5000), status=200)),
    ("a reset of a GET is no unread body", evidence(log(error_line("recv() failed (104: x) while reading response header from upstream", at=NOW - 5)), status=200)),
    ("an app that answers 503 itself", evidence(reply=reply(503, "busy"))),
    ("an app that answers 404 itself", evidence(reply=reply(404, "no"))),
    ("an app that answers 400 itself", evidence(reply=reply(400, "no"))),
    ("a style sheet of the right type", css("text/css; charset=utf-8")),
    ("a valid certificate", certificate()),
    ("a certificate seen from the machine itself", certificate("localhost")),
    ("a redirect to another page", evidence(reply=reply(302, "", headers=(("location", "/login"),)))),
    ("a redirect to https that is served", evidence(**circle(TO_HTTPS, ("https://localhost/", 200, "", False), is_endless=False))),
    ("a redirect to the port of the request", evidence(requested=parse_requested("http://localhost:8080/go"), reply=reply(302, "", headers=(("location", "http://localhost:8080/"),)), files=conf(PASS, listen="8080"))),
    ("a block that takes every name", evidence(requested=parse_requested("http://any.example/"), reply=reply(404, "no"), files=conf(PASS))),
    ("two blocks of two names", evidence(requested=parse_requested("http://shop.example/"), reply=reply(404, "no"), files=TWO_NAMES)),
    ("a cookie for the parent domain", cookie("https://a.shop.example/", domain=".shop.example", is_secure=True)),
    ("a secure cookie over https", cookie("https://shop.example/", is_secure=True, same_site="none")),
    ("CORS with always", evidence(reply=reply(404, "no"), files=conf(f"add_header Access-Control-Allow-Origin * always; {PASS}"))),
    ("a reload that is over", evidence(said("...gracefully killing workers...", "binary reloading uWSGI...", "spawned uWSGI worker 1 (pid: 21, cores: 1)"), status=200)),
    ("a full disk somewhere while the site serves", evidence(status=200, host=msgspec.structs.replace(evidence().host, full_disks=("/mnt/backup",)))),
]  # fmt: skip


@pytest.mark.parametrize(("why", "found"), SILENT, ids=[why for why, _ in SILENT])
def test_what_is_in_order_or_elsewhere_proves_nothing(why: str, found: LiveEvidence) -> None:
    assert [each.code for each in diagnosed(found).findings] == [], why


def test_a_queue_that_idle_workers_are_about_to_take_is_no_wait() -> None:
    verdict = first(evidence(**slow(queued=1, workers=4, busy=1, is_told=True)))
    assert verdict is not None
    assert verdict.code == "R037"


def test_a_warning_of_earlier_visitors_does_not_hide_the_error_of_this_request() -> None:
    earlier = error_line('limiting requests, excess: 0.9 by zone "one"', at=NOW - 60, upstream="")
    now = error_line("upstream sent too big header while reading response header from upstream")
    verdict = first(evidence(log(earlier, now)))
    assert verdict is not None
    assert (verdict.code, verdict.severity) == ("N003", "error")


def test_the_wanted_limit_is_twice_the_upload() -> None:
    verdict = first(evidence(upload("client intended to send too large body: 20000000 bytes"), status=200))
    assert verdict is not None
    assert "client_max_body_size 39m" in verdict.hint
