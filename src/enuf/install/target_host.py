"""The host that is to be changed: its files, its servers and its nginx, as they describe themselves."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from enuf.discover.tools import host_nginx
from enuf.errors import PrivilegeNeeded, SettingsInvalid, ToolUnusable
from enuf.install.nginx_build import NginxBuild, read_build
from enuf.install.nginx_layout import MainConfig, SiteLayout, read_main_config, site_layout
from enuf.install.nginx_service import NginxPaths, NginxService
from enuf.install.servers import Servers
from enuf.install.services.offline import OfflineImage
from enuf.install.services.systemd import SystemdFormat, SystemdHost
from enuf.install.tree import HostTree
from enuf.model.site import LIBRARY, HostNginx
from enuf.system.subprocesses import answer_of
from enuf.system.trust import changeable_by_others, open_to_others
from enuf.system.user import owner_of

ANSWER_WITHIN_S = 15


class TargetHost(msgspec.Struct, frozen=True, kw_only=True):
    """A host, or the tree of an image."""

    tree: HostTree
    servers: Servers
    build: NginxBuild
    nginx: HostNginx
    layout: SiteLayout


def this_host(nginx_setting: str) -> TargetHost:
    """Describe the host that this process runs on. `nginx_setting` is the setting `nginx`.

    Raise ToolUnusable.
    """
    program = host_nginx(nginx_setting)
    build = read_build(_output([program, "-V"]))
    tree = HostTree()
    main = _main_config(tree, build)
    nginx = _nginx(build, main, program, has_ipv6=Path("/proc/net/if_inet6").exists())
    nginx_files = NginxPaths(conf=build.conf, pid=nginx.pid_file, error_log=main.error_log or build.error_log)
    return TargetHost(
        tree=tree,
        servers=_running_servers(program, nginx_files),
        build=build,
        nginx=nginx,
        layout=site_layout(main, build.conf),
    )


def image_host(root: Path) -> TargetHost:
    """Describe the tree of an image; its nginx is run for that where it can.

    Raise SettingsInvalid or ToolUnusable.
    """
    tree = HostTree(root.resolve())
    refuse_image_of_others(tree)
    for folder in (LIBRARY.rpartition("/")[0], "/etc"):
        if not tree.local_path(folder).is_dir():
            raise SettingsInvalid(
                f"{root} has no folder {folder}: it is not the tree of a system",
                "--root names the root of an image",
            )
    _refuse_without_manager(tree)
    build = _build_of_image(tree)
    main = _main_config(tree, build)
    return TargetHost(
        tree=tree,
        servers=image_servers(),
        build=build,
        nginx=_nginx(build, main, "/usr/sbin/nginx", has_ipv6=True),
        layout=site_layout(main, build.conf),
    )


def _refuse_without_manager(tree: HostTree) -> None:
    """Raise ToolUnusable for an image whose service manager enuf has no files for."""
    if not any(tree.local_path(folder).is_dir() for folder in SystemdFormat.programs):
        raise ToolUnusable(
            f"{tree.root} has no systemd (no {SystemdFormat.programs[0]}), and enuf knows no other service manager",
            "let the system of the image run `enuf up`, or install systemd in the image first",
            slug="no-systemd",
        )


def refuse_image_of_others(tree: HostTree) -> None:
    """Raise PrivilegeNeeded, as root, for an image that another user can change: links in it would lead root astray."""
    written = ("/", "/etc/nginx", "/etc/systemd/system", LIBRARY)
    found = (changeable_by_others(tree.local_path(path)) for path in written)
    foreign = next(filter(None, found), None) if os.geteuid() == 0 else None
    if foreign is not None:
        owner = owner_of(foreign).name
        account = f"'#{owner}'" if owner.isdigit() else owner
        raise PrivilegeNeeded(
            f"root writes into no image that another user can change: {foreign}",
            f"an image needs no root: sudo -u {account} …" if owner != "root" else f"chmod go-w {foreign}",
            slug="image-of-others",
        )


def image_servers() -> Servers:
    """Return the servers of an image: units of systemd, and no running program."""
    return Servers(services=OfflineImage(SystemdFormat()))


def servers_of_this_host() -> Servers:
    """Return the servers of this host, also after its nginx was removed and cannot describe itself."""
    try:
        return this_host("system").servers
    except ToolUnusable:
        return _running_servers("nginx", NginxPaths())


def _running_servers(nginx_program: str, nginx_files: NginxPaths) -> Servers:
    return Servers(services=SystemdHost(), nginx=NginxService(nginx_program, nginx_files))


def _nginx(build: NginxBuild, main: MainConfig, program: str, *, has_ipv6: bool) -> HostNginx:
    user = main.user or build.user
    return HostNginx(
        version=build.version,
        user=user,
        log=build.log,
        has_ipv6=has_ipv6,
        program=program,
        pid_file=main.pid or build.pid,
    )


def _main_config(tree: HostTree, build: NginxBuild) -> MainConfig:
    try:
        text = tree.read_text(build.conf)
    except OSError as error:
        raise ToolUnusable(
            f"{tree.local_path(build.conf)} cannot be read: {error.strerror}",
            "install the host's nginx: apt-get install nginx"
            if tree.is_this_host
            else "install nginx in the image",
        ) from None
    return read_main_config(text, build.conf)


def _build_of_image(tree: HostTree) -> NginxBuild:
    """Run the image's nginx in a chroot if only root can change it, and return its build.

    Else an unknown one.
    """
    program = tree.local_path("/usr/sbin/nginx")
    if os.geteuid() == 0 and program.is_file() and _is_roots_alone(tree, program):
        try:
            return read_build(_output(["chroot", str(tree.root), "/usr/sbin/nginx", "-V"]))
        except ToolUnusable:
            pass  # built for another processor, or an image that is not complete yet
    return NginxBuild()


def _is_roots_alone(tree: HostTree, program: Path) -> bool:
    folders = map(tree.local_path, ("/", "/etc", "/usr/lib"))
    return changeable_by_others(program) is None and not any(map(open_to_others, folders))


def _output(argv: list[str]) -> str:
    try:
        done = answer_of(argv, within_s=ANSWER_WITHIN_S)
    except OSError as error:
        raise ToolUnusable(
            f"{argv[0]} cannot be run: {error}", "install the host's nginx: apt-get install nginx"
        ) from None
    return done.stderr + done.stdout
