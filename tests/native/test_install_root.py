"""`enuf install --root`: the files of a site in the tree of a Debian, whole or not at all, and taken back exactly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import nginx_program
from tests.support.by_hand import executable
from tests.support.mounts import read_only, skip_unless_it_runs, tmpfs
from tests.support.stack import APP, ENUF, Finished

pytestmark = [pytest.mark.native, pytest.mark.user]

NGINX_CONF = """
user www-data;
pid {run}/nginx.pid;
error_log {run}/error.log;
daemon off;
events {{ }}
http {{
    default_type application/octet-stream;
    access_log off;
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
}}
"""
DEFAULT_SITE = 'server { listen 80 default_server; return 200 "the default site"; }\n'


class Image:
    """The tree of a Debian, with its nginx, and a project."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.project = folder / "shop"
        for name in ("sites-available", "sites-enabled", "conf.d"):
            (self.root / "etc/nginx" / name).mkdir(parents=True)
        for name in ("etc/systemd/system", "usr/lib/systemd", "etc/logrotate.d", "var/lib", "var/log/nginx"):
            (self.root / name).mkdir(parents=True)
        (self.root / "etc/nginx/nginx.conf").write_text(NGINX_CONF.format(run=folder))
        (self.root / "etc/nginx/sites-available/default").write_text(DEFAULT_SITE)
        (self.root / "etc/nginx/sites-enabled/default").symlink_to("/etc/nginx/sites-available/default")
        self.add(self.project)

    @staticmethod
    def add(project: Path) -> None:
        """Make a project."""
        project.mkdir()
        (project / "app.py").write_text(APP)

    def enuf(self, *words: str, project: Path | None = None, domain: str = "shop.example") -> Finished:
        """Run `enuf install` or `enuf uninstall` on the tree."""
        return finished([*ENUF, *self.words(*words, domain=domain)], project or self.project)

    def words(self, verb: str, *words: str, domain: str = "shop.example") -> list[str]:
        """Return the arguments of enuf."""
        own = ["--domain", domain, "--user", "root"] if verb == "install" else []
        return [verb, "--root", str(self.root), *(own if domain else []), *words]

    def killed(self, steps: int, *words: str) -> Finished:
        """Run enuf and kill it before the n-th step."""
        return finished(self.killer(steps, "KILL", *words), self.project)

    def killer(self, steps: int, signal: str, *words: str) -> list[str]:
        """Return the command line of an enuf that gets a signal before its n-th step."""
        script = "import sys; from tests.native.kill_steps import run_and_die; run_and_die()"
        folder = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); "
        return [
            sys.executable,
            "-c",
            folder + script,
            str(self.root),
            str(steps),
            signal,
            *self.words(*words),
        ]

    def everything(self) -> dict[str, object]:
        """Return the state of every path of the tree: mode, owner, content or target, and the time of a file."""
        found: dict[str, object] = {}
        for place in self.root.rglob("*"):
            seen = place.lstat()
            what: object = (
                place.readlink() if place.is_symlink() else place.read_bytes() if place.is_file() else None
            )
            when = None if place.is_dir() and not place.is_symlink() else seen.st_mtime_ns
            found[str(place.relative_to(self.root))] = (seen.st_mode, seen.st_uid, seen.st_gid, what, when)
        return found


