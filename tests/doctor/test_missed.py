"""What only the file system, or several files together, show about the faults that the pages teach."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from enuf.doctor.collect.deployment import collect
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.path_fact import PathFact
from enuf.doctor.read.assemble import evidence_of
from enuf.model.finding import Finding

RULES = {rule.code: rule for rule in all_rules()}
VASSALS = {
    "etc/uwsgi/emperor.ini": "[uwsgi]\nemperor = /srv/app/etc/uwsgi/vassals\nemperor-tyrant = true\n",
    "etc/uwsgi/vassals/shop.ini": "[uwsgi]\nsocket = /run/shop.sock\nmodule = shop:app\nmaster = true\n",
}
UNIT = "[Service]\nUser=www-data\nExecStart=/srv/venv/bin/uwsgi --ini /srv/uwsgi.ini\n{0}\n[Install]\nWantedBy=multi-user.target\n"
COMPOSE = "services:\n  nginx:\n    image: {0}\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf']\n"
TLS = "server {{\n  listen 443 ssl{0};\n  {1}\n  ssl_certificate /a.crt;\n  ssl_certificate_key /a.key;\n}}\n"


def found(code: str, texts: dict[str, str], facts: dict[str, PathFact] | None = None) -> tuple[Finding, ...]:
    evidence = evidence_of(texts)
    known = {**evidence.facts, **(facts or {})}
    return examine(msgspec.structs.replace(evidence, facts=known), [RULES[code]])


def severities(code: str, texts: dict[str, str], facts: dict[str, PathFact] | None = None) -> list[str]:
    return [finding.severity for finding in found(code, texts, facts)]


@pytest.mark.parametrize(
    ("owner", "expected"), [("root", ["error"]), ("www-data", ["advice"]), ("", ["advice"])]
)
def test_a_tyrant_starts_no_vassal_of_root(owner: str, expected: list[str]) -> None:
    facts = {"/srv/app/etc/uwsgi/vassals/shop.ini": PathFact(kind="file", owner=owner)}
    assert severities("U060", VASSALS, facts) == expected


@pytest.mark.parametrize(("names", "expected"), [(("site.css",), ["error"]), (("static",), [])])
def test_a_root_that_repeats_the_path_is_an_error_where_the_folder_is_known(
    names: tuple[str, ...], expected: list[str]
) -> None:
    site = "server { location /static/ { root /srv/shop/static; } }\n"
    facts = {"/srv/shop/static": PathFact(kind="folder", names=names)}
    assert severities("N062", {"site.conf": site}, facts) == expected


@pytest.mark.parametrize(
    ("image", "listen", "line", "code", "expected"),
    [
        ("nginx:1.27", "", "ssl on;", "N022", ["error"]),
        ("nginx:1.22-alpine", "", "ssl on;", "N022", ["warning"]),
        ("nginx:alpine", " http2", "", "N064", ["advice"]),
        ("nginx:1.24", " http2", "", "N064", []),
        ("nginx:1.24", "", "http2 on;", "N064", ["error"]),
        ("nginx:1.25", "", "http2 on;", "N064", []),
        ("shop/web:1.24", "", "http2 on;", "N064", []),
    ],
)
def test_the_image_decides_what_nginx_knows(
    image: str, listen: str, line: str, code: str, expected: list[str]
) -> None:
    texts = {"compose.yml": COMPOSE.format(image), "site.conf": TLS.format(listen, line)}
    assert severities(code, texts) == expected


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("ExecStartPre=. /srv/env.sh", "S030"),
        ("ExecStartPre=MODE=x /srv/venv/bin/python init.py", "S030"),
        ("ExecReload=$HOME/reload.sh", "S031"),
        ("UMask=007 # group", "S032"),
        ("RuntimeDirectory=/run/shop", "S032"),
        ("EnvironmentFile=etc/shop.env", "S032"),
        ("Environment=A = b", "S033"),
        ("Environment=A=b # c", "S033"),
        ("ExecReload=/usr/bin/pkill -QUIT uwsgi", "S036"),
    ],
)
def test_systemd_syntax_in_all_its_forms(line: str, code: str) -> None:
    assert found(code, {"shop.service": UNIT.format(line)})


@pytest.mark.parametrize(
    "line",
    [
        "ExecStartPre=/bin/sh -c 'cd /srv && ./init > log'",
        "ExecStartPre=-/usr/bin/install -d /run/shop",
        "EnvironmentFile=-/etc/shop.env",
        "Environment='A=b c' \"D=e f\" G=h",
        "Environment=URL=http://x/%i-%H?a=b%%20c",
        "WorkingDirectory=~",
        "WorkingDirectory=%h/shop",
        "ExecReload=/bin/kill -s HUP $MAINPID",
        "StandardOutput=journal",
        "KillSignal=SIGQUIT",
    ],
)
def test_what_systemd_takes_is_left_alone(line: str) -> None:
    rules = [RULES[code] for code in ("S030", "S031", "S032", "S033", "S035", "S036")]
    assert examine(evidence_of({"shop.service": UNIT.format(line)}), rules) == ()


@pytest.mark.parametrize("length", [46, 47])
def test_a_name_of_46_characters_fits_nginxs_table_and_one_of_47_does_not(length: int) -> None:
    site = f"server {{ server_name {'a' * length}; }}\nserver {{ listen 80 default_server; }}\n"
    assert len(found("N070", {"site.conf": site})) == length - 46


def test_a_comment_behind_daemonize_is_a_part_of_the_name() -> None:
    texts = {"uwsgi.ini": "[uwsgi]\ndaemonize = /var/log/shop.log # the log\n"}
    assert [finding.line for finding in found("U020", texts)] == [2]


def test_a_command_of_attach_daemon_may_hold_a_number_sign() -> None:
    assert not found("U020", {"uwsgi.ini": "[uwsgi]\nattach-daemon = sh -c 'x # y'\n"})


def test_a_script_with_windows_line_ends_is_read_with_them(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM python:3.12\nENTRYPOINT ["/entrypoint.sh"]\n')
    (tmp_path / "entrypoint.sh").write_bytes(b"#!/bin/sh\r\nexec uwsgi --ini uwsgi.ini\r\n")
    assert [each.severity for each in examine(collect([tmp_path]), [RULES["S039"]])] == ["error"]


@pytest.mark.parametrize(
    ("program", "reported"), [("/srv/venv/bin/python manage.py run", 0), ("/srv/manage.py run", 1)]
)
def test_windows_line_ends_stop_a_python_file_that_is_the_program_itself(
    tmp_path: Path, program: str, reported: int
) -> None:
    (tmp_path / "shop.service").write_text(f"[Service]\nWorkingDirectory=/srv\nExecStart={program}\n")
    (tmp_path / "manage.py").write_bytes(b"#!/usr/bin/env python\r\nprint('shop')\r\n")
    assert len(list(examine(collect([tmp_path]), [RULES["S039"]]))) == reported


@pytest.mark.parametrize(
    ("command", "is_empty"),
    [
        ("envsubst '$PORT' < site.conf > site.conf", True),
        ("cat site.conf | sed s/a/b/ > ./site.conf", True),
        ("envsubst '$PORT' < site.template > site.conf", False),
        ("sed -i s/a/b/ site.conf", False),
        ("sed s/a/b/ site.conf | sponge > site.conf", False),
        ("cat site.conf >> site.conf", False),
    ],
)
def test_a_file_that_is_read_and_written_is_emptied(command: str, *, is_empty: bool) -> None:
    assert bool(found("S041", {"start.sh": f"#!/bin/sh\n{command}\n"})) == is_empty
