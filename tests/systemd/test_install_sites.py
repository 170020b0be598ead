"""Several installed sites on one host: listed, named from anywhere, and what is said of one whose visitors get nothing."""

from __future__ import annotations

import json

import pytest

from tests.support.booted import Booted
from tests.support.stack import Finished, until

from .site import BROKEN, OWNER, Site, as_user, reload_nginx

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


def row(done: Finished, name: str) -> dict[str, object]:
    """Return the row of a site in the document of `enuf sites`."""
    (found,) = [each for each in done.json["sites"] if each["name"] == name]
    return dict(found)


def anyone(machine: Booted, *words: str) -> Finished:
    """Run enuf as a user who has no site, from the root folder."""
    return machine.run(*as_user("daemon"), "env", "-C", "/", "HOME=/", "enuf", *words)


def test_sites_are_listed_and_named_from_anywhere(installed: Site) -> None:
    machine, enuf = installed.machine, installed.machine.run
    blog = Site(machine, "blog")
    blog.write_version(7)
    blog.install()
    as_root = enuf("enuf", "sites", "--json")
    assert as_root.code == 0, as_root
    assert [each["name"] for each in as_root.json["sites"]] == ["blog", "shop"]
    shop = row(as_root, "shop")
    assert (shop["state"], shop["domains"], shop["user"]) == ("serving", ["shop.example"], OWNER)
    assert shop["enuf"] and str(shop["dashboard"]).startswith("http://127.0.0.1:")
    # Each dashboard keeps its port, also when the site that was installed last starts first.
    dashboards = [each["dashboard"] for each in as_root.json["sites"]]
    assert len(set(dashboards)) == 2, dashboards
    machine.do("systemctl", "stop", blog.unit, installed.unit)
    for site in (blog, installed):
        machine.do("systemctl", "start", site.unit)
    for site, url in zip((blog, installed), dashboards, strict=True):
        assert site.status()["dashboard"]["url"].rstrip("/") == str(url).rstrip("/")
        label = f'{{site="{site.unit[5:-8]}"'
        until(lambda label=label, url=url: label in machine.get(f"{url}/metrics").text, what=label)  # type: ignore[misc]
    as_anyone = anyone(machine, "sites", "--json")
    assert as_anyone.code == 0, as_anyone
    assert row(as_anyone, "shop") | {"reason": ""} == shop
    for words in (
        ("status", "shop"), ("reload", "shop"), ("logs", "shop"), ("top", "--once", "shop"), ("dash", "shop"), ("doctor", "shop"),
        ("cert", "shop"), ("config", "shop"), ("status", "--project", "shop"), ("status", "/srv/shop"),
    ):  # fmt: skip
        done = enuf("env", "-C", "/", "enuf", *words)
        assert done.code == 0, (words, done)
    assert "generation" in enuf("enuf", "status", "shop").out
    assert anyone(machine, "status", "shop").code == 9
    unknown = enuf("enuf", "status", "shpo")
    assert unknown.code == 3 and "did you mean shop?" in unknown.err, unknown
    machine.do("sh", "-c", """sed -i 's/"schema": 1/"schema": 9/' /var/lib/enuf/sites/blog.json""")
    newer = row(enuf("enuf", "sites", "--json"), "blog")
    assert (newer["state"], newer["user"], newer["project"]) == ("serving", OWNER, "/srv/blog")
    assert enuf("enuf", "status", "blog").code == 0
    machine.do("sh", "-c", """sed -i 's/"schema": 9/"schema": 1/' /var/lib/enuf/sites/blog.json""")
    assert enuf("enuf", "uninstall", "blog").code == 0
    assert [each["name"] for each in enuf("enuf", "sites", "--json").json["sites"]] == ["shop"]


