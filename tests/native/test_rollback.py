"""`enuf rollback`: back to the release that served before, by the project's link or by git, and no request is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack import APP, Finished, Stack
from tests.support.under_load import under_load

pytestmark = [pytest.mark.native, pytest.mark.user]

CALM = {"ENUF_SERVE_USER": "root"}
ALICE = 61117
BROKEN = "raise RuntimeError('a broken version')\n"


def version(number: int) -> str:
    return APP.replace('VERSION = "1"', f'VERSION = "{number}"')


class Deployed(Stack):
    """A site of releases behind the link `current`."""

    @property
    def site(self) -> Path:
        """The folder of the link."""
        return self.project.parent

    def release(self, number: int, app: str) -> None:
        """Write a release and let the link lead there."""
        folder = self.site / f"releases/{number}"
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(app)
        if (
            number == 1
        ):  # as `flask db upgrade` of an earlier release fails: it does not know the later migrations
            (folder / "enuf.toml").write_text("[reload]\nbefore = ['test ! -e ../2/app.py']\n")
        (self.site / "next").symlink_to(f"releases/{number}")
        (self.site / "next").replace(self.site / "current")

    def deploy(self, number: int, app: str = "") -> Finished:
        """Reload into a new release."""
        self.release(number, app or version(number))
        return self.run("reload")

    def leads_to(self) -> str:
        """Return the text of the link."""
        return os.readlink(self.site / "current")  # noqa: PTH115 - the text as it is


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployed]:
    stack = Deployed(tmp_path / "current", env={**CALM, "PWD": str(tmp_path / "current")})
    stack.release(1, version(1))
    try:
        yield stack
    finally:
        stack.close()


def test_a_rollback_follows_the_releases_back_and_loses_no_request(deployed: Deployed) -> None:
    deployed.up()
    nothing = deployed.run("rollback", "--json")
    assert (nothing.code, nothing.json["error"]["slug"]) == (7, "no-earlier-release"), nothing
    assert deployed.run("rollback", "9").code == 7
    for number in (2, 3):
        assert deployed.deploy(number).code == 0
    assert "release    3; before: 2\n" in deployed.run("status").out
    count, done = under_load(deployed, lambda: deployed.run("rollback"))
    assert done.code == 0 and "2 serves again" in done.out, done
    assert (count.failed, set(count.versions), deployed.leads_to()) == (0, {"2", "3"}, "releases/2"), count
    assert "release: 2 serves; before: 3" in deployed.run("logs", "--layer", "enuf").out
    # The next step back is not forward again, to the release that was given up.
    inside = Stack(deployed.site / "releases/2", env=CALM)
    back = inside.run("rollback", "--json").json
    assert back["release"]["name"] == "1" and "reload.before was not run" in back["note"]
    assert (deployed.get("/").text, deployed.leads_to()) == ("version 1\n", "releases/1")
    # A deploy that was refused is put back, to what serves.
    assert deployed.deploy(4, BROKEN).code == 7
    assert deployed.run("rollback").code == 0
    assert (deployed.get("/").text, deployed.leads_to()) == ("version 1\n", "releases/1")
    # A release that does not load is refused, and the link is put back.
    refused = deployed.run("rollback", "releases/4")
    assert refused.code == 7 and "a broken version" in refused.err and "put back" in refused.err, refused
    assert (deployed.get("/").text, deployed.leads_to()) == ("version 1\n", "releases/1")
    # The releases are remembered over a restart, and by a release whose own folder has no record.
    assert deployed.run("down").code == 0
    deployed.release(5, version(5))
    deployed.up()
    assert deployed.run("rollback").code == 0
    assert deployed.get("/").text == "version 1\n"


class Checkout(Stack):
    """A project that git has checked out, of root's or of another user's."""

    owner = 0

    def git(self, *words: str) -> str:
        """Run git in the project as its owner and return its output."""
        own = ("-c", "user.name=tests", "-c", "user.email=tests@example.org", "-c", "init.defaultBranch=main")
        done = subprocess.run(
            ("git", *own, *words), cwd=self.project, capture_output=True, text=True, check=True, timeout=60,
            env={**self.env, "HOME": str(self.project)}, user=self.owner or None, group=self.owner or None,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, app: str) -> str:
        """Commit a version of the app and return the commit."""
        self.write("app.py", app)
        self.git("add", "app.py")
        self.git("commit", "--quiet", "--message", "a version")
        return self.git("rev-parse", "HEAD")


@contextlib.contextmanager
def checked_out(project: Path, owner: int = 0, **options: Any) -> Iterator[Checkout]:
    """Yield a stack of a project with an empty repository that belongs to a user, and close it at the end."""
    project.mkdir()
    os.chown(project, owner, owner)
    stack = Checkout(project, **options)
    stack.owner = owner
    try:
        stack.git("init", "--quiet")
        yield stack
    finally:
        stack.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    with checked_out(tmp_path / "shop", os.geteuid(), env=CALM) as stack:
        yield stack


def test_a_rollback_checks_out_the_revision_that_served_before(checkout: Checkout) -> None:
    first = checkout.commit(version(1))
    checkout.up()
    second = checkout.commit(version(2))
    assert checkout.run("reload").code == 0
    assert checkout.status()["release"]["serving"]["revision"] == second
    assert f"revision {second[:10]}; before: revision {first[:10]}" in checkout.run("status").out
    # Work that is not committed is neither lost nor mixed with another revision.
    checkout.write("app.py", version(3))
    dirty = checkout.run("rollback", "--json")
    assert (dirty.code, dirty.json["error"]["slug"]) == (7, "checkout-changed"), dirty
    assert "app.py" in dirty.json["error"]["summary"]
    checkout.git("checkout", "--quiet", "app.py")
    count, done = under_load(checkout, lambda: checkout.run("rollback"))
    assert done.code == 0 and "git switch main" in done.err, done
    assert (count.failed, set(count.versions)) == (0, {"1", "2"}), count
    assert (checkout.git("rev-parse", "HEAD"), checkout.git("rev-parse", "main")) == (first, second)
    # A refused rollback leaves the branch checked out.
    checkout.git("switch", "--quiet", "main")
    broken = checkout.commit(BROKEN)
    checkout.commit(version(4))
    assert checkout.run("reload").code == 0
    refused = checkout.run("rollback", broken[:12])
    assert refused.code == 7 and "a broken version" in refused.err and "put back" in refused.err, refused
    assert (checkout.git("branch", "--show-current"), checkout.get("/").text) == ("main", "version 4\n")


@pytest.mark.root(reason="rolls back a checkout of another user's")
def test_root_runs_the_programs_of_anothers_repository_with_the_rights_of_that_user(
    open_folder: Path, open_python: str
) -> None:
    with checked_out(open_folder / "shop", ALICE, enuf=(open_python, "-P", "-m", "enuf")) as stack:
        stack.commit(version(1))
        stack.up()
        stack.commit(version(2))
        assert stack.run("reload").code == 0
        noting = stack.write(
            ".git/hooks/post-checkout", '#!/bin/sh\nid -u >> "$(git rev-parse --git-dir)/users"\n'
        )
        noting.chmod(0o755)
        stack.git("config", "core.fsmonitor", str(noting))
        done = stack.run("rollback")
        assert done.code == 0, done
        assert stack.get("/").text == "version 1\n"
        assert set((stack.project / ".git/users").read_text().split()) == {str(ALICE)}
        assert (stack.project / "app.py").stat().st_uid == ALICE
