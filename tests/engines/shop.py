"""The project that is exported, and its images: all of it is made on this machine, without a registry of images."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support.debian import debian_of, wheels_with_enuf
from tests.support.stack import APP, Stack

from .docker import DockerHost

BASE = "localhost/python:test"
"""A Debian with its own Python. It stands for the official image, and is not that image."""
SECRET = "x7Gk2pQ9vRz"
_MORE = """
UPLOADS = app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "uploads")

@app.get("/greeting")
def greeting():
    return os.environ["GREETING"]

@app.route("/kept/<name>", methods=["GET", "PUT"])
def kept(name):
    path = os.path.join(UPLOADS, name)
    if request.method == "PUT":
        with open(path, "wb") as file:
            file.write(request.get_data())
    with open(path, "rb") as file:
        return file.read()
"""
_ANSWERS_500 = """
@app.before_request
def broken():
    return "broken", 500
"""
BROKEN = {"answers": "answers every request with 500", "import": "cannot be imported"}
"""How a version is broken, which is its tag, too, in words."""
_SETTINGS = '[serve]\ntimeout = "10s"\n[reload]\nwait = "5s"\n'


class Shop:
    """A project with a secret, with files that the app writes, and with wheels, so that its image needs no network."""

    def __init__(self, folder: Path) -> None:
        self.stack = Stack(folder)
        folder.mkdir()
        self.write_version("1")
        self.stack.write("requirements.txt", "flask\n")
        self.stack.write(".env", f"GREETING={SECRET}\n")
        self.stack.write("enuf.toml", _SETTINGS)
        shutil.copytree(wheels_with_enuf(), folder / "wheels")

    @property
    def folder(self) -> Path:
        """The folder of the project."""
        return self.stack.project

    def write_version(self, version: str) -> None:
        """Write an app that says this version."""
        self.stack.write("app.py", APP.replace('VERSION = "1"', f'VERSION = "{version}"') + _MORE)

    def write_broken(self, how: str) -> None:
        """Write an app that cannot be imported, or one that answers every request with 500."""
        self.write_version("broken")
        text = {"import": "raise RuntimeError('broken')\n", "answers": _ANSWERS_500}[how]
        app = self.folder / "app.py"
        app.write_text(app.read_text() + text)

    def export(self, engine: str, *words: str) -> dict[str, str]:
        """Export into `deploy`. Return the commands that enuf prints, by purpose."""
        done = self.stack.run("export", engine, "deploy", "--json", "--verify", *words)
        assert done.code == 0, done
        return {each["purpose"]: each["command"] for each in done.json["commands"]}

    def build(self, host: DockerHost, command: str, tag: str) -> None:
        """Build the image with the printed command, with a base of this machine and without a network."""
        words = command.replace("docker build ", f"docker build --network none {' '.join(bases())} ")
        host.typed(words.replace(":1 .", f":{tag} ."), self.folder, DOCKER_BUILDKIT="1")


def bases() -> Sequence[str]:
    """Return the options of a build that name the base."""
    return tuple(f"--build-arg {name}={BASE}" for name in ("PYTHON_IMAGE", "BUILD_IMAGE"))


def give_base(importing: Sequence[str], name: str, variables: Mapping[str, str]) -> None:
    """Give the base to an engine under this name, by its command that takes the files of an image from a pipe."""
    tree = debian_of("python3", "python3-venv", "python-is-python3")
    with subprocess.Popen(("tar", "-C", tree, "-c", "."), stdout=subprocess.PIPE) as packed:
        done = subprocess.run(
            [*importing, name],
            stdin=packed.stdout,
            env={**os.environ, **variables},
            capture_output=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr


def inspected(host: DockerHost, name: str) -> Any:
    """Return what Docker tells of a container or an image."""
    return json.loads(host.docker("inspect", name))[0]
