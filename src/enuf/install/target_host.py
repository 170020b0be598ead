"""The host that is to be changed: its files, its servers, and where they keep a site. Everything is asked, nothing assumed."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from enuf.discover.tools import host_nginx
from enuf.errors import SettingsInvalid, ToolUnusable
from enuf.install.build import NginxBuild, read_build
from enuf.install.layout import Layout, MainConfig, layout_of, read_main
from enuf.install.services import LiveHost, StillHost
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY, HostNginx
from enuf.system.subprocesses import answer_of

ASK_WITHIN_S = 15


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A host, or the tree of an image."""

    tree: HostTree
    host: LiveHost | StillHost
    build: NginxBuild
    nginx: HostNginx
    layout: Layout


def this_host(wish: str) -> Ground:
    """The host that we are on. `wish` is the setting nginx. Raises ToolUnusable."""
    program = host_nginx(wish)
    build = read_build(_said([program, "-V"]))
    tree = HostTree()
    main = _main(tree, build)
    return Ground(
        tree=tree,
        host=LiveHost(program, main.pid or build.pid),
        build=build,
        nginx=_nginx(build, main, program, has_ipv6=Path("/proc/net/if_inet6").exists()),
        layout=layout_of(main, build.conf),
    )


def tree_below(root: Path) -> Ground:
    """The tree of an image. Its nginx is asked when it can be run from here. Raises SettingsInvalid or ToolUnusable."""
    tree = HostTree(root.resolve())
    for needed in (LIBRARY.rpartition("/")[0], "/etc"):
        if not tree.place(needed).is_dir():
            raise SettingsInvalid(
                f"{root} has no folder {needed}: it is not the tree of a system",
                "--root names the root of an image",
            )
    build = _build_below(tree)
    main = _main(tree, build)
    nginx = _nginx(build, main, "/usr/sbin/nginx", has_ipv6=True)
    return Ground(tree=tree, host=StillHost(), build=build, nginx=nginx, layout=layout_of(main, build.conf))


def _nginx(build: NginxBuild, main: MainConfig, program: str, *, has_ipv6: bool) -> HostNginx:
    user = main.user or build.user
    return HostNginx(version=build.version, user=user, log=build.log, has_ipv6=has_ipv6, program=program)


def _main(tree: HostTree, build: NginxBuild) -> MainConfig:
    try:
        text = tree.place(build.conf).read_text(errors="replace")
    except OSError as error:
        raise ToolUnusable(
            f"{tree.place(build.conf)} cannot be read: {error.strerror}",
            "install the host's nginx: apt-get install nginx",
        ) from None
    return read_main(text, build.conf)


def _build_below(tree: HostTree) -> NginxBuild:
    if os.geteuid() == 0 and tree.place("/usr/sbin/nginx").is_file():
        try:
            return read_build(_said(["chroot", str(tree.root), "/usr/sbin/nginx", "-V"]))
        except ToolUnusable:
            pass  # another processor's, or an image that is not whole yet
    return NginxBuild()


def _said(argv: list[str]) -> str:
    try:
        done = answer_of(argv, within_s=ASK_WITHIN_S)
    except OSError as error:
        raise ToolUnusable(
            f"{argv[0]} cannot be run: {error}", "install the host's nginx: apt-get install nginx"
        ) from None
    return done.stderr + done.stdout
