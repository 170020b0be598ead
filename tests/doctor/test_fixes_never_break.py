"""`--fix` never makes a deployment worse: what is not certain is left, and what turns out badly is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.fixes import plan_of, planned

from enuf.doctor.edits import written_lines
from enuf.doctor.engine import examine
from enuf.doctor.evidence import Evidence
from enuf.doctor.fixing import plan_fixes
from enuf.doctor.read.assemble import evidence_of
from enuf.doctor.unharmed import NginxRefusal
from enuf.syntax.nginx_contexts import is_allowed_in

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
PASSED = "        include uwsgi_params;\n        uwsgi_pass unix:/run/a.sock;\n"


def site(body: str, listen: str = "80") -> str:
    return f"server {{\n    listen {listen};\n    server_name a.example;\n{body}}}\n"


def location(body: str, path: str = "/") -> str:
    return f"    location {path} {{\n{body}    }}\n"


def after(texts: dict[str, str], *codes: str) -> dict[str, str]:
    """Return the texts after the fixes, by their names."""
    changed = {
        each.path.removeprefix("/srv/app/"): each.after for each in planned(evidence_of(texts), *codes)
    }
    return {**texts, **changed}


# --- where a line may stand


@pytest.mark.parametrize("block", ["if ($request_method = POST)", "limit_except GET"])
def test_a_directive_is_added_only_where_nginx_takes_it(block: str) -> None:
    text = site(location(f"        {block} {{\n            proxy_pass http://127.0.0.1:8000;\n        }}\n"))
    fixed = after({"site.conf": text, "app.py": FLASK}, "N015")["site.conf"]
    assert f"        proxy_set_header Host $host;\n        {block} {{" in fixed


def test_parameters_for_uwsgi_stay_out_of_if_too() -> None:
    inner = "        if ($args) {\n            uwsgi_pass unix:/run/a.sock;\n        }\n"
    fixed = after({"site.conf": site(location(inner)), "app.py": FLASK})["site.conf"]
    assert (
        '        include uwsgi_params;\n        uwsgi_param HTTP_TRANSFER_ENCODING "";\n        if ($args) {'
        in fixed
    )


def test_the_table_of_contexts_is_nginxs() -> None:
    assert is_allowed_in("proxy_set_header", ("server", "location"))
    assert not is_allowed_in("proxy_set_header", ("http", "server", "location", "if"))
    assert is_allowed_in("add_header", ("server", "location", "if"))
    assert not is_allowed_in("uwsgi_param", ("server", "location", "limit_except"))
    assert is_allowed_in("a_module_of_somebody", ("server",))


def test_an_added_line_has_the_tabs_of_its_neighbour() -> None:
    text = site(location(PASSED)).replace("        ", "\t\t").replace("    ", "\t")
    fixed = after({"site.conf": text, "app.py": FLASK}, "N016")["site.conf"]
    assert '\n\t\tuwsgi_param HTTP_TRANSFER_ENCODING "";\n\t\tuwsgi_pass' in fixed


# --- what depends on other things than the files


def test_the_scheme_is_left_where_tls_may_end_in_front() -> None:
    texts = {"site.conf": site(location(PASSED)), "app.py": FLASK, "requirements.txt": "flask\n"}
    assert "X_FORWARDED_PROTO" not in after(texts)["site.conf"]
    assert "X_FORWARDED_PROTO $scheme" in after(texts, "N014")["site.conf"]
    encrypted = site("    ssl_certificate c.pem;\n" + location(PASSED), "443 ssl")
    assert "X_FORWARDED_PROTO $scheme" in after({**texts, "site.conf": encrypted}, "N014")["site.conf"]


def test_the_host_is_left_to_the_user_and_keeps_an_unusual_port() -> None:
    passed = location("        proxy_pass http://127.0.0.1:8000;\n")
    served = {"app.py": FLASK, "uwsgi.ini": "[uwsgi]\nhttp-socket = 127.0.0.1:8000\nmodule = app:app\n"}
    assert after({"site.conf": site(passed), **served})["site.conf"] == site(passed)
    assert "Host $host;" in after({"site.conf": site(passed), **served}, "N015")["site.conf"]
    assert (
        "Host $host:$server_port;"
        in after({"site.conf": site(passed, "8080"), **served}, "N015")["site.conf"]
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.go", "package main\n"),
        ("package.json", '{"scripts": {"start": "node server.js"}}'),
        ("pom.xml", "<project/>"),
        ("composer.json", "{}"),
        ("Dockerfile", 'FROM golang:1.22\nCMD ["/shop"]\n'),
        ("compose.yml", "services:\n  web:\n    image: tomcat:10\n"),
    ],
)
def test_sites_of_other_languages_are_not_told_about_the_app(name: str, text: str) -> None:
    passed = site(location("        proxy_pass http://127.0.0.1:8000;\n"))
    found = {each.code for each in examine(evidence_of({"site.conf": passed, name: text}))}
    assert "N015" not in found
    assert "N015" in {
        each.code for each in examine(evidence_of({"site.conf": passed, name: text, "app.py": FLASK}))
    }


def test_a_umask_that_would_shut_nginx_out_of_the_socket_is_left() -> None:
    text = "[uwsgi]\nmodule = app:app\nmaster = true\ndaemonize = /var/log/a.log\nsocket = /run/a.sock\n"
    assert "umask" not in after({"uwsgi.ini": text})["uwsgi.ini"]
    named = text + "chmod-socket = 660\n"
    assert "umask = 022" in after({"uwsgi.ini": named})["uwsgi.ini"]


def test_a_socket_in_a_container_is_not_moved_to_the_loopback_by_a_hint() -> None:
    texts = {
        "uwsgi.ini": "[uwsgi]\nsocket = 0.0.0.0:3031\nmodule = app:app\n",
        "Dockerfile": 'FROM python:3.12\nWORKDIR /srv/app\nCOPY . .\nCMD ["uwsgi", "uwsgi.ini"]\n',
        "app.py": FLASK,
    }
    hints = {each.code: each.hint for each in examine(evidence_of(texts))}
    assert "= 127.0.0.1" not in hints.get("U042", "")


# --- which files


CARRIED = {
    "values.yaml": "config: |\n  [uwsgi]\n  module = app:app\n  buffer-size = 32k\n",
    "map.conf": "kind: ConfigMap\ndata:\n  a: |\n    [uwsgi]\n    module = app:app\n    buffer-size = 32k\n",
    "uwsgi.ini.j2": "[uwsgi]\nmodule = {{ module }}\nsocket = /run/a.sock\nbuffer-size = 32k\n",
    "setup.conf": "cat > uwsgi.ini <<EOF\n[uwsgi]\nmodule = app:app\nbuffer-size = 32k\nEOF\n",
    "user-data": "#!/bin/sh\nserver {\nlisten 80;\nlocation /static {\nalias /srv/static/;\n}\n}\n",
    "shop.sh": "cat <<X\nserver {\nlisten 80;\nlocation /static {\nalias /srv/static/;\n}\n}\nX\n",
}


@pytest.mark.parametrize("name", CARRIED)
def test_a_file_that_only_carries_a_configuration_is_never_edited(name: str) -> None:
    assert planned(evidence_of({name: CARRIED[name]})) == ()
    assert planned(evidence_of({name: CARRIED[name]}), "U003", "N006") == ()


def test_the_reason_for_leaving_a_file_is_named() -> None:
    (left,) = [
        each
        for each in plan_of(evidence_of({"uwsgi.yaml.conf": CARRIED["map.conf"]})).left
        if each.finding.code == "U003"
    ]
    assert (left.why, left.by_name) == ("the configuration is only a part of this file", False)


# --- together or not at all


INI = "[uwsgi]\nsocket = /run/a.sock # for nginx\nchmod-socket = 660\nbuffer-size = 32k\nmodule = app:app\nmaster = true\n"


def test_a_finding_that_stays_after_its_fix_takes_the_fixes_of_the_file_back() -> None:
    evidence = evidence_of({"uwsgi.ini": INI, "other.ini": INI.replace("a.sock", "b.sock")})

    def spoilt(texts: Mapping[str, str]) -> Evidence:
        kept = {
            path: text.replace("32768", "32k") for path, text in texts.items() if path.endswith("/uwsgi.ini")
        }
        return evidence_of({**{file.path: file.text for file in evidence.files}, **texts, **kept})

    plan = plan_fixes(evidence, examine(evidence), spoilt)
    assert [each.path for each in plan.changes] == ["/srv/app/other.ini"]
    assert {each.why for each in plan.left if each.finding.file.endswith("/uwsgi.ini")} == {
        "U003 would still be found after its fix"
    }


def test_a_fix_that_brings_another_fault_is_taken_back() -> None:
    evidence = evidence_of({"uwsgi.ini": INI})

    def spoilt(texts: Mapping[str, str]) -> Evidence:
        return evidence_of({path: f"{text}processes = many\n" for path, text in texts.items()})

    plan = plan_fixes(evidence, examine(evidence), spoilt)
    assert plan.changes == ()
    assert any("U028 would be found after the fixes" in each.why for each in plan.left)


def test_a_site_that_nginx_refuses_afterwards_keeps_its_text() -> None:
    evidence = evidence_of({"site.conf": site(location("        alias /srv/static/;\n", "/static"))})
    plan = plan_of(
        evidence,
        trial=lambda read: (
            NginxRefusal(message="it does not like slashes")
            if any(each.directive.arg() == "/static/" for each in read.find("location"))
            else None
        ),
    )
    assert plan.changes == ()
    assert [each.why for each in plan.left] == ["nginx would refuse it: it does not like slashes"]


def test_what_one_fix_brings_to_light_is_cured_along() -> None:
    fixed = after({"uwsgi.ini": INI.replace("buffer-size", "bufer-size")}, "U023", "U003")["uwsgi.ini"]
    assert fixed == INI.replace("32k", "32768").replace(" # for nginx", " # for nginx")


def test_one_option_never_gets_two_values() -> None:
    text = INI.replace("buffer-size = 32k", "buffer_size = 102400").replace(" # for nginx", "")
    found = {each.code for each in examine(evidence_of({"uwsgi.ini": text}))}
    assert "U023" in found
    assert "U001" not in found
    assert after({"uwsgi.ini": text}, "U023", "U001")["uwsgi.ini"] == text.replace(
        "buffer_size", "buffer-size"
    )


def test_a_word_that_was_not_meant_as_a_path_is_no_log_in_the_folder_of_the_file() -> None:
    text = "[uwsgi]\nchdir = /srv/app\nmodule = app:app\nhttp-socket = 127.0.0.1:8000\nmaster = true\ndie-on-term = true\n"
    fixed = after({"uwsgi.ini": f"{text}daemonize = true\npidfile = run/app.pid\n", "app.py": FLASK}, "U030")
    assert "daemonize = true" in fixed["uwsgi.ini"]
    assert "pidfile = %drun/app.pid" in fixed["uwsgi.ini"]


def test_a_name_that_a_script_replaces_gets_no_slash() -> None:
    text = site(location(PASSED, "PATHTOCHANGE"))
    assert "location PATHTOCHANGE {" in after({"site.conf": text, "app.py": FLASK})["site.conf"]


def test_hints_leave_the_comment_out() -> None:
    text = "[uwsgi]\nmodule = a:b\npy-callos-afterfork = true   ; let workers trap signals\nplugins = python # or python2\n"
    hints = {each.code: each.hint for each in examine(evidence_of({"uwsgi.ini": text}))}
    assert hints["U023"] == "py-call-osafterfork = true"
    assert hints["U018"] == "plugins = python3"
    fixed = after({"uwsgi.ini": text}, "U023")["uwsgi.ini"]
    assert "py-call-osafterfork = true\n" in fixed


def test_the_written_lines_of_a_long_text_are_found_without_comparing_every_pair() -> None:
    old = "a\n" * 3000 + "b\n" + "a\n" * 3000
    new = "x\n" + "a\n" * 3000 + "c\n" + "a\n" * 3000 + "y\n"
    assert written_lines(old, new) == {1, 3002, 6003}


def test_a_healthy_folder_is_left_alone() -> None:
    root = Path(__file__).parents[1] / "golden"
    texts = {
        path.name: path.read_text()
        for path in (root / "default").iterdir()
        if path.suffix in (".conf", ".ini")
    }
    assert planned(evidence_of(texts)) == ()
