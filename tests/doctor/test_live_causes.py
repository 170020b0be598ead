"""Every cause is proven by its own evidence, silent without, and old lines accuse no one. No server runs here."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from enuf.doctor.engine import all_rules
from enuf.doctor.live.cause import Cause
from enuf.doctor.live.engine import Diagnosis, all_causes, all_links, diagnosis_of
from enuf.doctor.live.evidence import (
    Backend,
    HostFacts,
    Listening,
    LiveEvidence,
    LiveFront,
    LiveProcess,
    LiveReply,
    LiveUnit,
    LogText,
    PathStat,
)
from enuf.doctor.live.evidence_file import from_json, to_json
from enuf.doctor.live.file_times import FileTimes
from enuf.doctor.live.pid_files import PidFile, PidFiles
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.pages import LANGUAGES, live_codes, page
from enuf.doctor.read.recognise import source_file
from enuf.model.address import TcpAddress, UnixAddress

NOW = 1_790_000_000.0
SOCKET = UnixAddress("/run/shop/shop.sock")
CONF = """
events { }
http {
    server {
        listen 80;
        location / { include uwsgi_params; uwsgi_pass unix:/run/shop/shop.sock; }
        location /tcp { proxy_pass http://127.0.0.1:8001; }
        location /group { uwsgi_pass app; }
    }
    upstream app { server 127.0.0.1:8002; }
}
"""
REQUEST = (
    'client: 127.0.0.1, server: , request: "GET {target} HTTP/1.1", upstream: "{upstream}", host: "localhost"'
)
MASTER = LiveProcess(
    pid=10,
    program="nginx",
    words=("nginx: master process /usr/sbin/nginx",),
    uid=0,
    user="root",
    started_at=NOW - 3600,
)
WORKER = LiveProcess(
    pid=11,
    parent=10,
    program="nginx",
    words=("nginx: worker process",),
    uid=33,
    user="www-data",
    groups=(33,),
    started_at=NOW - 3600,
)
UWSGI = LiveProcess(
    pid=20, program="uwsgi", words=("uwsgi", "--ini", "shop.ini"), uid=1000, user="kim", started_at=NOW - 900
)
UWSGI_WORKER = msgspec.structs.replace(UWSGI, pid=21, parent=20, started_at=NOW - 60)
OPEN_FOLDERS = tuple(
    PathStat(path=path, kind="folder", mode=0o755, uid=0, gid=0, owner="root", group="root", is_allowed=True)
    for path in ("/", "/run", "/run/shop")
)
OPEN_SOCKET = PathStat(
    path=SOCKET.path,
    kind="socket",
    mode=0o660,
    uid=1000,
    gid=33,
    owner="kim",
    group="www-data",
    is_allowed=True,
)
ABSENT = PathStat(path=SOCKET.path, kind="absent")
LISTENING = Listening(address=SOCKET, inode="77", pids=(20, 21), queued=0, limit=100)
PAGE_502 = "<html><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center>"


def error_line(
    text: str,
    *,
    at: float = NOW,
    pid: int = 11,
    target: str = "/",
    upstream: str = "uwsgi://unix:/run/shop/shop.sock:",
) -> str:
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.localtime(at))
    return f"{stamp} [error] {pid}#{pid}: *1 {text}, {REQUEST.format(target=target, upstream=upstream)}"


def log(*lines: str, role: str = "front", path: str = "/var/log/nginx/error.log") -> LogText:
    return LogText(path=path, role=role, lines=lines, is_whole=True)  # type: ignore[arg-type]


def said(*lines: str) -> LogText:
    start = time.strftime(
        "*** Starting uWSGI 2.0.30 (64bit) on [%a %b %d %H:%M:%S %Y] ***", time.localtime(NOW - 900)
    )
    return log(
        start, "spawned uWSGI master process (pid: 20)", *lines, role="server", path="/srv/shop/uwsgi.log"
    )


def backend(**rest: Any) -> Backend:
    usual: dict[str, Any] = {
        "address": SOCKET, "protocol": "uwsgi", "folders": OPEN_FOLDERS, "socket": OPEN_SOCKET, "front_sees": "socket",
        "listeners": (LISTENING,), "errno": 0, "holders": (UWSGI, UWSGI_WORKER),
    }  # fmt: skip
    return Backend(**{**usual, **rest})


def evidence(*logs: LogText, path: str = "/", status: int = 502, **rest: Any) -> LiveEvidence:
    reply = LiveReply(
        sent_at=NOW,
        took_s=0.01,
        address="127.0.0.1:80",
        status=status,
        size=157,
        body=PAGE_502 if status >= 500 else "hello",
    )
    usual: dict[str, Any] = {
        "requested": parse_requested(f"http://localhost{path}"),
        "host": HostFacts(now=NOW + 1, uid=0, user="root", somaxconn=4096),
        "reply": reply,
        "front": LiveFront(
            listeners=(Listening(address=TcpAddress("0.0.0.0", 80), inode="5", pids=(10, 11)),),
            main=MASTER, workers=(WORKER,), configuration="/etc/nginx/nginx.conf", prefix="/etc/nginx",
        ),
        "backends": (backend(),),
        "servers": (UWSGI, UWSGI_WORKER),
        "sockets": (LISTENING,),
        "logs": logs,
        "roots": ("/etc/nginx/nginx.conf",),
        "files": (source_file("/etc/nginx/nginx.conf", CONF, named=True),),
    }  # fmt: skip
    return LiveEvidence(**{**usual, **rest})


def diagnosed(found: LiveEvidence) -> Diagnosis:
    """Judge the evidence as another machine would: after a way through its file."""
    return diagnosis_of(from_json(to_json(found)))


def codes(found: LiveEvidence) -> list[str]:
    return [each.code for each in diagnosed(found).findings]


CLOSED_FOLDER = PathStat(
    path="/home/kim", kind="folder", mode=0o700, owner="kim", group="kim", is_allowed=False
)
DENIED = log(
    error_line(
        "connect() to unix:/run/shop/shop.sock failed (13: Permission denied) while connecting to upstream"
    )
)
NO_FILE = log(
    error_line(
        "connect() to unix:/run/shop/shop.sock failed (2: No such file or directory) while connecting to upstream"
    )
)
REFUSED = log(
    error_line(
        "connect() to unix:/run/shop/shop.sock failed (111: Connection refused) while connecting to upstream"
    )
)
CLOSED = log(error_line("upstream prematurely closed connection while reading response header from upstream"))
NOBODY = {"listeners": (), "holders": (), "errno": 111}
OTHER = Listening(address=UnixAddress("/run/other/shop.sock"), inode="9", pids=(40,))
INI = source_file(
    "/srv/shop/uwsgi.ini", "[uwsgi]\nmodule = app\nmaster = true\nsocket = /run/shop/shop.sock\n", named=True
)
UNIT = source_file(
    "/etc/systemd/system/shop.service",
    "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/.venv/bin/gunicorn --bind 127.0.0.1:8001 app\n",
)
FAILED = LiveUnit(
    name="shop.service", properties={"ActiveState": "failed", "Result": "exit-code", "NRestarts": "5"}
)
NGINX = source_file("/etc/nginx/nginx.conf", CONF, named=True)
TCP = TcpAddress("127.0.0.1", 8001)

STOPPED = log(
    "*** Starting uWSGI 2.0.30 (64bit) on [Sat Nov 28 09:03:27 2026] ***", "spawned uWSGI worker 1 (and the only) (pid: 20, cores: 1)",
    "Gracefully killing worker 1 (pid: 20)...", role="server", path="/srv/shop/uwsgi.log",
)  # fmt: skip
PROVEN = [
    ("U034", evidence(REFUSED, STOPPED, servers=(), backends=(backend(**NOBODY),))),
    ("S002", evidence(DENIED, backends=(backend(folders=(CLOSED_FOLDER, *OPEN_FOLDERS)),))),
    ("S001", evidence(DENIED, backends=(backend(socket=msgspec.structs.replace(OPEN_SOCKET, mode=0o755, is_allowed=False)),))),
    ("S004", evidence(DENIED, host=HostFacts(now=NOW, selinux=True))),
    ("S003", evidence(NO_FILE, backends=(backend(front_sees="absent"),))),
    ("R005", evidence(NO_FILE, backends=(backend(socket=ABSENT, front_sees="absent", errno=2),))),
    ("R005", evidence(status=200, backends=(backend(listeners=(LISTENING, msgspec.structs.replace(LISTENING, inode="78", pids=(30,))), holders=(UWSGI, msgspec.structs.replace(UWSGI, pid=30))),))),
    ("R001", evidence(REFUSED, backends=(backend(**NOBODY),))),
    ("L001", evidence(NO_FILE, backends=(backend(socket=ABSENT, **{**NOBODY, "errno": 2}),), sockets=(OTHER,))),
    ("R009", evidence(NO_FILE, backends=(backend(socket=ABSENT, **{**NOBODY, "errno": 2}),), files=(NGINX, INI))),
    ("S008", evidence(NO_FILE, said("bind(): Permission denied [core/socket.c line 230]"), servers=(), backends=(backend(socket=ABSENT, **{**NOBODY, "errno": 2}),))),
    ("L005", evidence(log(error_line("connect() failed (111: Connection refused) while connecting to upstream", target="/tcp", upstream="http://127.0.0.1:8001/tcp")), path="/tcp", backends=(Backend(address=TCP, protocol="http", errno=111),), sockets=())),
    ("R002", evidence(log(error_line("no live upstreams while connecting to upstream", target="/group", upstream="uwsgi://app")), path="/group", backends=(Backend(address=TcpAddress("127.0.0.1", 8002), protocol="uwsgi", errno=111),))),
    ("U005", evidence(log(error_line("connect() to unix:/run/shop/shop.sock failed (11: Resource temporarily unavailable) while connecting to upstream")))),
    ("U005", evidence(status=502, backends=(backend(listeners=(msgspec.structs.replace(LISTENING, queued=101),)),))),
    ("U006", evidence(path="/tcp", status=504, backends=(Backend(address=TCP, protocol="http", listeners=(Listening(address=TCP, queued=101, limit=100),), holders=(UWSGI,)),))),
    ("L002", evidence(CLOSED, backends=(backend(wire="http", answer="HTTP 200"),))),
    ("L003", evidence(log(error_line("upstream prematurely closed connection while reading response header from upstream", target="/tcp", upstream="http://127.0.0.1:8001/tcp")), path="/tcp", backends=(Backend(address=TCP, protocol="http", listeners=(Listening(address=TCP),), wire="uwsgi", errno=0, holders=(UWSGI,)),))),
    ("L004", evidence(front=LiveFront(listeners=(Listening(address=TCP),), main=UWSGI), reply=LiveReply(sent_at=NOW, took_s=0.0, failure="closed"), backends=(Backend(address=TCP, protocol="http", listeners=(Listening(address=TCP),), wire="uwsgi", errno=0, holders=(UWSGI,)),))),
    ("N001", evidence(CLOSED, said("Traceback (most recent call last):", "KeyError: 'REQUEST_METHOD'"))),
    ("U017", evidence(CLOSED, said("-- unavailable modifier requested: 0 --"))),
    ("A001", evidence(said(" * Serving Flask app 'app'"), status=504)),
    ("U028", evidence(said("*** Operational MODE: no-workers ***"), status=504)),
    ("U032", evidence(NO_FILE, backends=(backend(holders=(msgspec.structs.replace(UWSGI, parent=1), msgspec.structs.replace(UWSGI, pid=21, parent=1))),))),
    ("U004", evidence(said(time.strftime("%a %b %d %H:%M:%S %Y - *** HARAKIRI ON WORKER 1 (pid: 25, try: 1) ***", time.localtime(NOW - 5)), "DAMN ! worker 1 (pid: 25) died, killed by signal 9 :( trying respawn ..."), status=200)),
    ("R003", evidence(said("DAMN ! worker 1 (pid: 25) died, killed by signal 9 :( trying respawn ...", "Respawned uWSGI worker 1 (new pid: 21)"), status=200)),
    ("R013", evidence(said("DAMN ! worker 1 (pid: 25) died, killed by signal 11 :( trying respawn ...", "Respawned uWSGI worker 1 (new pid: 21)"), status=200)),
    ("U007", evidence(REFUSED, said("!!! uWSGI process 20 got Segmentation Fault !!!"), servers=(), backends=(backend(**NOBODY),))),
    ("L006", evidence(log(error_line("upstream timed out (110: Operation timed out) while reading response header from upstream")), status=504)),
    ("R012", evidence(status=200, topics={"file_times": FileTimes(of_nginx={"/etc/nginx/nginx.conf": NOW - 10})})),
    ("R006", evidence(status=200, topics={"file_times": FileTimes(of_code={"/srv/shop/app.py": NOW - 10})})),
    ("R004", evidence(status=200, topics={"pid_files": PidFiles(files=(PidFile(path="/run/a.pid", pid=5, program="other", line="sleep 9"),))})),
]  # fmt: skip


@pytest.mark.parametrize(("code", "found"), PROVEN, ids=[f"{n}-{code}" for n, (code, _) in enumerate(PROVEN)])
def test_the_evidence_of_a_cause_makes_it_the_verdict(code: str, found: LiveEvidence) -> None:
    diagnosis = diagnosed(found)
    assert diagnosis.verdict is not None, [each.text for each in diagnosis.chain]
    assert diagnosis.verdict.code == code, diagnosis.verdict.message
    assert diagnosis.verdict.message
    assert diagnosis.verdict.hint
    assert diagnosis.verdict.file


def test_a_stack_that_serves_proves_nothing() -> None:
    assert codes(evidence(status=200)) == []
    assert {link.state for link in diagnosed(evidence(status=200)).chain} == {"ok"}


def no_app(*lines: str) -> LiveEvidence:
    reply = LiveReply(
        sent_at=NOW, took_s=0.01, address="127.0.0.1:80", status=500, size=21, headers=(("content-type", "text/plain"),), body="Internal Server Error"
    )  # fmt: skip
    return evidence(said(*lines), reply=reply, files=(NGINX, INI))


TRACE = "Traceback (most recent call last):"
WHY_NO_APP = [
    ("A002", [TRACE, '  File "/srv/shop/app.py", line 1, in <module>', "ModuleNotFoundError: No module named 'flask'"]),
    ("U011", [TRACE, "ModuleNotFoundError: No module named 'app'"]),
    ("U013", [TRACE, "ModuleNotFoundError: No module named 'app.py'; 'app' is not a package"]),
    ("A003", [TRACE, "ImportError: cannot import name 'Flask' from partially initialized module 'flask' (most likely due to a circular import)"]),
    ("A004", [TRACE, '  File "/srv/shop/app.py", line 3, in <module>', '    os.environ["SHOP"]', "KeyError: 'SHOP'"]),
    ("U010", ["unable to load app 0 (mountpoint='') (callable not found or import error)"]),
    ("U014", [TRACE, '  File "/srv/shop/app.py", line 3, in <module>', "ZeroDivisionError: division by zero"]),
    ("U014", []),
]  # fmt: skip


@pytest.mark.parametrize(("code", "lines"), WHY_NO_APP, ids=[code for code, _ in WHY_NO_APP])
def test_the_answer_of_21_bytes_is_explained_by_the_traceback_of_the_start(
    code: str, lines: list[str]
) -> None:
    assert codes(no_app(*lines, "spawned uWSGI worker 1 (pid: 21, cores: 1)"))[:1] == [code]


def test_the_apps_own_500_is_told_with_its_traceback() -> None:
    html = LiveReply(
        sent_at=NOW, took_s=0.1, address="127.0.0.1:80", status=500, size=265, body="<!doctype html>"
    )
    lines = ("spawned uWSGI worker 1 (pid: 21, cores: 1)", TRACE, "ZeroDivisionError: division by zero")
    verdict = diagnosed(evidence(said(*lines), reply=html)).verdict
    assert verdict is not None
    assert verdict.code == "R011"
    assert "ZeroDivisionError" in verdict.message


OLD_LINES = [
    ("before the server's start", error_line("connect() to unix:/run/shop/shop.sock failed (11: x) while connecting to upstream", at=NOW - 1000)),
    ("of an nginx that has ended", error_line("connect() to unix:/run/shop/shop.sock failed (11: x) while connecting to upstream", at=NOW - 5, pid=4)),
    ("about another upstream", error_line("connect() failed (111: x) while connecting to upstream", at=NOW - 5, upstream="http://127.0.0.1:9")),
]  # fmt: skip


@pytest.mark.parametrize(("why", "line"), OLD_LINES, ids=[why for why, _ in OLD_LINES])
def test_a_line_of_the_error_log_accuses_only_the_present_stack(why: str, line: str) -> None:
    assert codes(evidence(log(line), status=200)) == [], why


def test_a_recent_line_of_the_present_stack_is_a_warning_while_it_serves() -> None:
    line = error_line(
        "connect() to unix:/run/shop/shop.sock failed (11: x) while connecting to upstream", at=NOW - 5
    )
    assert [(each.code, each.severity) for each in diagnosed(evidence(log(line), status=200)).findings] == [
        ("U005", "warning")
    ]


def test_a_worker_that_died_long_ago_accuses_no_one() -> None:
    died = "DAMN ! worker 1 (pid: 25) died, killed by signal 9 :( trying respawn ..."
    old = msgspec.structs.replace(UWSGI_WORKER, started_at=NOW - 800)
    lines = said(died, "Respawned uWSGI worker 1 (new pid: 21)")
    assert (
        codes(evidence(lines, status=200, servers=(UWSGI, old), backends=(backend(holders=(UWSGI, old)),)))
        == []
    )


def test_what_another_start_of_the_server_said_accuses_no_one() -> None:
    stale = log(
        "*** Starting uWSGI 2.0.30 (64bit) on [Mon Jan  5 08:00:00 2026] ***", "*** Operational MODE: no-workers ***",
        role="server", path="/srv/shop/uwsgi.log",
    )  # fmt: skip
    assert "U028" not in codes(evidence(stale, status=504))


def test_without_a_proof_the_diagnosis_says_what_is_in_order_and_what_to_type() -> None:
    unit = LiveUnit(name="shop.service", properties={"ActiveState": "active"})
    server = msgspec.structs.replace(UWSGI, unit="shop.service")
    found = diagnosed(evidence(units=(unit,), servers=(server,), backends=(backend(holders=(server,)),)))
    assert found.verdict is None
    assert any("a process listens at unix:/run/shop/shop.sock" in text for text in found.ruled_out)
    assert "journalctl -u shop.service -n 50" in found.next_steps


@pytest.mark.parametrize("cause", all_causes(), ids=lambda cause: f"{cause.order}-{cause.code}")
def test_a_cause_proves_nothing_without_evidence(cause: Cause) -> None:
    empty = LiveEvidence(
        requested=parse_requested("http://localhost/"), reply=LiveReply(sent_at=NOW, took_s=0.0, status=200)
    )
    assert codes(empty) == []
    assert cause.code


def test_a_cause_with_the_code_of_a_rule_has_its_name_and_another_one_a_page() -> None:
    rules = {rule.code: rule.name for rule in all_rules()}
    named = [cause for cause in all_causes() if cause.name]
    assert {c.code: c.name for c in named if c.code in rules} == {
        c.code: rules[c.code] for c in named if c.code in rules
    }
    assert {cause.code for cause in named} - rules.keys() == set(live_codes())
    for code in live_codes():
        name = next(cause.name for cause in named if cause.code == code)
        for language in LANGUAGES:
            assert (page(code, language) or "").startswith(f"# {code} {name}: "), (code, language)


def test_the_links_of_the_chain_have_an_order_of_their_own() -> None:
    orders = [link.order for link in all_links()]
    assert len(set(orders)) == len(orders)


def test_a_server_that_systemd_gave_up_is_told_with_its_unit() -> None:
    line = error_line(
        "connect() failed (111: Connection refused) while connecting to upstream",
        target="/tcp",
        upstream="http://127.0.0.1:8001/tcp",
    )
    down = Backend(address=TCP, protocol="http", errno=111)
    verdict = diagnosed(
        evidence(log(line), path="/tcp", backends=(down,), sockets=(), files=(NGINX, UNIT), units=(FAILED,))
    ).verdict
    assert verdict is not None
    assert verdict.code == "R009"
    assert "journalctl -u shop.service" in verdict.hint
    assert any("shop.service is failed (exit-code), 5 restarts" in each for each in verdict.evidence)


def test_a_request_that_gunicorn_ended_is_told_by_gunicorns_own_code() -> None:
    gunicorn = msgspec.structs.replace(UWSGI, program="gunicorn", words=("gunicorn", "app"))
    start = time.strftime(
        "[%Y-%m-%d %H:%M:%S +0000] [20] [INFO] Starting gunicorn 23.0.0", time.gmtime(NOW - 900)
    )
    ended = time.strftime(
        "[%Y-%m-%d %H:%M:%S +0000] [20] [CRITICAL] WORKER TIMEOUT (pid:25)", time.gmtime(NOW - 5)
    )
    lines = log(start, ended, role="server", path="/srv/shop/gunicorn.log")
    found = evidence(lines, status=200, servers=(gunicorn,), backends=(backend(holders=(gunicorn,)),))
    assert [(each.code, each.severity) for each in diagnosed(found).findings] == [("G003", "warning")]


def test_the_words_of_a_server_that_runs_are_no_last_words() -> None:
    lines = said("ModuleNotFoundError: No module named 'flask'")
    refused = LiveReply(sent_at=NOW, took_s=0.0, failure="refused")
    assert codes(evidence(lines, reply=refused, front=LiveFront(), backends=())) == ["R010"]
    assert codes(evidence(lines, reply=refused, front=LiveFront(), backends=(), servers=())) == ["A002"]