def test_the_status_is_about_what_visitors_get(installed: Site) -> None:
    """A second site of enuf answers in place of the first, with a request's id, as a stopped nginx does not."""
    machine = installed.machine
    blog = Site(machine, "blog")
    blog.write_version(7)
    blog.install()

    def problem(*words: str) -> str:
        done = machine.run(*words, "enuf", "status", "shop", "--json")
        assert (done.code, done.json["state"]) == (1, "failed"), done
        listed = row(machine.run("enuf", "sites", "--json"), "shop")
        assert listed["state"] == "failed"
        assert listed["reason"] == done.json["problems"][0]
        return str(listed["reason"])

    by_hand = "/etc/nginx/conf.d/by-hand.conf"
    machine.write(
        by_hand, "server { listen 80; server_name shop.example; add_header X-Version 7; return 200; }\n"
    )
    machine.do("rm", "/etc/nginx/sites-enabled/default", "/etc/nginx/sites-enabled/enuf-shop")
    reload_nginx(machine)
    assert installed.serves(7)
    assert "another site" in problem()
    machine.do("rm", by_hand)
    machine.do("ln", "-s", "/etc/nginx/sites-available/enuf-shop", "/etc/nginx/sites-enabled/")
    other_digest = "s/ site=[0-9a-f]*/ site=0123456789abcdef/"
    machine.do("sed", "-i", other_digest, "/etc/nginx/sites-available/enuf-shop")
    reload_nginx(machine)
    assert installed.serves()
    assert "older file" in problem(*as_user(OWNER))
    machine.do("systemctl", "stop", "nginx")
    assert "does not run" in problem() and "systemctl start nginx" in problem()


def test_a_site_that_cannot_start_has_failed_and_says_why(installed: Site) -> None:
    machine = installed.machine
    installed.write("app.py", BROKEN)
    machine.run("systemctl", "restart", installed.unit)

    def is_told(*words: str) -> bool:
        done = machine.run(*words, "enuf", "status", "shop", "--json")
        return (
            (done.code, done.json["state"]) == (1, "failed")
            and "a broken version" in done.json["reason"]
            and any("RuntimeError" in line for line in done.json["evidence"])
        )

    # systemd tries again meanwhile: a look may meet a site that starts
    until(is_told, what="the reason for root")
    until(lambda: is_told(*as_user(OWNER)), what="the reason for the owner")
    until(
        lambda: all(
            word in machine.run("enuf", "status", "shop").out for word in ("a broken version", "systemctl")
        ),
        what="the reason on a screen",
    )
    until(
        lambda: "a broken version" in str(row(machine.run("enuf", "sites", "--json"), "shop")["reason"]),
        what="the reason among the sites",
    )
    assert "a broken version" in machine.run("enuf", "logs", "shop", "--layer", "enuf").out
    until(
        lambda: json.loads(anyone(machine, "sites", "--json").out)["sites"][0]["state"] == "failed",
        what="the state for strangers",
    )


def test_a_failed_site_is_told_of_and_recovers_by_itself_and_a_stop_ends_the_tries(shop: Site) -> None:
    machine = shop.machine
    machine.write(
        "/usr/local/bin/tell", '#!/bin/sh\necho "$ENUF_EVENT $ENUF_SITE $ENUF_REASON" >> /srv/told/events\n'
    )
    machine.do("sh", "-c", f"chmod 755 /usr/local/bin/tell; install -d -o {OWNER} /srv/told")
    shop.write("enuf.toml", '[alert]\ncommand = "/usr/local/bin/tell"\n[install]\nwritable = ["/srv/told"]\n')
    shop.install()
    shop.write("app.py", BROKEN)
    assert machine.run("systemctl", "restart", shop.unit).code != 0
    failed = ("systemctl", "--failed", "--plain", "--no-legend")
    until(lambda: shop.unit in machine.do(*failed), what="a failed unit")
    began = "/run/enuf-shop-failed/began"
    until(lambda: machine.run("test", "-s", began).code == 0, what="the beginning of the failure")
    machine.do("sh", "-c", f"echo 0 > {began}")  # when the machine was switched on: long enough for an alert
    told_events = "/srv/told/events"
    until(lambda: "failed shop the app" in machine.run("cat", told_events).out, what="the alert")
    shop.write_version(2)
    reloaded = machine.run(*as_user(OWNER), "enuf", "reload", "shop", timeout=200)
    assert reloaded.code == 0, reloaded
    assert shop.serves(2)
    until(lambda: "serving shop" in machine.run("cat", told_events).out, what="the end of the alert")
    assert machine.read(told_events).count("failed") == 1
    shop.write("app.py", BROKEN)
    machine.run("systemctl", "restart", shop.unit)
    machine.do("systemctl", "stop", shop.unit)
    after = shop.unit.replace(".service", "-failed.service")
    until(
        lambda: machine.unit(after, "ActiveState")["ActiveState"] == "inactive", what="the end of the tries"
    )
    assert shop.enuf("uninstall").code == 0
    assert machine.do(*failed) == ""
