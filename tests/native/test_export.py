"""`enuf export`: from a project to files, by the command."""

from __future__ import annotations

import pytest
import yaml

from tests.support.stack import APP, Stack

pytestmark = pytest.mark.native


@pytest.fixture
def shop(stack: Stack) -> Stack:
    """A project with secrets, requirements and state of its own."""
    stack.write(
        "app.py",
        APP
        + "\nvisits = 0\n@app.get('/n')\ndef n():\n    global visits\n    visits += 1\n    return str(visits)\n",
    )
    stack.write("requirements.txt", "flask\n")
    stack.write(".env", "GREETING=x7Gk2pQ9vRz\n")
    stack.write("enuf.toml", '[serve]\ntimeout = "20s"\n[install]\nmax_memory = "1g"\n')
    return stack


def test_a_project_becomes_files_and_says_what_they_leave_out(shop: Stack) -> None:
    done = shop.run("export", "kubernetes", "deploy", "--json", "--verify")
    assert done.code == 0, done
    document = done.json
    assert [each["purpose"] for each in document["commands"]] == [
        "build",
        "push",
        "secrets",
        "apply",
        "watch",
    ]
    assert any(each["outcome"].endswith("objects") for each in document["checks"])
    remarks = "\n".join(document["remarks"])
    assert "install.max_memory: not in these files" in remarks
    assert "its own `visits`" in remarks
    pod = yaml.safe_load((shop.project / "deploy/deployment.yaml").read_text())["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 40
    written = "".join(path.read_text() for path in (shop.project / "deploy").rglob("*") if path.is_file())
    assert "x7Gk2pQ9vRz" not in written
    examined = shop.run("doctor", "deploy", "--fail-on", "warning")
    assert examined.code == 0, examined


def test_an_edit_is_kept_shown_and_overwritten_only_by_force(shop: Stack) -> None:
    assert shop.run("export", "compose", "deploy").code == 0
    assert shop.run("export", "compose", "deploy", "--diff").code == 0
    file = shop.project / "deploy/compose.yaml"
    file.write_text(file.read_text().replace("restart: unless-stopped", "restart: always"))
    refused = shop.run("export", "compose", "deploy")
    assert refused.code == 8, refused
    assert "compose.yaml" in refused.err
    shown = shop.run("export", "compose", "deploy", "--diff")
    assert shown.code == 1
    assert "-    restart: always\n+    restart: unless-stopped" in shown.out
    assert "restart: always" in file.read_text()
    assert shop.run("export", "compose", "deploy", "--force").code == 0
    assert "restart: unless-stopped" in file.read_text()


def test_what_cannot_be_in_an_image_is_named_and_nothing_is_written(shop: Stack) -> None:
    shop.write("settings.py", 'API_KEY = "x7Gk2pQ9vRz"\n')
    refused = shop.run("export", "image", "deploy")
    assert (refused.code, "settings.py:1" in refused.err) == (4, True), refused
    assert "x7Gk2pQ9vRz" not in refused.err
    assert not (shop.project / "deploy").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nomad", "deploy"], 2, "nomad"),
        (["compose", "deploy", "--ingress"], 2, "--ingress is for kubernetes"),
        (["kubernetes", "deploy", "--metrics", "metrics"], 2, "a path begins with /"),
        (["swarm", "deploy", "--topology", "gunicorn"], 4, "no link from nginx"),
        (["image", "deploy", "--topology", "flask"], 4, "flask"),
        (["image", "/proc/deploy"], 4, "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_said(shop: Stack, words: list[str], code: int, said: str) -> None:
    done = shop.run("export", *words)
    assert done.code == code, done
    assert said in done.err
