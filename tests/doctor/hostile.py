"""Files whose reading once took time in proportion to the square of their size, and more: `python -m tests.doctor.hostile`.

Each is examined in a process of its own that may use so many seconds of a processor and no more; healthy, the slowest takes a third of them.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Callable
from functools import partial

from enuf.doctor.engine import all_rules, examine
from enuf.doctor.fixing import plan_fixes
from enuf.doctor.masking import masked_findings
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.report import github_annotations, json_document, text_report
from enuf.doctor.sarif import sarif_log

LIMIT_S = 6
LONG_S = {"sites that include a large file": 15}
"""For files of which the doctor reads all that its own limits allow, two million characters; healthy, that takes a third of this time too."""
MEMORY_BYTES = 2 << 30
SIZE = 100_000
UWSGI = "[uwsgi]\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
BESIDE = {"uwsgi.ini": UWSGI + "socket = /a\nmodule = app\n", "app.py": FLASK}

Make = Callable[[int], str]


def again(head: str, piece: str, tail: str = "") -> Make:
    """A piece, again and again."""
    return lambda size: head + piece * (size // len(piece)) + tail


def each(head: str, piece: str, tail: str = "") -> Make:
    """A piece, again and again, with another number in each."""
    return lambda size: (
        head + "".join(piece.replace("#", str(number)) for number in range(size // len(piece))) + tail
    )


def deep(head: str, piece: str) -> Make:
    """Lines, each deeper than the one before."""
    return lambda size: head + "".join(" " * depth + piece for depth in range(1, int((2 * size) ** 0.5)))


CASES: dict[str, dict[str, tuple[str, Make]]] = {
    "recognised": {
        "one long word": ("data.yaml", again("x:", "a")),
        "base64": ("data.yaml", again("data: ", "QUJD")),
        "one long line": ("run", again("x:", "a ")),
        "blanks behind location": ("x.conf", again("location ", " ")),
        "locations": ("x.conf", again("", "location a\n")),
        "short lines": ("run", again("", "x: aaa bbb\n")),
        "single letters": ("x", again("", "a\n")),
        "stanzas": ("x", again("", "a {\n")),
    },
    "started": {
        "names without values": ("Dockerfile", again("FROM x\nENV ", "a")),
        "package managers": ("Dockerfile", again("FROM x\nRUN ", "pip ")),
        "a plugin that is not installed": ("Dockerfile", again("FROM x\nRUN ", "apt uwsgi-plugin ")),
        "words of a container": ("Dockerfile", again('FROM x\nCMD ["uwsgi"', ', "--a=b"', "]")),
        "words of a Procfile": ("Procfile", again("web: uwsgi ", "--a ")),
        "words of a unit": ("a.service", again("[Service]\nExecStart=/a/uwsgi", " --a=b")),
        "lines of a unit": ("a.service", again("[Service]\nExecStart=/a/uwsgi", " --a \\\n")),
        "commands of a unit": ("a.service", again("[Service]\nExecStart=/bin/sh -c 'cd /a", " && cd b", " && uwsgi'")),
        "many starts": ("run.sh", again("", "uwsgi --ini uwsgi.ini\n")),
        "words of a service": ("compose.yml", again("services:\n  web:\n    command:\n      - uwsgi\n", "      - --a\n")),
        "deep services": ("compose.yml", deep("services:\n", "- a:\n")),
        "lines of a stanza": ("shop.logrotate", again("/x {\n weekly\n}\n", "a\n")),
        "blanks of a stanza": ("shop.logrotate", again("/x {\n weekly\n}\na", " ")),
        "blank requirements": ("requirements.txt", again("", " \n")),
        "misspelt requirements": ("requirements.txt", again("", "uswgi\n")),
    },
    "uwsgi": {
        "sections in a chain": ("uwsgi.ini", each(UWSGI + "ini = :s0\n", "[s#]\na = %x%d\nini = :s#x\n")),
        "a section again": ("uwsgi.ini", again(UWSGI, "ini = :more\n", "[more]\na = b\n")),
        "values of themselves": ("uwsgi.ini", again(UWSGI, "a = %(a)%(a)\n")),
        "placeholders without an end": ("uwsgi.ini", again(UWSGI + "a = ", "%(")),
        "placeholder in a long name": ("uwsgi.ini", again(UWSGI + "b = 1\na = %(", "(", ")%(b)")),
        "letters": ("uwsgi.ini", again(UWSGI + "socket = ", "a%z")),
        "blanks before a comment": ("uwsgi.ini", again(UWSGI + "socket = /a", " ", "x")),
        "comments": ("uwsgi.ini", again(UWSGI + "socket = /a", " # ")),
        "a loop of long values": ("uwsgi.ini", lambda size: f"{UWSGI}for = {'a ' * (size // 4)}\nx = {'%(_)' * (size // 8)}\nendfor =\n"),
        "a loop of a thousand": ("uwsgi.ini", lambda size: f"{UWSGI}for-times = 1000\nx = {'%(_)' * (size // 4)}\nendfor =\n"),
        "digits": ("uwsgi.ini", again(UWSGI + "buffer-size = 1", ",000")),
        "sockets": ("uwsgi.ini", each(UWSGI, "socket = :#\n")),
        "mounts": ("uwsgi.ini", each(UWSGI + "socket = :1\n", "mount = /#=a#.py\n")),
        "environment": ("uwsgi.ini", again(UWSGI, "env = A=b # c\n")),
        "members": ("uwsgi.json", each('{"uwsgi": {', '"a#": "b",\n', '"z": "z"}}')),
        "members of a list": ("uwsgi.json", again('{"uwsgi": {"env": [', '"A=b",\n', '"C=d"]}}')),
        "escaped names": ("uwsgi.json", each('{"uwsgi": {', '"\\u0061#": "b", ', '"z": "z"}}')),
        "text": ("uwsgi.xml", again("<uwsgi><a>", "x\n", "</a></uwsgi>")),
        "elements without an end": ("uwsgi.xml", again("<uwsgi>", "<a>")),
    },
    "nginx": {
        "locations on one line": ("site.conf", again("server { listen 80;", "location /a { uwsgi_pass unix:/a; }", "}")),
        "locations on lines": ("site.conf", again("server { listen 80;\n", "location /a { uwsgi_pass unix:/a; }\n", "}")),
        "http on one line": ("site.conf", again("server { listen 80;", "location /a { proxy_pass http://127.0.0.1:1; }", "}")),
        "folders": ("site.conf", each("server { listen 80;\n", "location /a# { alias /a#; }\n", "}")),
        "roots": ("site.conf", each("server { listen 80; root /x; ", "location /a#/ { root /a#; }", "}")),
        "patterns": ("site.conf", each("server { root /srv/app;\n", "location ~ /a# { deny all; }\n", "}")),
        "pattern with choices": ("site.conf", lambda _: "server { root /srv/app; location /" + "a" * 200 + "/ { root /srv; } location ~ (a|aa)" + "(a|aa)" * 40 + "!$ { deny all; } }"),
        "pattern with repetitions": ("site.conf", lambda _: "server { root /srv/app; location ~ .*" + "a*" * 60 + "!$ { deny all; } }"),
        "tried files": ("site.conf", again("server { listen 80;", "location /a { try_files $uri =404; }", "}")),
        "servers": ("site.conf", again("", "server { listen 80; root /x; location / { uwsgi_pass unix:/a; } }")),
        "ports": ("site.conf", each("server { ", "listen #;", "}")),
        "upstreams": ("site.conf", each("", "upstream u# { server unix:/a; } server { location / { uwsgi_pass u#; } }\n")),
        "members of an upstream": ("site.conf", lambda size: "upstream u {" + "server unix:/a;" * (size // 30) + "} server {" + "location /a { uwsgi_pass u; }" * (size // 60) + "}"),
        "inherited parameters": ("site.conf", lambda size: "server {\n" + "uwsgi_param A b;\n" * (size // 34) + "location /a { uwsgi_pass unix:/a; }\n" * (size // 80) + "}"),
        "includes": ("site.conf", again("server { listen 80;", "include x.conf; uwsgi_pass unix:/a;", "}")),
        "quotes": ("site.conf", again("server { return 200 ", '"a" ')),
        "digits of a time": ("site.conf", again("server { listen 80; proxy_read_timeout ", "1", "x; }")),
    },
    "python": {
        "letters of three bytes": ("app.py", again(FLASK, "가 = '나'; ")),
        "statements": ("app.py", again("", "a;")),
        "depth": ("app.py", lambda size: "a = " + "(" * (size // 2) + ")" * (size // 2)),
        "imports": ("app.py", each(FLASK, "import m#\n")),
        "secrets": ("app.py", again(FLASK, "secret_key = ")),
    },
    "secrets": {
        "names": ("uwsgi.ini", again(UWSGI + "socket = :1 # c\nenv = A=", "key=")),
        "addresses": ("site.conf", again("server { listen 80 ", "http://")),
        "users": ("site.conf", again("server { listen 80 http://", "a:@")),
        "schemes": ("run.sh", again("uwsgi --daemonize x ", "Basic Abc")),
        "quotes": ("site.conf", again("server { listen 80 ", "token=\"")),
        "names without values": ("uwsgi.ini", again(UWSGI + "socket = :1 # c\nroute = ", "tokentoken")),
    },
}  # fmt: skip


SERVED = "[uwsgi]\nmodule = a:b\nsocket = /x\n"
TOGETHER: dict[str, Callable[[], dict[str, str]]] = {
    "starts of one large configuration": lambda: {"u.ini": SERVED + "env = A=b\n" * 10_000, "run.sh": "#!/bin/sh\n" + "uwsgi --ini u.ini\n" * 300},
    "configurations that include a large one": lambda: {"u.ini": SERVED + "env = A=b\n" * 10_000} | {f"{number}.ini": SERVED + "ini = u.ini\n" for number in range(200)},
    "sites that include a large file": lambda: {"a.inc": "location /a { uwsgi_pass unix:/x; }\n" * 1500} | {f"{number}.conf": "server { listen 80; include /srv/app/a.inc; }\n" for number in range(200)},
    "passes and starts": lambda: {"a.conf": "server {\n" + "location /a { uwsgi_pass unix:/x; }\n" * 2500 + "}", "run.sh": "#!/bin/sh\n" + "uwsgi --socket /x --module a\n" * 300},
    "passes and sockets": lambda: {"a.conf": "server {\n" + "location /a { uwsgi_pass unix:/y; }\n" * 2500 + "}", "u.ini": "[uwsgi]\nmodule = a\n" + "socket = /x\n" * 10_000},
    "apps and folders": lambda: {"u.ini": SERVED + "mount = /a=b.py\n" * 4500 + "pythonpath = /a/b\n" * 4500},
    "copies in an image and a module elsewhere": lambda: {"Dockerfile": "FROM x\nCOPY . /srv/app/\nRUN " + "cp " * 100_000, "u.ini": SERVED.replace("a:b", "shop:app"), "back/shop.py": FLASK},
    "copies in an image and settings of Django": lambda: {"Dockerfile": "FROM x\nRUN " + "cp " * 100_000, "u.ini": SERVED + "env = DJANGO_SETTINGS_MODULE=settings\n", "a.py": "", "settings.py": "DEBUG = True\n"},
    "marks of a template in a site of an image": lambda: {"Dockerfile": "FROM nginx\nCOPY site.conf /etc/nginx/conf.d/\n", "site.conf": "server { listen 80; } #" + ("{{" + "a" * 300) * 3000},
    "stanzas and logs": lambda: {"u.ini": SERVED + "logto = /a/b.log\n" * 10_000, "l": "/x {\n weekly\n}\n" * 10_000},
}  # fmt: skip
"""Files that are each read in no time, and together make the work of one times that of the other."""
GROUPS = (*CASES, "together")


def examined(texts: dict[str, str]) -> None:
    """Everything that the doctor does with files that it has read."""
    evidence = evidence_of(texts)
    findings = examine(evidence)
    plan_fixes(evidence, findings, lambda _texts: evidence_of({}))
    shown = masked_findings(evidence, findings)
    json_document(evidence, shown, "/srv/app")
    text_report(evidence, shown, "/srv/app", lambda _kind, words: words)
    github_annotations(shown, "/srv/app")
    sarif_log(shown, {}, "1", "/srv/app")


def outcome(make: Callable[[], dict[str, str]], limit_s: int) -> str:
    """Why the files were not examined within the limits; empty when they were."""
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        try:
            examined(make())
        except BaseException as error:
            print(f"{type(error).__name__}: {str(error)[:200]}", end=" ", flush=True)
            os._exit(1)
        os._exit(0)
    return "" if os.waitpid(child, 0)[1] == 0 else f"took more than {limit_s} s, or failed"


def beside(name: str, make: Make) -> dict[str, str]:
    """A file beside a healthy app."""
    return {**BESIDE, name: make(SIZE)}


def main(group: str) -> None:
    """Examine the files of a group and print those that were not done within the limits."""
    all_rules()  # imported once, before the forks
    alone = {title: partial(beside, *file) for title, file in CASES.get(group, {}).items()}
    for title, texts in (alone or TOGETHER).items():
        if why := outcome(texts, LONG_S.get(title, LIMIT_S)):
            print(f"{title}: {why}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
