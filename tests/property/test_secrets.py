"""A secret that stands in a setting or a configuration is in nothing that enuf prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.cli.terminal.steps_view import as_list, explanation
from enuf.cli.terminal.summary import introduction
from enuf.doctor.edits import apply_edits, unified_diff
from enuf.doctor.engine import all_rules, examine
from enuf.doctor.masking import masked_findings
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.report import github_annotations, json_document, text_report
from enuf.doctor.sarif import sarif_log
from enuf.model.app import AppRef
from enuf.model.secrets import MASK, masked_text, says_secret
from enuf.plan.masked import masked_plan
from enuf.settings.fields import dotted_keys, value_of
from enuf.settings.masking import masked_value
from enuf.settings.shapes import plain, spelled
from enuf.syntax.masked_lines import masked_difference
from enuf.syntax.secret_spans import kind_of_rendered, masked_file
from tests.support.examples import examples
from tests.support.fixes import planned
from tests.support.parts import PROJECT, plan, report
from tests.support.parts import settings as settings_of

SECRET = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_~", min_size=12, max_size=30
).map("Z9{}q".format)
"""No word of a file or a message has this form."""

UWSGI: tuple[dict[str, Any], ...] = (
    {"env": ["A=1", "DB=%s"]},
    {"env": "PASSWORD=%s"},
    {"set-placeholder": "x=%s"},
    {"set-ph": ["y=%s"]},
    {"set": "x=%s"},
    {"db_password": "%s"},
    {"my-api-key": "%s"},
    {"secret": ["a", "%s"]},
    {"emperor": "mongodb://user:%s@host/db"},
    {"pyargv": "--token %s --verbose"},
    {"pyargv": "--api-key=%s"},
    {"attach-daemon": "celery --broker redis://:%s@localhost/0"},
    {"exec-pre-app": "curl -H 'Authorization: Bearer %s' http://localhost/"},
    {"add-header": "X-Api-Key: %s"},
    {"route": "^/admin basicauth:Admins,root:%s"},
    {"route-run": "setenv:X_TOKEN=%s"},
    {"legion": "one 225.1.1.1:4242 100 bf-cbc:%s"},
    {"alarm": "chat xmpp:a@example.com;%s;b@example.com"},
    {"logger": "redislog 127.0.0.1:6379,auth=%s"},
    {"http-auth": "%s"},
)
NGINX = (
    'proxy_set_header Authorization "Basic %s";',
    "uwsgi_param X_TOKEN %s;",
    "uwsgi_param HTTP_COOKIE 'sid=%s';",
    "set $api_key %s;",
    'add_header Set-Cookie "sid=%s; Path=/" always;',
    'if ($http_authorization != "Bearer %s") { return 403; }',
    "if ($arg_token = %s) { return 204; }",
    "location /x { proxy_pass http://user:%s@127.0.0.1:1; }",
    "return 302 https://example.com/?access_token=%s;",
    'secure_link_md5 "$secure_link_expires$uri %s";',
    "auth_basic %s;",
    "# auth_token=%s",
    'uwsgi_param\n  AUTH_TOKEN\n  "two\nlines %s";',
)
MAPS = (
    'map $http_x_api_key $is_known { default 0; "%s" 1; }',
    "map $cookie_session $is_known {\n  %s 1;\n}",
)


def filled(form: Any, secret: str) -> Any:
    """The form with the secret in it."""
    if isinstance(form, dict):
        return {key: filled(each, secret) for key, each in form.items()}
    if isinstance(form, list):
        return [filled(each, secret) for each in form]
    return form.replace("%s", secret)


def printed(values: dict[str, Any], **differences: object) -> Iterator[str]:
    """Everything that is printed of a project with these settings: as text, as JSON, in the dashboard."""
    chosen = settings_of(values)
    for key in dotted_keys():
        value = masked_value(key, value_of(chosen, key))
        yield spelled(value)
        yield json.dumps(plain(value))
    made = plan(values, **differences)
    yield msgspec.json.encode(masked_plan(made)).decode()
    yield "\n".join(explanation(made))
    yield json.dumps(as_list(made))
    yield "\n".join(introduction(made))
    yield from (masked_file(kind_of_rendered(file.name), file.text) for file in made.files)


def held(values: dict[str, Any], **differences: object) -> str:
    """What the servers read."""
    return "".join(file.text for file in plan(values, **differences).files)


@pytest.mark.parametrize("form", UWSGI, ids=str)
@settings(max_examples=examples(5), deadline=None)
@given(secret=SECRET)
def test_a_secret_of_a_raw_option_is_in_the_file_and_in_nothing_printed(
    form: dict[str, Any], secret: str
) -> None:
    values = {"raw.uwsgi": filled(form, secret)}
    assert secret in held(values)
    for text in printed(values):
        assert secret not in text


@pytest.mark.parametrize(("key", "form"), [
    *(("raw.nginx_server", form) for form in NGINX), *(("raw.nginx_http", form) for form in MAPS),
])  # fmt: skip
@settings(max_examples=examples(5), deadline=None)
@given(secret=SECRET)
def test_a_secret_of_a_raw_line_is_in_the_file_and_in_nothing_printed(
    key: str, form: str, secret: str
) -> None:
    values = {key: filled(form, secret)}
    assert secret in held(values)
    for text in printed(values):
        assert secret not in text


@pytest.mark.parametrize("call", ['password="%s"', '"postgres://shop:%s@db/shop"', "token='%s'"])
@settings(max_examples=examples(5), deadline=None)
@given(secret=SECRET)
def test_a_secret_that_the_app_is_made_with_is_not_printed(call: str, secret: str) -> None:
    app = AppRef(
        directory=PROJECT, module="app", attribute="make", call=filled(call, secret), file=f"{PROJECT}/app.py"
    )
    for text in printed({"app": f"app:make({filled(call, secret)})"}, report=report(app=app)):
        assert secret not in text


def test_what_runs_is_made_from_what_was_set() -> None:
    made = plan({"raw.uwsgi": {"env": ["DB=Z9plainq"]}})
    masked_plan(made)
    assert "env = DB=Z9plainq" in made.file("uwsgi.ini").text


def test_a_plan_without_secrets_is_printed_as_it_is() -> None:
    for topology in ("nginx-uwsgi", "nginx-gunicorn", "uwsgi-http", "flask"):
        made = plan({"topology": topology, "serve.threads": 3})
        assert masked_plan(made) == made


# -- the doctor

FILES = {
    "uwsgi.ini": (
        "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\nenv = DB=%s # shop\n",
        "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\nenv = DB=a%%x%s\n",
        "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\ndb-password = '%s'\n",
        "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\nset-placeholder = key=%s ; x\n",
        "[uwsgi]\nstrict = true\nsocket = /run/a.sock\nmodule = app:app\napi_key = %s\nenv = K=%(api_key)\n",
        "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\nhttp-password = %s%z\n",
    ),
    "uwsgi.xml": ("<uwsgi><socket>/run/a</socket><module>app</module><env>DB=%s # x</env></uwsgi>",),
    "uwsgi.yaml": ("uwsgi:\n  socket: /run/a.sock\n  module: app\n  env: DB=a%z%s\n",),
    "uwsgi.json": ('{"uwsgi": {"socket": "/a", "module": "app", "env": ["DB=%s # x", "C=d%z"]}}',),
    "site.conf": (
        "server { listen 80; location / { uwsgi_param X_TOKEN %s; uwsgi_pass unix:/run/b.sock; } }\n",
        "server {\n listen 80;\n location / {\n proxy_pass http://user:%s@localhost:1\n }\n}\n",
        'server {\n listen 80\n proxy_set_header Authorization "Basic %s"\n}\n',
    ),
    "a.service": (
        '[Service]\nEnvironment="DB=%s" B=c\nExecStart=/usr/bin/uwsgi --env DB=%s --socket /run/a.sock --module app --daemonize /x\n',
    ),
    "Dockerfile": ('FROM python:3\nENV API_TOKEN=%s\nRUN pip install uswgi --extra-index-url https://u:%s@h/\nCMD ["uwsgi", "--env", "DB=%s", "--module", "app"]\n',),
    "run.sh": ("#!/bin/sh\nDB_PASSWORD=%s uwsgi --socket /run/a.sock --module app --daemonize /x\n",),
    "compose.yml": ("services:\n  web:\n    command: uwsgi --socket :1 --module app --env DB=%s\n    environment:\n      - DB=%s\n",),
    "app.py": ("import os\nfrom flask import Flask\napp = Flask(__name__)\nSECRET = '%s'\napp.secret_key = os.urandom(8) + b'%s'\napp.config['DB_PASSWORD'] = os.environ.get('DB', \"%s\")\napp.run(debug=True)\n",),
}  # fmt: skip


BESIDE = {
    "app.py": "app = 1\n",
    "uwsgi.ini": "[uwsgi]\nsocket = /run/a.sock\nmodule = app:app\nprocesses = 4\nlazy-apps = true\n",
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in FILES.items() for text in texts])
@settings(max_examples=examples(3), deadline=None)
@given(secret=SECRET)
def test_a_secret_of_a_file_is_in_nothing_that_the_doctor_prints_and_fixes_write_it(
    name: str, text: str, secret: str
) -> None:
    whole = text.replace("%s", secret)
    evidence = evidence_of({**BESIDE, name: whole})
    findings = examine(evidence)
    shown = masked_findings(evidence, findings)
    outputs = [
        text_report(evidence, shown, "/srv/app", lambda _kind, words: words),
        json.dumps(json_document(evidence, shown, "/srv/app")),
        github_annotations(shown, "/srv/app"),
        sarif_log(shown, {rule.code: rule for rule in all_rules()}, "1", "/srv/app"),
    ]
    for change in planned(evidence):
        file = evidence.file(change.path)
        assert file is not None
        outputs.append(masked_difference(unified_diff(change, name), file.kind, change.before, change.after))
        edits = [
            edit for finding in findings if finding.fix and finding.fix.safe for edit in finding.fix.edits
        ]
        if change.path.endswith(name) and not any(edit.action == "delete" for edit in edits):
            assert secret in change.after
            assert MASK not in change.after
            assert apply_edits(change.before, []) == whole
    for output in outputs:
        assert secret not in output


def test_there_is_something_to_find_in_each_of_these_files() -> None:
    for name, texts in FILES.items():
        for text in texts:
            evidence = evidence_of({**BESIDE, name: text.replace("%s", "Z9hunterq")})
            assert examine(evidence), text


# -- names


@pytest.mark.parametrize(
    "name",
    ["password", "DB_PASSWORD", "dbPasswd", "MYSQL_PWD", "DB_PASS", "API_TOKEN", "apiKey", "X-Api-Key", "SECRET_KEY",
     "client_secret", "AWS_CREDENTIALS", "SENTRY_DSN", "Authorization", "Proxy-Auth", "Set-Cookie", "http_cookie"],
)  # fmt: skip
def test_a_name_that_says_secret(name: str) -> None:
    assert says_secret(name)


@pytest.mark.parametrize(
    "name",
    ["", "PWD", "uwsgi_pass", "proxy_pass", "keepalive", "http-keepalive", "SECRET_KEY_FILE", "ssl_password_file", "monkey",
     "passenger", "author", "keys_zone", "socket", "processes", "PATH_INFO"],
)  # fmt: skip
def test_a_name_that_does_not(name: str) -> None:
    assert not says_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://:a1b2c3@host:1/0", "redis://:***@host:1/0"),
        ("postgres://shop:p@ss/w0rd@db/shop", "postgres://shop:***@db/shop"),
        ("https://gh0_abc@github.com/x", "https://***@github.com/x"),
        ("http://127.0.0.1:8000/a?b=c", "http://127.0.0.1:8000/a?b=c"),
        ("ssl_certificate_key /etc/ssl/a.key;", "ssl_certificate_key /etc/ssl/a.key;"),
        ('password = "a b" # c', 'password = "***" # c'),
        ("DEBUG=1 API_TOKEN=abc", "DEBUG=1 API_TOKEN=***"),
        ("cookies=true", "cookies=true"),
    ],
)
def test_only_the_secret_is_masked(text: str, shown: str) -> None:
    assert masked_text(text) == shown
