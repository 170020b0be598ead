"""Every reader of foreign text, with malformed texts for it and the exceptions that it documents.

The property tests run the readers on few texts, `make fuzz` for as long as one likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from crossplane.errors import NgxParserBaseException
from hypothesis import strategies as st

from enuf.doctor.collect.walk import decode_text
from enuf.doctor.edits import unified_diff
from enuf.doctor.engine import examine
from enuf.doctor.pages import codes, examples, page
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.report import github_annotations, json_document, text_report
from enuf.doctor.sarif import sarif_log
from enuf.errors import NotRunning, SettingsInvalid
from enuf.inspect.log_tail import lines_of
from enuf.inspect.uwsgi_stats import parse_stats_address, read_stats
from enuf.model.address import UnixAddress
from enuf.model.paths import StackPaths
from enuf.model.protocol import ControlReply, ControlRequest, StopReply, StopRequest
from enuf.observe.live.totals import read_checkpoint
from enuf.observe.logs.errors import ErrorCollector
from enuf.observe.logs.events import decode_events, hung_requests_of, refusals_of, timeline_of
from enuf.observe.logs.records import parse
from enuf.plan.topologies import TOPOLOGIES
from enuf.run.control import Control
from enuf.run.state import read_state
from enuf.settings.fields import dotted_keys
from enuf.settings.load import survey
from enuf.syntax.access_log import LONGEST_PATH, parse_access_line
from enuf.syntax.nginx_read import NginxSources, read_nginx
from enuf.syntax.nginx_tokens import read_tokens
from enuf.syntax.python_source import parse_python
from enuf.syntax.unit import read_unit, without_specifiers
from enuf.syntax.uwsgi_argv import read_argv
from enuf.syntax.uwsgi_logic import HostContext
from enuf.syntax.uwsgi_markup import read_json, read_xml, read_yaml
from enuf.syntax.uwsgi_read import read_config, read_written
from enuf.syntax.yaml_outline import read_outline
from enuf.system.runtime_dir import locate
from tests.support.fixes import planned

from .hostile import as_bytes, bounded_work, hostile

GOLDEN = Path(__file__).parents[1] / "golden"


class Reader(NamedTuple):
    """A reader of foreign text."""

    texts: st.SearchStrategy[Any]
    read: Callable[[Any], None]
    """Reads one text and asserts what holds of every one."""
    refuses_with: tuple[type[Exception], ...] = ()
    """What it raises, by its documentation."""


@cache
def scratch() -> Path:
    """Return a folder for files that must be on a disk to be read; it is removed when the process exits."""
    folder = tempfile.TemporaryDirectory(prefix="enuf-fuzz-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def paths_in(folder: Path) -> StackPaths:
    """Return the paths of a stack whose files are all in this folder."""
    return StackPaths(project=str(folder), home=str(folder / ".enuf"), runtime=str(folder / "run"))


# -- settings -----------------------------------------------------------------------------------------------------

TOML = """app = "app.py"
env_file = [".env"]
[serve]
listen = "127.0.0.1:8000"
processes = 4
timeout = "30s"
max_body = "16m"
hosts = ["a.test", "*.b.test"]
trusted_proxies = ["10.0.0.0/8"]
prefix = "/x"
[workers]
scale = "2..8"
[static]
extra = { "/m/" = "./m" }
[log]
rotate = "5m x 3"
[raw]
nginx_server = \"\"\"add_header a b;\"\"\"
[raw.uwsgi]
env = ["A=1"]
"""
TOML_TOKENS = ("[serve]\n", "[[serve]]\n", "[raw.uwsgi]\n", "[tool.enuf]\n", "serve.listen = ", "listen = ", '"""', "'''", "= {", "inf", "nan", "1979-05-27", "[" * 90)  # fmt: skip


def read_settings_file(data: bytes) -> None:
    """Load the settings of a project with this enuf.toml, and with the same text in pyproject.toml."""
    project = scratch()
    for name in ("enuf.toml", "pyproject.toml"):
        (project / name).write_bytes(data)
        try:
            survey(project, flags={}, environ={}, topologies=tuple(TOPOLOGIES)).accepted()
        except SettingsInvalid as error:
            assert error.summary and len(str(error)) < 100_000
        finally:
            (project / name).unlink()


def read_settings_variables(values: Mapping[str, str]) -> None:
    """Load settings from environment variables."""
    survey(scratch(), flags={}, environ=values, topologies=tuple(TOPOLOGIES)).accepted()


# -- what servers write -------------------------------------------------------------------------------------------

ACCESS = (
    '127.0.0.1 [2026-11-27T08:31:30+00:00] "GET /a?b HTTP/1.1" 200 1234 time=0.001 connect=0.000 header=0.001 app=0.001 '
    'passed=1795768290.123 taken=1795768290124000 id=0123456789abcdef0123456789abcdef host="a.test" ref="-" ua="curl"\n',
    '{"addr":"::1","time":"2026-11-27T08:31:30+00:00","request":"GET / HTTP/1.1","status":200,"bytes":1,"seconds":0.1,"app":"0.1, 0.2 : 0.3",'
    '"passed":"1.0","taken":"5","id":"a"}\n',
)
LOGS = (
    "2026/11/27 08:31:30 [error] 12#12: *3 connect() failed (111: Connection refused) while connecting to upstream, request: \"GET / HTTP/1.1\"\n",
    "[2026-11-27T08:31:30+0000] - Traceback (most recent call last):\n[2026-11-27T08:31:30+0000] -   File \"app.py\", line 1, in x\n"
    "[2026-11-27T08:31:30+0000] - ValueError: no\n[2026-11-27T08:31:30+0000] - [ERROR] GET /x 500 after 0.1 s id=0123456789abcdef0123456789abcdef\n",
    "[2026-11-27 08:31:30 +0000] [12] [CRITICAL] WORKER TIMEOUT (pid:13)\n",
    '{"event":"unit-ready","unit":"g2","at":1.5}\n{"event":"reload-refused","summary":"the app cannot be imported","evidence":["Traceback"],"at":2}\n',
    '{"event":"hung-request-ended","method":"GET","uri":"/slow","id":"0123","stack":["Thread 0x1 (most recent call first):"],"at":3}\n',
    "Exception on /x [GET]\nDuring handling of the above exception, another exception occurred:\nDAMN ! worker 1 died\n",
)  # fmt: skip
LOG_TOKENS = ('" 200 ', "time=", "app=-", "taken=", "passed=", "id=", "[error] ", "Traceback (most recent call last):\n", "2026/99/99 99:99:99 ", "[2026-11-27T99:99:99+9999] - ")  # fmt: skip


def read_access(line: str) -> None:
    """Read one line of the log of requests."""
    found = parse_access_line(line)
    if found is not None:
        assert len(found.path) <= LONGEST_PATH + 3 and len(found.method) <= 20
        assert found.wait_s is None or found.wait_s >= 0
        assert found.app_s is None or found.app_s >= -1e-6


def read_logs(data: bytes) -> None:
    """Read the bytes as each of the logs, and collect the errors and events in them."""
    lines = lines_of(data)
    for name in ("access.log", "error.log", "server.log", "enuf.log", "slow.log"):
        records = list(parse(name, lines, 1.0))
        assert len(records) <= len(lines)
        errors = ErrorCollector()
        found = [*errors.read(records), *errors.flush()]
        assert all(len(each.text) <= 500 and len(each.traceback) <= 16_000 for each in found)
    events = decode_events(lines)
    assert all(len(each.text) <= 300 and len(each.traceback) <= 16_000 for each in refusals_of(events))
    assert all(len(event.text) <= 300 for event in timeline_of(events))
    hung_requests_of(events)


STATS = (
    '{"version":"2.0.30","pid":1,"sockets":[{"name":"a","queue":0,"max_queue":100}],"workers":[{"id":1,"pid":2,"requests":3,"status":"busy","rss":4,'
    '"cores":[{"id":0,"in_request":1,"requests":1,"vars":["REQUEST_METHOD=GET","REQUEST_URI=/a?b","HTTP_X_REQUEST_ID=abc"],"req_info":{"request_start":1}}]}]}',
)
JSON_TOKENS = ('"workers":[', '"vars":[', "[[[[[[[[", '{"a":' * 20, "]}", "1e400", "-0", '"\\ud800"', '"\\u0000"', "HTTP/1.0 200 OK\r\n\r\n")  # fmt: skip


def read_statistics(data: bytes) -> None:
    """Read a document from a server that sends these bytes."""
    path = scratch() / "stats.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        server = threading.Thread(target=_send_once, args=(listening, data))
        server.start()
        found = read_stats(UnixAddress(str(path)))
        server.join()
    for worker in found.workers if found else ():
        for core in worker.cores:
            method, address, request_id = core.request
            assert len(method) <= 16 and len(address) <= LONGEST_PATH + 3 and len(request_id) <= 64


def _send_once(listening: socket.socket, data: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(data)


def read_stats_address(text: str) -> None:
    """Read the address of a statistics server."""
    parse_stats_address(text)


# -- what the supervisor wrote ------------------------------------------------------------------------------------

STATE = (
    '{"schema":1,"supervisor":{"key":"supervisor","pid":1,"mark":"1"},"units":[{"key":"g1","pid":2,"mark":"3"}],"url":"http://x","topology":"t","generation":1}',
    '{"totals":{"by_status":{"200":5},"bytes":1},"positions":[{"inode":1,"offset":2}],"own":""}',
    '{"project":"1:2","in_project":true}',
)
ORDERS = ('{"verb":"status"}', '{"verb":"reload","mode":"full","at_once":false}', '{"verb":"stop"}', "[]", "null", "5", '{"verb":"x"}')  # fmt: skip


def read_recorded(data: bytes) -> None:
    """Read the bytes as the state of a stack, as the dashboard's totals, and as the claim of a runtime folder."""
    project = scratch() / "recorded"
    paths = paths_in(project)
    Path(paths.home).mkdir(parents=True, exist_ok=True)
    Path(paths.runtime).mkdir(mode=0o700, exist_ok=True)
    for path in (paths.state, f"{paths.runtime}/claim", f"{paths.home}/totals"):
        Path(path).write_bytes(data)
    link = Path(paths.home, "run")
    if not link.is_symlink():
        link.symlink_to(paths.runtime)
    read_state(paths)
    read_checkpoint(Path(paths.home, "totals"))
    assert locate(project).project == str(project)


def read_orders(data: bytes) -> None:
    """Send the bytes to a supervisor's control socket, and then a valid order, which must be answered."""
    folder = scratch() / "control"
    folder.mkdir(exist_ok=True)
    asyncio.run(_talk(paths_in(folder), data))


async def _talk(paths: StackPaths, data: bytes) -> None:
    async def perform(request: ControlRequest) -> ControlReply:
        if isinstance(request, StopRequest):
            raise NotRunning("refused")
        return StopReply()

    Path(paths.runtime).mkdir(mode=0o700, exist_ok=True)
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unhandled.append(context))
    control = Control(paths, perform)
    await control.open()
    try:
        answer = await _asked(paths.control_socket, data)
        assert not answer or msgspec.json.decode(answer, type=dict[str, Any]).keys() <= {"ok", "error"}
        proper = await _asked(paths.control_socket, b'{"verb":"status"}\n')
        assert json.loads(proper) == {"ok": {"stopping": True}}
    finally:
        await control.close()
    assert not unhandled, unhandled


async def _asked(path: str, data: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        writer.write(data)
        writer.write_eof()
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.close()


# -- configurations -----------------------------------------------------------------------------------------------


@cache
def example_files() -> dict[str, tuple[str, ...]]:
    """Return the examples on the pages of the doctor's rules, by file name."""
    found: dict[str, list[str]] = {}
    for code in codes():
        for example in examples(page(code, "en") or ""):
            for name, text in example.texts.items():
                found.setdefault(name.rpartition("/")[2], []).append(text)
    found["compose.yml"] = [
        *found.get("compose.yml", ()),
        'services:\n  web:\n    command: ["uwsgi", "--ini", "x.ini"]\n    environment:\n      - A=b\n',
    ]
    found["start.sh"] = [
        "#!/bin/sh\ncd /srv/shop && exec uwsgi --ini x.ini --socket :1 &\n",
        *found.get("start.sh", ()),
    ]
    found["uwsgi.json"] = [
        '{"uwsgi": {"socket": "/a", "env": ["A=b"], "master": true}}',
        *found.get("uwsgi.json", ()),
    ]
    found.setdefault("uwsgi.xml", []).append(
        "<uwsgi>\n <socket>:1</socket>\n <module>a:b</module>\n<master/></uwsgi>\n"
    )
    found.setdefault("uwsgi.yaml", []).append("uwsgi:\n  socket: :1\n  env: [A=1, B=2]\n")
    return {name: tuple(texts) for name, texts in found.items()}


NGINX = tuple(path.read_text() for path in sorted(GOLDEN.glob("*/nginx.conf")))
NGINX_TOKENS = ("server {", "location / {", "location ~ ^/x{2} {", "upstream a {", "if ($a) {", "include ", "include *.conf;", "uwsgi_pass ", "unix:", "listen ", "content_by_lua_block {", "map $a $b {", "}", ";")  # fmt: skip
INI_TOKENS = ("[uwsgi]\n", "%(", "%(x)", "$(", "$(A)", "@(", "%d", "%n", "%%", "for = 1 2\n", "for-times = 9999\n", "endfor =\n", "if-env = A\n", "if-not-env = A\n", "if-exists = /\n", "endif =\n", "ini = :uwsgi\n", "ini = %p\n", "include = x.ini\n", "set-placeholder = a=%(a)\n", "a = %(b)\nb = %(a)\n", "%(a + 1)", "%(a / 0)", "[x]\n")  # fmt: skip
XML_TOKENS = ("<uwsgi>", "</uwsgi>", "<socket>", "</socket>", "<!DOCTYPE x [", '<!ENTITY a "b">', "&a;", "&amp;", "&#0;", "<![CDATA[", "]]>", "<!--", "-->", "<?xml version='1.0' encoding='x'?>", "<a/>", "<a " + "b='' " * 5)  # fmt: skip
YAML_TOKENS = ("uwsgi:\n", "  a:\n", "- ", "- - - - ", "&a ", "*a", "<<: *a\n", "!!python/object:x ", "|\n", ">\n", "? ", ": ", "---\n", "...\n", "\t", "services:\n", "{a: [", "'", '"')  # fmt: skip
UNIT_TOKENS = ("[Service]\n", "ExecStart=", "ExecStart=-", "Environment=", "EnvironmentFile=", "\\\n", "%n", "%i", "%%", "User=", "; x\n", '"A=')  # fmt: skip
OTHER_TOKENS = ("FROM a\n", 'CMD ["uwsgi", ', "CMD ", "ENTRYPOINT [", "ENV A=", "RUN uwsgi ", "WORKDIR ", "\\\n", "web: ", "uwsgi --ini ", "$(", "`", "&& ", "exec ", "[program:x]\n", "command=", "def f():\n", "import ", "@app.route(", "lambda: ", "f'{", "enuf: ignore[", "enuf: ignore-file")  # fmt: skip
FILE = "/srv/app/x.conf"


def read_nginx_file(text: str) -> None:
    """Read a text as an nginx site in which every include leads to the same text."""
    config = read_nginx(
        FILE, NginxSources(read=lambda _path: text, glob=lambda _pattern: [FILE, "/srv/app/y.conf"])
    )
    assert sum(1 for _ in config.find("uwsgi_pass")) <= 20_000


def read_nginx_words(text: str) -> None:
    """Split a text into the tokens of nginx."""
    assert sum(1 for _ in read_tokens(text, FILE)) <= len(text) + 1


def read_uwsgi_file(kind: str) -> Callable[[str], None]:
    """Return a reader of uWSGI configurations of this kind, in which every include leads to the same text."""

    def read(text: str) -> None:
        world = HostContext(
            directory="/srv/app", read=lambda _path: text, environ={"A": "1"}, glob=lambda _: [FILE]
        )
        config = read_config(FILE, world, kind=kind)
        assert sum(len(option.value) for option in config.options) < 100_000_000

    return read


def read_markup(text: str) -> None:
    """Read a text as YAML, JSON and XML, without the files that it names."""
    for read in (read_yaml, read_json, read_xml):
        read(text, FILE, "uwsgi")
    read_outline(text)


def read_unit_file(text: str) -> None:
    """Read a systemd unit, and the words of its ExecStart as a uWSGI command line."""
    unit = read_unit(text, "/etc/systemd/system/x.service")
    for key in ("ExecStart", "Environment", "User"):
        words = [without_specifiers(setting.value, "x.service") for setting in unit.all(key)]
        world = HostContext(directory="/", read=lambda _path: None)
        read_written(read_argv(" ".join(words).split(), FILE, 1), world)


def read_python(text: str) -> None:
    """Read the source of a program."""
    parse_python(text)


def examine_files(texts: Mapping[str, str]) -> None:
    """Run the doctor on these files, write its report in every format, and plan its fixes."""
    evidence = evidence_of(
        {name: decode_text(text.encode("utf-8", "replace"))[0] or "" for name, text in texts.items()}
    )
    findings = examine(evidence)
    json_document(evidence, findings, "/srv/app")
    text_report(evidence, findings, "/srv/app", lambda _kind, text: text)
    github_annotations(findings, "/srv/app")
    sarif_log(findings, {}, "1", "/srv/app")
    for change in planned(evidence):
        unified_diff(change, "x")


def _files() -> st.SearchStrategy[dict[str, str]]:
    tokens = (*INI_TOKENS, *NGINX_TOKENS, *UNIT_TOKENS, *OTHER_TOKENS, *XML_TOKENS, *YAML_TOKENS)
    one = st.sampled_from(sorted(example_files())).flatmap(
        lambda name: st.tuples(st.just(name), hostile(example_files()[name], tokens))
    )
    return st.lists(one, min_size=1, max_size=3).map(dict)


def _of(name: str) -> tuple[str, ...]:
    return example_files()[name]


@cache
def readers() -> dict[str, Reader]:
    """Return every reader by name."""
    variables = sorted(field.env for field in dotted_keys().values())
    ini = (*_of("uwsgi.ini"), *(path.read_text() for path in sorted(GOLDEN.glob("*/uwsgi.ini"))))
    return {
        "settings file": Reader(as_bytes(hostile([TOML], TOML_TOKENS)), read_settings_file),
        "settings variables": Reader(
            st.dictionaries(st.sampled_from(variables), hostile(["127.0.0.1:80", "30s", "2..8", "5m x 3", "16m", '{"/a/" = "b"}', "a.test,b.test"], TOML_TOKENS), max_size=4),
            read_settings_variables, (SettingsInvalid,),
        ),
        "access log": Reader(hostile(ACCESS, LOG_TOKENS), read_access),
        "logs": Reader(as_bytes(hostile([*ACCESS, *LOGS, "".join(LOGS)], LOG_TOKENS)), read_logs),
        "statistics": Reader(as_bytes(hostile(STATS, JSON_TOKENS)), read_statistics),
        "statistics address": Reader(hostile(["127.0.0.1:9191", "http://[::1]:9191/", "unix:/run/x", "./x"], ()), read_stats_address, (ValueError,)),
        "recorded state": Reader(as_bytes(hostile(STATE, JSON_TOKENS)), read_recorded),
        "control protocol": Reader(as_bytes(hostile(ORDERS, JSON_TOKENS)), read_orders),
        "nginx words": Reader(hostile([*_of("site.conf"), *NGINX], NGINX_TOKENS), read_nginx_words, (NgxParserBaseException,)),
        "nginx": Reader(hostile([*_of("site.conf"), *NGINX], NGINX_TOKENS), read_nginx_file),
        "uwsgi ini": Reader(hostile(ini, INI_TOKENS), read_uwsgi_file("ini")),
        "uwsgi xml": Reader(hostile(_of("uwsgi.xml"), XML_TOKENS), read_uwsgi_file("xml")),
        "uwsgi yaml": Reader(hostile(_of("uwsgi.yaml"), YAML_TOKENS), read_uwsgi_file("yaml")),
        "uwsgi json": Reader(hostile(_of("uwsgi.json"), JSON_TOKENS), read_uwsgi_file("json")),
        "markup": Reader(hostile([*_of("uwsgi.yaml"), *_of("compose.yml"), *_of("uwsgi.xml"), *_of("uwsgi.json")], (*YAML_TOKENS, *XML_TOKENS, *JSON_TOKENS)), read_markup),
        "unit": Reader(hostile(_of("app.service"), UNIT_TOKENS), read_unit_file),
        "python": Reader(hostile(_of("app.py"), OTHER_TOKENS), read_python),
        "doctor": Reader(_files(), examine_files),
    }  # fmt: skip


def check(reader: Reader, text: Any) -> None:
    """Read the text. Only the exceptions that the reader documents are accepted."""
    with bounded_work(), contextlib.suppress(*reader.refuses_with):
        reader.read(text)
