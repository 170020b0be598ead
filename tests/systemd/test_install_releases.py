"""An installed site of which each release has a folder of its own: `current -> releases/2`."""

from __future__ import annotations

import pytest

from .site import OWNER, Releases

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


def test_a_link_to_the_next_release_is_followed_by_each_reload_and_no_request_is_lost(cap: Releases) -> None:
    # As below sudo, which forgets by which link one came.
    typed = ("env", "-C", cap.project, "enuf", "install", "--domain", cap.domain)
    done = cap.machine.run(*typed, timeout=90)
    assert done.code == 0, done
    assert (
        "blog is installed" in done.out
    )  # not "current", as every site that is deployed like this would be called
    assert cap.get("/static/name.txt").text == "file 1\n"
    with cap.load() as counted:
        cap.release(2)
        cap.switch(2)
        cap.machine.do("systemctl", "reload", cap.unit)
        assert cap.serves(2)
        cap.machine.do("rm", "-r", "/srv/blog/releases/1")
        assert cap.get("/static/name.txt").text == "file 2\n"
        cap.release(3)
        cap.switch(3)
        cap.of_owner("--project", cap.project, "reload")
        assert cap.serves(3)
        cap.of_owner("--project", cap.project, "rollback")  # needs no more rights than the link does
        assert cap.serves(2)
    assert (counted[0].failed, set(counted[0].versions)) == (0, {"1", "2", "3"}), counted
    # A migration that fails refuses the reload of systemd too, and the link goes back to what serves.
    cap.release(4)
    migration = "[reload]\nbefore = [\"sh -c 'id -un; echo no database; exit 3'\"]\n"
    cap.machine.write("/srv/blog/releases/4/enuf.toml", migration, owner=OWNER)
    cap.switch(4)
    assert cap.machine.run("systemctl", "reload", cap.unit).code != 0
    for words in (OWNER, "no database", "exit status 3"):
        cap.says(words)
    assert cap.enuf("rollback").code == 0
    assert cap.serves(2)
    assert cap.machine.do("readlink", cap.project) == "releases/2\n"
    for place in (cap.project, "/srv/blog/releases/2"):
        found = cap.machine.do("enuf", "--project", place, "status", "--json")
        assert '"state": "serving"' in found
        assert "GET / HTTP/1.1 200" in cap.machine.do("enuf", "--project", place, "logs")
    cap.switch(3)
    cap.machine.do("systemctl", "restart", cap.unit)
    assert cap.serves(3)
    assert cap.status()["release"]["earlier"][0]["name"] == "2"
    cap.install()  # the app's own headers have changed, of which nginx's site has a copy
    for file in ("/etc/nginx/sites-available/enuf-blog", "/etc/systemd/system/enuf-blog.service"):
        assert "releases/" not in cap.machine.read(file)
    assert cap.enuf("uninstall").code == 0