def finished(argv: list[str], project: Path) -> Finished:
    return Finished(
        subprocess.run(
            argv,
            cwd=project,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    )


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return Image(tmp_path)


def test_a_site_is_written_and_taken_back_without_a_trace(image: Image) -> None:
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 0, done
    added = set(image.everything()) - set(before)
    assert added == {
        "etc/logrotate.d/enuf-shop",
        "etc/nginx/sites-available/enuf-shop",
        "etc/nginx/sites-enabled/enuf-shop",
        "etc/systemd/system/enuf-shop-failed.service",
        "etc/systemd/system/enuf-shop.service",
        "etc/systemd/system/enuf-shop.socket",
        "etc/systemd/system/multi-user.target.wants",
        "etc/systemd/system/multi-user.target.wants/enuf-shop.service",
        "etc/systemd/system/sockets.target.wants",
        "etc/systemd/system/sockets.target.wants/enuf-shop.socket",
        "var/lib/enuf",
        "var/lib/enuf/failed",
        "var/lib/enuf/failed/shop.sh",
        "var/lib/enuf/sites",
        "var/lib/enuf/sites/shop.json",
        "var/lib/enuf/sites/shop.sh",
        "var/log/nginx/enuf-shop.access.log",
        "var/log/nginx/enuf-shop.error.log",
    }
    assert {path: what for path, what in image.everything().items() if path not in added} == before
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_logs_that_the_hosts_nginx_rotates_already_have_no_second_rule(image: Image) -> None:
    """logrotate would skip the host's whole rule because of one log that is named twice."""
    (image.root / "etc/logrotate.d/nginx").write_text("/var/log/nginx/*.log {\n    daily\n}\n")
    before = image.everything()
    assert image.enuf("install").code == 0
    assert not (image.root / "etc/logrotate.d/enuf-shop").exists()
    (image.root / "var/log/nginx/enuf-shop.access.log.1").write_text("rotated")
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_pages_that_nginx_has_kept_go_with_the_site_and_those_of_others_stay(image: Image) -> None:
    for name in ("enuf-shop-2.pages-1", "enuf-shop.pages-x", "enuf-shop-2"):
        (image.root / "var/cache" / name).mkdir(parents=True)
    before = image.everything()
    (image.project / "enuf.toml").write_text('[cache]\npaths = { "/" = "10s" }\n')
    assert image.enuf("install").code == 0
    site = (image.root / "etc/nginx/sites-available/enuf-shop").read_text()
    assert "uwsgi_cache_path /var/cache/enuf-shop.pages-1 " in site
    (image.root / "var/cache/enuf-shop.pages-1/a").mkdir(parents=True)
    (image.root / "var/cache/enuf-shop.pages-1/a/page").write_text("kept")
    assert "remove /var/cache/enuf-shop.pages-1\n" in image.enuf("uninstall", "--dry-run").out
    assert image.enuf("uninstall", "--keep-logs").code == 0
    (image.root / "var/log/nginx/enuf-shop.access.log").unlink()
    (image.root / "var/log/nginx/enuf-shop.error.log").unlink()
    assert image.everything() == before


def test_logs_of_the_first_layout_go_with_the_site(image: Image) -> None:
    before = image.everything()
    assert image.enuf("install").code == 0
    old = image.root / "var/log/nginx/enuf-shop"
    old.mkdir()
    (old / "access.log").write_text("a request")
    assert image.enuf("install").code == 0
    assert (old / "access.log").read_text() == "a request"
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_red_hats_layout_has_one_file(image: Image) -> None:
    conf = image.root / "etc/nginx/nginx.conf"
    conf.write_text(conf.read_text().replace("    include /etc/nginx/sites-enabled/*;\n", ""))
    before = image.everything()
    assert image.enuf("install").code == 0
    assert (image.root / "etc/nginx/conf.d/enuf-shop.conf").is_file()
    assert not (image.root / "etc/nginx/sites-available/enuf-shop").exists()
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_a_dry_run_shows_every_line_and_touches_nothing(image: Image) -> None:
    before = image.everything()
    done = image.enuf("install", "--dry-run")
    assert done.code == 0, done
    assert "+++ /etc/systemd/system/enuf-shop.service" in done.out
    assert "+    server_name shop.example;" in done.out
    assert "+link to /etc/nginx/sites-available/enuf-shop" in done.out
    assert image.everything() == before
    assert image.enuf("install").code == 0
    installed = image.everything()
    again = image.enuf("install", "--dry-run", "--max-body", "1m")
    assert (
        "-    client_max_body_size 16777216;" in again.out
        and "+    client_max_body_size 1048576;" in again.out
    )
    gone = image.enuf("uninstall", "--dry-run")
    assert "--- /etc/systemd/system/enuf-shop.service" in gone.out
    assert image.everything() == installed


def test_a_dry_run_warns_of_all_that_a_real_run_warns_of(image: Image) -> None:
    done = image.enuf("install", "--dry-run", "--json")
    assert done.code == 0, done
    assert any(str(image.project) in text and "the image has no" in text for text in done.json["warnings"])
    installed = image.enuf("install", "--json")
    assert installed.json["warnings"] == done.json["warnings"]
    library = image.root / "var/lib/enuf"
    (library / "journal").write_text("")
    assert "an earlier change was cut off" in image.enuf("install", "--dry-run").err
    (library / "sites/shop.json").write_text("{")
    for verb in ("install", "uninstall"):
        done = image.enuf(verb, "--dry-run")
        assert done.code in (3, 8) and "shop.json cannot be understood" in done.err, done


def test_an_image_without_nginxs_log_folder_gets_one(image: Image) -> None:
    shutil.rmtree(image.root / "var/log")
    before = image.everything()
    assert "new folder /var/log/nginx\n" in image.enuf("install", "--dry-run").out
    assert image.enuf("install").code == 0
    (image.root / "var/log/nginx/enuf-shop.access.log.1").write_text("rotated")
    shown = image.enuf("uninstall", "--dry-run").out
    assert "remove /var/log/nginx/enuf-shop.access.log.1\n" in shown
    assert "\nremove /var/log" not in image.enuf("uninstall", "--dry-run", "--keep-logs").out
    done = image.enuf("uninstall")
    assert f"nothing of it is left in {image.root}" in done.out, done
    assert image.everything() == before


def test_what_is_installed_already_is_left_as_it_is(image: Image) -> None:
    assert f"enuf uninstall --root {image.root}" in image.enuf("install").out
    installed = image.everything()
    done = image.enuf("install", "--json")
    assert done.json["state"] == "installed" and "nothing to change" not in done.out
    assert "nothing to change" in image.enuf("install").out
    assert image.everything() == installed
    unit = image.root / "etc/systemd/system/enuf-shop.service"
    unit.chmod(0o600)
    shown = "change mode of /etc/systemd/system/enuf-shop.service: 0600 to 0644"
    assert image.enuf("install", "--dry-run").out.strip() == shown
    assert image.enuf("install").code == 0
    assert unit.stat().st_mode & 0o777 == 0o644


def test_killed_before_any_of_its_steps_it_is_undone_by_the_next_run(image: Image) -> None:
    before = image.everything()
    script = "from tests.native.kill_steps import main; main()"
    told = finished([sys.executable, "-c", script, str(image.root), str(image.project)], Path.cwd())
    assert told.code == 0, told
    installs, uninstalls = told.json
    assert installs[-1] == uninstalls[-1] == "unharmed"
    # Before it is said to be done it is undone, after that it is brought to its end.
    assert (
        len(installs) >= 20
        and set(installs[:-3]) == {"undone"}
        and set(installs[-3:-1]) <= {"undone", "complete"}
    )
    assert (
        len(uninstalls) >= 10 and uninstalls[0] == "undone" and set(uninstalls[:-1]) == {"undone", "complete"}
    )
    assert image.everything() == before


def test_the_next_run_of_any_kind_undoes_first(image: Image) -> None:
    before = image.everything()
    for verb in ("uninstall", "install"):
        assert image.killed(15, "install").code == -9
        assert image.everything() != before
        again = image.enuf(verb)
        assert again.code == (3 if verb == "uninstall" else 0)
        assert "was cut off, and has been undone" in again.err
    assert image.enuf("uninstall").code == 0
    assert image.everything() == before


def test_interrupted_it_undoes_itself_at_once(image: Image) -> None:
    before = image.everything()
    for steps in (6, 12, 20):
        done = finished(image.killer(steps, "TERM", "install"), image.project)
        assert done.code == 10, done
        assert "the host is as before" in done.err
        assert image.everything() == before


@pytest.mark.root(reason="puts the tree in the place of the system's")
def test_two_sites_stand_side_by_side_and_nginx_takes_both(image: Image, tmp_path: Path) -> None:
    nginx = nginx_program("system")
    blog = tmp_path / "blog"
    image.add(blog)
    (blog / "enuf.toml").write_text('[serve]\ntrusted_proxies = ["10.0.0.1"]\n[log]\nformat = "json"\n')
    assert image.enuf("install").code == 0
    alone = image.everything()
    assert image.enuf("install", project=blog, domain="blog.example").code == 0
    told = nginx_test(nginx, image)
    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr and "conflicting" not in told.stderr
    assert image.enuf("uninstall", project=blog).code == 0
    assert image.everything() == alone


def nginx_test(nginx: str, image: Image, *also: str) -> subprocess.CompletedProcess[str]:
    """Run `nginx -t` in a mount namespace in which the image's folders are those of the system."""
    own_mounts = ("unshare", "--mount", "--")
    skip_unless_it_runs(*own_mounts)
    binds = "; ".join(
        f"mount --bind {image.root}/{name} /{name}" for name in ("etc/nginx", "var/log/nginx", *also)
    )
    return subprocess.run(
        [*own_mounts, "sh", "-ec", f"{binds}; exec {nginx} -t"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_file_of_somebody_else_is_left_alone(image: Image) -> None:
    theirs = image.root / "etc/systemd/system/enuf-shop.service"
    theirs.write_text("[Service]\nExecStart=/bin/true\n")
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 8, done
    assert str(theirs.relative_to(image.root)) in done.err and "--name" in done.err
    assert image.everything() == before
    assert image.enuf("install", "--name", "shop-2").code == 0


def test_a_file_that_somebody_changed_is_neither_overwritten_nor_removed(image: Image) -> None:
    before = image.everything()
    assert image.enuf("install").code == 0
    site = image.root / "etc/nginx/sites-available/enuf-shop"
    site.write_text(site.read_text() + "# mine\n")
    changed = image.everything()
    for verb in ("install", "uninstall"):
        done = image.enuf(verb)
        assert done.code == 8, done
        assert "/etc/nginx/sites-available/enuf-shop" in done.err and "--force" in done.err
        assert image.everything() == changed
    assert image.enuf("uninstall", "--force").code == 0
    assert image.everything() == before


def test_a_second_install_takes_what_is_new_and_remembers_what_was_said(image: Image) -> None:
    assert image.enuf("install").code == 0
    (image.project / "enuf.toml").write_text('[serve]\nmax_body = "1m"\n')
    assert image.enuf("install", domain="").code == 0
    site = (image.root / "etc/nginx/sites-available/enuf-shop").read_text()
    assert "client_max_body_size 1048576;" in site and "server_name shop.example;" in site


def test_a_second_install_moves_to_where_the_hosts_sites_are_now(image: Image) -> None:
    assert image.enuf("install").code == 0
    conf = image.root / "etc/nginx/nginx.conf"
    conf.write_text(conf.read_text().replace("    include /etc/nginx/sites-enabled/*;\n", ""))
    assert image.enuf("install").code == 0
    assert (image.root / "etc/nginx/conf.d/enuf-shop.conf").is_file()
    assert not list(image.root.glob("etc/nginx/sites-*/enuf-shop"))


def test_two_projects_of_one_name_do_not_meet(image: Image, tmp_path: Path) -> None:
    other = tmp_path / "other" / "shop"
    other.parent.mkdir()
    image.add(other)
    assert image.enuf("install").code == 0
    before = image.everything()
    done = image.enuf("install", project=other)
    assert done.code == 8 and "--name" in done.err, done
    assert image.everything() == before


@pytest.mark.parametrize(("words", "code"), [
    (("--domain", "a b"), 4),
    (("--domain", "shop.example/admin"), 4),
    (("--domain", "shop.example;return 200"), 4),
    (("--domain", ""), 2),
    (("--domain", "x", "--name", "../etc"), 2),
    (("--domain", "x", "--name", ""), 2),
    (("--domain", "x", "--name", "Shop"), 2),
    (("--domain", "x", "--user", "no-such-user"), 4),
    (("--domain", "x", "--writable", "not-there"), 4),
    (("--domain", "x", "--writable", "/"), 4),
    (("--domain", "x", "--topology", "flask"), 4),
    (("--domain", "x", "--listen", "unix:/run/x"), 4),
    (("--domain", "x", "no_such_app.py"), 5),
    ((), 2),
])  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_touched(
    image: Image, words: tuple[str, ...], code: int
) -> None:
    before = image.everything()
    as_root = () if "--user" in words else ("--user", "root")
    done = finished([*ENUF, "install", "--root", str(image.root), *as_root, *words], image.project)
    assert done.code == code, done
    assert "error:" in done.err and "hint:" in done.err
    assert image.everything() == before


def test_a_project_in_the_tree_is_installed_with_the_paths_and_the_users_of_the_image(image: Image) -> None:
    inside = image.root / "srv/shop"
    inside.parent.mkdir()
    image.add(inside)
    (inside / "static").mkdir()
    (inside / "static/site.css").write_text("")
    (inside / "data").mkdir()
    me, group = os.getuid(), os.getgid()
    (image.root / "etc/passwd").write_text(
        f"webby:x:{me}:{group}::/:/bin/false\n"
    )  # this machine has no webby
    before = image.everything()
    words = (
        "install",
        "--root",
        str(image.root),
        "--domain",
        "shop.example",
        "--writable",
        "data",
        "--user",
        "webby",
    )
    done = finished([*ENUF, *words], inside)
    assert done.code == 0, done
    assert "no user" not in done.err
    assert "as webby" in done.out
    written = {
        path: (image.root / path).read_text()
        for path in set(image.everything()) - set(before)
        if (image.root / path).is_file()
    }
    assert [path for path, text in written.items() if str(image.root) in text] == []
    unit = written["etc/systemd/system/enuf-shop.service"]
    assert "\nWorkingDirectory=/srv/shop\n" in unit and "\nUser=webby\n" in unit
    assert (
        "\nReadWritePaths=/srv/shop/data\n" in unit
        and " --project /srv/shop reload --own-environment\n" in unit
    )
    assert "alias /srv/shop/static/" in written["etc/nginx/sites-available/enuf-shop"]
    assert '"project": "/srv/shop"' in written["var/lib/enuf/sites/shop.json"]
    again = finished([*ENUF, *words], inside)
    assert "nothing to change" in again.out, again
    assert finished([*ENUF, "uninstall", "--root", str(image.root)], inside).code == 0
    assert image.everything() == before


def test_an_image_without_systemd_is_refused(image: Image) -> None:
    (image.root / "usr/lib/systemd").rmdir()
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 6 and "has no systemd" in done.err, done
    assert image.everything() == before


def test_a_folder_of_a_store_is_refused(image: Image) -> None:
    store = image.root / "nix/store/abc-etc/systemd/system"
    store.mkdir(parents=True)
    shutil.rmtree(image.root / "etc/systemd/system")
    (image.root / "etc/systemd/system").symlink_to("../../nix/store/abc-etc/systemd/system")
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 4 and "/nix/store" in done.err, done
    assert image.everything() == before


def test_a_korean_domain_is_written_as_browsers_send_it(image: Image) -> None:
    assert image.enuf("install", domain="가게.example").code == 0
    assert "server_name xn--" in (image.root / "etc/nginx/sites-available/enuf-shop").read_text()


def test_without_a_name_it_says_why_nginx_needs_one(image: Image) -> None:
    done = image.enuf("install", domain="")
    assert done.code == 2
    assert "--domain" in done.err and "other sites" in done.err


def test_an_app_that_cannot_be_imported_is_refused(image: Image) -> None:
    (image.project / "app.py").write_text(APP + "raise RuntimeError('broken here')\n")
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 5 and "broken here" in done.err, done
    assert image.everything() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 64 KB."""
    place = tmp_path / "small"
    place.mkdir()
    with tmpfs(place, "64k"):
        yield place


@pytest.mark.root(reason="mounts a small file system")
@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_full_disk_leaves_nothing(image: Image, small_disk: Path, pages: int) -> None:
    shutil.copytree(image.root / "etc", small_disk / "etc", symlinks=True)
    (small_disk / "usr/lib/systemd").mkdir(parents=True)
    (small_disk / "var/lib").mkdir(parents=True)
    (small_disk / "var/log/nginx").mkdir(parents=True)
    image.root = small_disk
    free = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(b"x" * (free.f_bavail * free.f_bsize - pages * 4096))
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 10, done
    assert "No space left" in done.err
    assert image.everything() == before


@pytest.mark.root(reason="mounts a folder read-only")
def test_a_read_only_folder_is_told_and_nothing_stays(image: Image) -> None:
    with read_only(image.root / "etc/nginx/sites-enabled"):
        before = image.everything()
        done = image.enuf("install")
        assert done.code == 10, done
        assert "Read-only file system" in done.err
        assert image.everything() == before


@pytest.mark.root(reason="only root runs the image's nginx, to ask for its modules")
def test_root_runs_the_nginx_of_an_image_only_where_nobody_else_can_change_it(
    image: Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nginx, calls = image.root / "usr/sbin/nginx", tmp_path / "calls"
    nginx.parent.mkdir(parents=True)
    executable(nginx, "")
    (tmp_path / "bin").mkdir()
    executable(tmp_path / "bin/chroot", f'#!/bin/sh\necho "$@" >> {calls}\nexit 1\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert image.enuf("install", "--dry-run").code == 0
    assert calls.read_text() == f"{image.root} /usr/sbin/nginx -V\n"
    os.chown(nginx.parent, 1, 1)
    assert image.enuf("install", "--dry-run").code == 0
    assert len(calls.read_text().splitlines()) == 1


def test_a_main_file_that_is_none_is_refused(image: Image, tmp_path: Path) -> None:
    conf = image.root / "etc/nginx/nginx.conf"
    conf.rename(tmp_path / "elsewhere.conf")
    conf.symlink_to(tmp_path / "elsewhere.conf")
    done = image.enuf("install", "--dry-run")
    assert done.code == 6 and f"outside of {image.root}" in done.err, done
    conf.unlink()
    os.mkfifo(conf)
    done = image.enuf("install", "--dry-run")
    assert done.code == 6 and "not a regular file" in done.err and "in the image" in done.err, done


def test_a_folder_that_is_no_system_is_refused(image: Image, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = finished([*ENUF, "install", "--root", str(tmp_path / "empty"), "--domain", "x"], image.project)
    assert done.code == 4 and "not the tree of a system" in done.err, done
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_link_that_leads_out_of_the_tree_is_not_followed(image: Image, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(image.root / "etc/systemd/system")
    (image.root / "etc/systemd/system").symlink_to(outside)
    before = image.everything()
    done = image.enuf("install")
    assert done.code == 4 and str(outside) in done.err, done
    assert image.everything() == before
    assert list(outside.iterdir()) == []
