"""The doctor in CI: baselines, statistics, paths of a checkout, the action and the pre-commit hook."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
import yaml
from click.testing import Result
from tests.doctor.test_doctor_verb import run

from enuf.cli.verbs.doctor import command as doctor
from enuf.errors import AnswerIsNo
from enuf.model.secrets import masked_prose
from enuf.syntax.secret_spans import masked_file

CHECKOUT = Path(__file__).parents[2]
SITE = "server {\n    listen 80;\n    location /static {\n        alias /srv/static/;\n    }\n}\n"
INI = "[uwsgi]\nsocket = /a.sock # password=hunter2hunter2\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    (folder / "deploy").mkdir(parents=True)
    (folder / "deploy/site.conf").write_text(SITE)
    (folder / "uwsgi.ini").write_text(INI)
    monkeypatch.chdir(folder)
    return folder


def doctored(monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    return run(doctor, *words, monkeypatch=monkeypatch)


def codes_of(result: Result) -> list[str]:
    return [row["code"] for row in json.loads(result.stdout)["findings"]]


# --- the baseline


def test_what_the_baseline_knows_is_not_shown_and_does_not_fail(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert codes_of(doctored(monkeypatch, "--json", ".")) == ["N006", "U020"]
    written = doctored(monkeypatch, "--baseline", "known.json", "--write-baseline", ".")
    assert written.return_value == 0
    again = doctored(monkeypatch, "--json", "--baseline", "known.json", ".")
    assert (again.return_value, codes_of(again)) == (0, [])


def test_an_edit_elsewhere_wakes_no_known_finding_and_a_new_one_is_shown(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored(monkeypatch, "--baseline", "known.json", "--write-baseline", ".")
    site = project / "deploy/site.conf"
    site.write_text("# moved\n\n" + SITE.replace("    location", "\tlocation"))
    result = doctored(monkeypatch, "--json", "--baseline", "known.json", ".")
    assert codes_of(result) == []
    site.write_text(SITE.replace("/static {", "/media {"))
    result = doctored(monkeypatch, "--json", "--baseline", "known.json", ".")
    assert (result.return_value, codes_of(result)) == (1, ["N006"])
    assert "gone since known.json was written: 1 finding;" in result.stderr


def test_what_was_not_examined_is_not_gone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doctored(monkeypatch, "--baseline", "known.json", "--write-baseline", ".")
    result = doctored(monkeypatch, "--baseline", "known.json", "deploy")
    assert result.stdout.startswith("nothing new found in 1 file")
    assert result.stderr == "note: known from known.json and not shown: 1 finding\n"
    (project / "deploy/site.conf").unlink()
    result = doctored(monkeypatch, "--baseline", "known.json", "deploy")
    assert "gone since known.json was written: 1 finding;" in result.stderr


def test_a_second_line_of_one_text_is_no_known_finding(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored(monkeypatch, "--baseline", "known.json", "--write-baseline", ".")
    (project / "deploy/site.conf").write_text(SITE + SITE.replace("listen 80", "listen 81"))
    assert codes_of(doctored(monkeypatch, "--json", "--baseline", "known.json", ".")) == ["N006"]


def test_the_baseline_holds_for_every_checkout_and_no_line_of_a_file(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doctored(monkeypatch, "--baseline", "known.json", "--write-baseline", ".")
    text = (project / "known.json").read_text()
    assert "hunter2" not in text
    assert str(tmp_path) not in text
    other = tmp_path / "other"
    shutil.copytree(project, other)
    monkeypatch.chdir(other / "deploy")
    result = doctored(monkeypatch, "--json", "--baseline", "../known.json", "..")
    assert codes_of(result) == []


@pytest.mark.parametrize("text", [None, "{", "[]", '{"schema": 99}'])
def test_a_baseline_that_cannot_be_read_is_an_error(
    project: Path, text: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if text is not None:
        (project / "known.json").write_text(text)
    result = doctored(monkeypatch, "--baseline", "known.json", ".")
    assert isinstance(result.exception, AnswerIsNo)
    assert "known.json" in result.exception.summary


# --- numbers and paths


def test_statistics_name_rules_files_and_times(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = doctored(monkeypatch, "--stats", ".").stdout
    assert re.search(r"^rules: \d{3}$", text, re.MULTILINE)
    assert re.search(r"^files read: 2 \((nginx 1, uwsgi-ini 1|uwsgi-ini 1, nginx 1)\)$", text, re.MULTILINE)
    assert re.search(r"^time: read [\d.]+ s, load [\d.]+ s, rules [\d.]+ s, print", text, re.MULTILINE)
    document = json.loads(doctored(monkeypatch, "--stats", "--json", ".").stdout)
    assert document["statistics"]["files"] == 2
    assert document["statistics"]["rules"] == len(document["statistics"]["rule_times"])


def test_annotations_and_logs_count_paths_from_the_checkout(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.chdir(project / "deploy")
    annotations = doctored(monkeypatch, "--format", "github", str(project / "deploy")).stdout
    assert "file=deploy/site.conf,line=3" in annotations
    log = json.loads(doctored(monkeypatch, "--format", "sarif", ".").stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "deploy/site.conf"
    assert result["partialFingerprints"]["enufLine/v1"]


def test_a_finding_keeps_its_fingerprint_when_lines_come_above(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fingerprint() -> str:
        log = json.loads(doctored(monkeypatch, "--format", "sarif", "deploy").stdout)
        return str(log["runs"][0]["results"][0]["partialFingerprints"])

    before = fingerprint()
    (project / "deploy/site.conf").write_text("# a\n" + SITE)
    assert fingerprint() == before


def test_a_workspace_behind_a_link_is_the_checkout(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").symlink_to(project)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.chdir(project / "deploy")
    assert "file=deploy/site.conf,line=3" in doctored(monkeypatch, "--format", "github", ".").stdout


def test_the_address_of_a_file_in_a_log_leads_to_any_name(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (b"caf\xe9.conf", "a b:ü%41#q?.conf".encode()):
        Path(os.fsdecode(name)).write_text(SITE)
    log = json.loads(doctored(monkeypatch, "--format", "sarif", ".").stdout)
    places = [result["locations"][0]["physicalLocation"] for result in log["runs"][0]["results"]]
    addresses = {place["artifactLocation"]["uri"] for place in places}
    assert len(addresses) == 4
    assert all(Path(os.fsdecode(unquote_to_bytes(address))).is_file() for address in addresses)
    assert not any(":" in address for address in addresses)


@pytest.mark.parametrize("name", ["pipe.conf", "binary.conf"])
def test_quiet_says_what_was_not_read(project: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "pipe.conf":
        os.mkfifo(name)
    else:
        Path(name).write_bytes(b"\0" * 10)
    result = doctored(monkeypatch, "--quiet", name)
    assert (result.return_value, result.stdout) == (0, "")
    assert result.stderr.startswith(f"warning: {name}: this was not looked at: ")
    assert doctored(monkeypatch, "--quiet", "deploy").stderr == ""


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("compose", "DB_PASSWORD: ${DB_PASSWORD}"),
        ("compose", "DB_PASSWORD: ${DB_PASSWORD}  # from a file that is not committed"),
        ("python", 'SECRET_KEY = os.environ["SECRET_KEY"]'),
        ("python", 'app.config["SECRET_KEY"] = os.environ.get("SECRET_KEY")'),
    ],
)
def test_a_hint_that_names_a_variable_in_the_place_of_a_secret_can_be_pasted(kind: str, line: str) -> None:
    assert masked_file(kind, line) == line
    assert masked_prose(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD: ${DB_PASSWORD:-hunter2}",
        "DB_PASSWORD: ${DB_PASSWORD}hunter2",
        "DB_PASSWORD: ${DB_PASSWORD} hunter2",
        "DB_PASSWORD=$hunter2",
        'SECRET_KEY = os.environ.get("SECRET_KEY", "hunter2")',
    ],
)
def test_a_default_of_a_variable_is_a_secret(line: str) -> None:
    assert "hunter2" not in masked_file("compose", line)


# --- the action and the hook


def test_the_hook_runs_a_command_that_exists(project: Path) -> None:
    (hook,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text())
    done = subprocess.run(
        [sys.executable, "-m", *hook["entry"].split(), *hook["args"]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "N006" in done.stdout
    for name in (
        "uwsgi.ini",
        "deploy/site.conf",
        "Dockerfile.prod",
        "etc/nginx/sites-enabled/shop",
        "deploy/nginx.conf.j2",
        "deploy/shop.vhost",
        "docker/app.Dockerfile",
        ".env.prod",
        "uwsgi.json",
        "app.py",
    ):
        assert re.search(hook["files"], name), name
    assert not re.search(hook["files"], "logo.png")


def act(project: Path, tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the step of the action as a runner does, with this enuf in the place of an installed one."""
    action = yaml.safe_load((CHECKOUT / "action.yml").read_text())
    (step,) = action["runs"]["steps"]
    assert "inputs." not in step["run"]  # by variables only: an input must not become a command
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\n# Stands for `python -m venv`: its pip does nothing, its enuf is ours.\nmkdir -p "$3/bin"\n'
        'printf "#!/bin/sh\\n" > "$3/bin/pip"\n'
        f'printf \'#!/bin/sh\\nexec {sys.executable} -m enuf "$@"\\n\' > "$3/bin/enuf"\nchmod +x "$3"/bin/*\n'
    )
    python.chmod(0o755)
    defaults = {
        f"ENUF_{name.upper().replace('-', '_')}": str(each["default"])
        for name, each in action["inputs"].items()
    }
    assert set(step["env"]) >= set(defaults)
    environ = {
        **os.environ, **defaults, "ENUF_PATHS": "deploy\n  uwsgi.ini \n", "ENUF_SARIF": "doctor.sarif", "ENUF_PYTHON": str(python),
        "ENUF_ACTION": str(CHECKOUT), "GITHUB_OUTPUT": str(tmp_path / "output"), "RUNNER_TEMP": str(tmp_path), **inputs,
    }  # fmt: skip
    return subprocess.run(
        ["bash", "-c", step["run"]], env=environ, cwd=project, capture_output=True, text=True, check=False
    )


def test_the_action_prints_annotations_and_writes_the_log(project: Path, tmp_path: Path) -> None:
    done = act(project, tmp_path)
    assert done.returncode == 1, done.stderr
    assert re.findall(r"^::error file=([^,]+)", done.stdout, re.MULTILINE) == [
        "deploy/site.conf",
        "uwsgi.ini",
    ]
    assert len(json.loads((project / "doctor.sarif").read_text())["runs"][0]["results"]) == 2
    assert (tmp_path / "output").read_text() == "sarif=doctor.sarif\n"
    assert not stat.S_IMODE((project / "doctor.sarif").stat().st_mode) & 0o002


@pytest.mark.parametrize("mistake", [{"ENUF_BASELINE": "absent.json"}, {"ENUF_PATHS": "absent"}])
def test_a_mistake_in_the_inputs_of_the_action_leaves_no_empty_log(
    project: Path, tmp_path: Path, mistake: dict[str, str]
) -> None:
    done = act(project, tmp_path, **mistake)
    assert done.returncode in (1, 2)
    assert done.stderr.count("error: ") == 1
    assert not (project / "doctor.sarif").exists()
    assert not (tmp_path / "output").exists()
