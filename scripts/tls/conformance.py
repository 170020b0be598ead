"""What testssl and h2spec find: the one about TLS, the other about HTTP/2, beside the bare nginx of each build."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from scripts.tls.place import NotInstalled, Row, authority, pair, program, site, wait_for
from tests.support.builds import BUILDS, nginx_program
from tests.support.ports import free_port
from tests.support.stack import Stack

HARMLESS = ("OK", "INFO", "LOW")
ACCEPTED = {"cert_revocation": "the local authority revokes nothing: its certificates live for 30 days"}
"""Findings above LOW that are meant, by testssl's id."""
WARN_DAYS = {"DAYS2WARN1": "20", "DAYS2WARN2": "10"}
"""testssl warns 60 and 30 days ahead; a local certificate lives for 30 and is renewed 10 days ahead."""
_H2SPEC = """
daemon off; worker_processes 2; pid nginx.pid; error_log error.log;
events {{ }}
http {{
    access_log off; {temporary}
    server {{
        listen 127.0.0.1:{port} ssl{word};
        {directive}
        ssl_certificate {certificate}; ssl_certificate_key {key};
        location / {{ proxy_pass http://unix:{folder}/app.sock; }}
    }}
    server {{
        listen unix:{folder}/app.sock;
        return 200 "{text}";
    }}
}}
"""


def testssl() -> Iterator[Row]:
    """Yield what testssl.sh finds at a stack on both builds of nginx."""
    for build in BUILDS:
        with site("--tls", "local", "--nginx", build) as stack:
            found = _findings(stack)
        yield from judged(found, build)


def judged(found: Sequence[dict[str, str]], build: str) -> Iterator[Row]:
    """Yield the counts of these findings, and each one above LOW: a fault unless it is meant."""
    count = Counter(each["severity"] for each in found)
    shown = ", ".join(f"{count[name]} {name}" for name in HARMLESS if count[name])
    bad = [each for each in found if each["severity"] not in HARMLESS]
    yield f"testssl, nginx {build}: {shown or 'no check passed'}, above LOW: {len(bad)}", bool(count["OK"])
    for each in bad:
        # WARN is no finding, but a check that testssl itself could not make.
        meant = "testssl could not check this" if each["severity"] == "WARN" else ACCEPTED.get(each["id"], "")
        finding = f"{each['severity']} {each['id']}: {each['finding']}"
        yield f"  {finding}{f' ({meant})' if meant else ''}", bool(meant)


def _findings(stack: Stack) -> list[dict[str, str]]:
    report = stack.project / "testssl.json"
    words = [
        "--quiet",
        "--warnings",
        "off",
        "--color",
        "0",
        "--add-ca",
        authority(stack),
        "--jsonfile",
        str(report),
    ]
    subprocess.run(
        [program("testssl"), *words, f"localhost:{stack.port}"],
        env={**os.environ, **WARN_DAYS}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=1200, check=False,
    )  # fmt: skip
    found: list[dict[str, str]] = json.loads(report.read_text())
    return found


def h2spec() -> Iterator[Row]:
    """Yield how many cases of h2spec pass, beside an nginx of the same build that passes requests on with the least configuration."""
    yield "| h2spec, cases passed | enuf | nginx alone | failed by enuf alone |", True
    yield "|---|---|---|---|", True
    for build in BUILDS:
        with site("--tls", "local", "--nginx", build) as stack:
            ours = _cases(stack.port, stack.project / "ours.xml")
            alone = _cases_of_bare_nginx(stack, build)
        worse = sorted(case for case, passed in alone.items() if passed and not ours.get(case))
        version = re.search(r"[\d.]+", _version(build))
        yield (
            f"| nginx {version[0] if version else ''} ({build}) | {sum(ours.values())} of {len(ours)} "
            f"| {sum(alone.values())} of {len(alone)} | {'; '.join(worse) or '0'} |",
            not worse and bool(ours),
        )


def _version(build: str) -> str:
    done = subprocess.run(
        [nginx_program(build), "-v"], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stderr


def _cases_of_bare_nginx(stack: Stack, build: str) -> dict[str, bool]:
    certificate, key = pair(stack)
    port, folder = free_port(), stack.project / "bare"
    folder.mkdir()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    is_new = build == "embedded"
    text = _H2SPEC.format(
        port=port, certificate=certificate, key=key, folder=folder, text="x" * 1000,
        word="" if is_new else " http2", directive="http2 on;" if is_new else "",
        temporary=" ".join(f"{kind}_temp_path {kind};" for kind in kinds),
    )  # fmt: skip
    conf = folder / "nginx.conf"
    conf.write_text(text)
    running = subprocess.Popen(
        [nginx_program(build), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(conf)],
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        return _cases(port, folder / "bare.xml")
    finally:
        running.terminate()
        running.wait(30)


def _cases(port: int, report: Path) -> dict[str, bool]:
    """Run h2spec and return its cases, with whether each passed."""
    wanted = os.environ.get("H2SPEC", "")
    if not os.access(wanted, os.X_OK) or not Path(wanted).is_file():
        raise NotInstalled(
            "h2spec is no package: build github.com/summerwind/h2spec and name it by H2SPEC=PATH"
        )
    subprocess.run(
        [wanted, "-h", "localhost", "-p", str(port), "-t", "-k", "-j", str(report)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1200, check=False,
    )  # fmt: skip
    return cases_in(report)


def cases_in(report: Path) -> dict[str, bool]:
    """Return the cases in a report of h2spec, with whether each passed; one that was skipped is left out."""
    found = dict[str, bool]()
    for case in ET.parse(report).iter("testcase"):  # a file that h2spec wrote just now
        if case.find("skipped") is None:
            failed = case.find("failure") is not None or case.find("error") is not None
            found[f"{case.get('package')} {case.get('classname')}"] = not failed
    return found
