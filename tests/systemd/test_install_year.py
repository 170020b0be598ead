"""A year of an installed site, in a minute: what an operator does and what befalls the host, and no visitor is turned away."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator

import pytest

from tests.support import later
from tests.support.booted import Booted, booted
from tests.support.debian import VENV, Layers
from tests.support.later import NEXT_VENV, WHEEL, Later, debian_with_later
from tests.support.stack import until

from .acme import ACME, ROOT, put_authority, switch_on
from .conftest import prepare
from .site import BROKEN, OWNER, Releases, as_user, changes, fingerprint
from .visitors import TRUSTED, counted, invite, misfortunes

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

MIGRATES = """[reload]
before = ["sh -c 'echo migrated to $(basename $PWD) >> $STATE_DIRECTORY/migrations'"]
"""


@pytest.fixture(scope="module")
def upgrades(layers: Layers) -> Later:
    """Return the Debian of the other tests, with a later enuf and another Python at hand."""
    assert layers
    return debian_with_later()


@pytest.fixture
def year(upgrades: Later) -> Iterator[Releases]:
    """Yield a project that is deployed by releases, on a machine with an authority, and visitors that wait for its nginx."""
    with booted(upgrades.layers) as machine:
        prepare(machine)
        put_authority(machine)
        yield Releases(machine)


def test_a_year_of_operations_loses_no_request_and_leaves_no_trace(year: Releases, upgrades: Later) -> None:
    """Play it with one load from the first answer to the uninstall.

    The visitors follow the site to HTTPS by themselves, where plain HTTP leads there. They are away only while nothing
    can hold their requests: while the host's nginx is restarted, and while the machine is off. From the moment nginx
    answers again, a request that waits is a request that is served.
    """
    site, machine = year, year.machine
    invite(machine, site.domain)
    before = fingerprint(machine)

    site.install()
    machine.do("systemctl", "enable", "--now", "visitors")
    _certificate(site)
    _deploys(site)
    _broken_deploy(site)
    _upgrades(site, upgrades)
    _host(site)
    machine.do("systemctl", "stop", "visitors")
    machine.power_off()
    machine.boot()
    until(lambda: _serves(site, 8), what="version 8 after the boot")
    _renewal(site)
    machine.do("systemctl", "disable", "--now", "visitors")
    _uninstall(site)

    counts = counted(machine)
    answered = sum((collections.Counter(each.versions) for each in counts), collections.Counter[str]())
    print(f"{upgrades.python}: {[str(each) for each in counts]}, {dict(answered)}")
    assert [each.lost for each in counts] == [{}] * 3, f"{counts}\n{misfortunes(machine)}"
    assert set(answered) == {str(version) for version in range(1, 10)} and answered.total() > 500, answered
    left = [line for line in changes(before, fingerprint(machine)) if not line.startswith("/srv/blog/")]
    assert left == [], "\n".join(left)


def _serves(site: Releases, version: int) -> bool:
    """Return True if visitors get this version over HTTPS, from a certificate that they trust."""
    words = ("curl", "-s", "-i", "--max-time", "20", "--cacert", TRUSTED, f"https://{site.domain}/")
    return f"x-version: {version}\r" in site.machine.run(*words).out.replace("\n", "\r")


def _found_authority(machine: Booted) -> None:
    """Start an authority, which visitors trust besides the ones before."""
    switch_on(machine)
    machine.do("sh", "-c", f"cat {ROOT} >> {TRUSTED}")


def _certificate(site: Releases) -> None:
    _found_authority(site.machine)
    done = site.install(*ACME)
    assert f"https://{site.domain}" in done.out, done
    assert _serves(site, 1)


def _deploys(site: Releases) -> None:
    """Deploy versions 2 to 9: by a link to a new release, or by new files in place, and by every way to reload."""
    machine = site.machine
    by_systemd = ("systemctl", "reload", site.unit)
    from_elsewhere = ("env", "-C", "/", "enuf", "reload", "blog")

    def deploy(version: int, *reload: str, settings: str = "") -> None:
        site.release(version)
        if settings:
            machine.write(f"/srv/blog/releases/{version}/enuf.toml", settings, owner=OWNER)
        site.switch(version)
        machine.do(*reload)
        assert _serves(site, version), version

    def rewrite(version: int, *reload: str) -> None:
        site.write_version(version)
        machine.do(*reload)
        assert _serves(site, version), version

    deploy(2, *by_systemd)
    deploy(3, *from_elsewhere)
    rewrite(4, *by_systemd)
    rewrite(5, *as_user(OWNER), "env", "HOME=/home/alice", *from_elsewhere[3:])
    deploy(6, *by_systemd, settings=MIGRATES)
    assert machine.read("/var/lib/enuf-blog/migrations") == "migrated to 6\n"
    deploy(7, "enuf", "--project", site.project, "install", "--set", "serve.timeout=40s")
    deploy(8, "sh", "-c", "echo secret | enuf env set blog SECRET_KEY")
    deploy(9, *by_systemd)


def _broken_deploy(site: Releases) -> None:
    site.release(10, BROKEN)
    site.switch(10)
    assert site.machine.run("systemctl", "reload", site.unit).code != 0
    assert _serves(site, 9)
    for version in (9, 8):  # to what serves, and to the release before
        site.of_owner("rollback", "blog")
        assert _serves(site, version)
        assert site.machine.do("readlink", site.project) == f"releases/{version}\n"


def _upgrades(site: Releases, to: Later) -> None:
    """Upgrade enuf by pip, then exchange the virtualenv for one of another Python, or of the same where there is none."""
    machine = site.machine
    offline = ("install", "-q", "--no-index", "--no-deps", WHEEL)
    machine.do(f"{VENV}/bin/pip", *offline)
    assert later.VERSION in machine.do("enuf", "status", "blog")  # it says that a restart takes it
    site.install()
    machine.do("systemctl", "restart", site.unit)
    assert site.status()["enuf"] == later.VERSION
    assert _serves(site, 8)

    machine.do(f"{NEXT_VENV}/bin/pip", *offline)
    machine.do("sh", "-c", f"mv {VENV} {VENV}-before && ln -s {NEXT_VENV} {VENV}")
    refused = machine.run("enuf", "reload", "blog")
    assert refused.code == 7 and f"was replaced since the stack was started: {VENV}/" in refused.err, refused
    assert f"sudo systemctl restart {site.unit} takes the new one" in refused.err, refused
    machine.do("systemctl", "restart", site.unit)
    assert machine.do("readlink", f"/proc/{site.main_pid()}/exe").endswith(f"/python{to.python}\n")
    assert _serves(site, 8)


def _host(site: Releases) -> None:
    """Let others do their work on the host: rotate logs, empty folders, reload and restart nginx."""
    machine, log = site.machine, "/var/log/enuf-blog"
    machine.do("logrotate", "--force", "/etc/logrotate.d/nginx")
    machine.do("rm", "-r", log)
    mended_by = f"{log} cannot be put back: was removed, and only root can make it: sudo systemctl restart {site.unit}"
    for words in (("enuf", "reload", "blog"), ("systemctl", "reload", site.unit)):  # they go on
        machine.do(*words)
        until(lambda: any(mended_by in each for each in site.status()["warnings"]), what=mended_by)
    assert "note:" not in site.enuf("reload").err
    machine.do("systemctl", "restart", site.unit)
    assert "cannot be put back" not in site.enuf("reload").err
    machine.do("systemctl", "reload", "nginx")
    machine.do("systemctl", "restart", "nginx")
    machine.do("systemctl", "start", "visitors")  # waits until they are back
    assert _serves(site, 8)


def _renewal(site: Releases) -> None:
    """Order anew, from an authority that has forgotten every account; visitors trust the old one as well."""
    machine = site.machine
    _found_authority(machine)
    old = machine.read("/var/lib/enuf/tls/blog.crt")
    done = site.enuf("cert", "renew", "blog", "--force")
    assert done.code == 0, done
    assert machine.read("/var/lib/enuf/tls/blog.crt") != old
    assert _serves(site, 8)


def _uninstall(site: Releases) -> None:
    machine = site.machine
    done = site.enuf("uninstall")
    assert done.code == 0, done
    # The app's data and secrets stay until their owner removes them, by the command that is printed.
    for command in re.findall(r"rm -r /.*", done.out):
        machine.do("sh", "-c", command)
    machine.do("systemctl", "stop", "pebble", "names")
