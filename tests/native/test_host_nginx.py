"""The nginx of a host, as an install meets it: configurations that it refuses, and ports that others have."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from enuf.errors import Conflict, NotReady, SettingsInvalid
from enuf.install.nginx_ground import refuse_broken
from enuf.install.nginx_ports import listened, refuse_taken
from enuf.install.nginx_refusal import NginxRefuses
from enuf.install.nginx_service import NginxPaths, NginxService
from enuf.model.address import TcpAddress
from enuf.model.site import HostNginx, Installed, Site
from tests.support.builds import nginx_program
from tests.support.by_hand import executable
from tests.support.ports import free_ports
from tests.support.stack import has_ended, until

pytestmark = pytest.mark.native

CONF = """
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    {lines}
    server {{ listen 127.0.0.1:{port}; {server} }}
}}
"""


class Host:
    """A running nginx with a main file of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.other_port = free_ports(2)
        self.conf = folder / "nginx.conf"
        self.write()
        program = executable(
            folder / "nginx", f'#!/bin/sh\nexec {nginx_program("system")} -p {folder} -c {self.conf} "$@"\n'
        )
        self.program = str(program)
        self.service = NginxService(
            self.program,
            NginxPaths(
                conf=str(self.conf), pid=str(folder / "nginx.pid"), error_log=str(folder / "error.log")
            ),
        )

    def write(self, lines: str = "", *, port: int = 0, server: str = "return 204;") -> None:
        """Write the main file, with lines for the `http` block and for the server."""
        text = CONF.format(folder=self.folder, lines=lines, port=port or self.port, server=server)
        self.conf.write_text(text)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("host"))
    subprocess.run([host.program], check=True, timeout=60)
    main = until(host.service.main_process, what="nginx")
    yield host
    main.terminate()
    until(lambda: has_ended(main.pid), what="the end of nginx")


@pytest.fixture(autouse=True)
def _as_before(host: Host) -> Iterator[None]:
    yield
    host.write()
    host.service.reload()


@pytest.fixture
def held(host: Host) -> Iterator[socket.socket]:
    """Listen at the other port, in the process of the tests."""
    with socket.create_server(("127.0.0.1", host.other_port)) as listener:
        yield listener


def test_a_port_of_another_program_is_named_with_its_holder_before_anything_is_done(
    host: Host, held: socket.socket
) -> None:
    (wanted,) = listened(f"server {{\n    listen 127.0.0.1:{host.other_port};\n}}")
    with pytest.raises(Conflict, match=rf"nginx cannot listen at {wanted}: \S+ \(pid {os.getpid()}\)"):
        refuse_taken([wanted], host.service.main_process())
    with pytest.raises(Conflict, match=rf"pid {os.getpid()}\) listens at 127.0.0.1:"):
        refuse_taken([TcpAddress("0.0.0.0", host.other_port)], None)


def test_a_port_at_which_nginx_itself_listens_is_free_for_one_more_site(host: Host) -> None:
    own = TcpAddress("127.0.0.1", host.port)
    refuse_taken([own, TcpAddress("127.0.0.1", host.other_port)], host.service.main_process())
    with pytest.raises(Conflict, match="nginx"):  # an nginx that is not the host's own service
        refuse_taken([own], None)


def test_an_address_that_the_host_does_not_have_is_refused(host: Host) -> None:
    with pytest.raises(SettingsInvalid, match=r"no address 192\.0\.2\.1"):
        refuse_taken([TcpAddress("192.0.2.1", host.other_port)], host.service.main_process())


def test_a_reload_that_nginx_gives_up_tells_its_reason(host: Host, held: socket.socket) -> None:
    host.write(port=host.other_port)
    with pytest.raises(NotReady, match=rf"by the older one: bind\(\) to 127.0.0.1:{host.other_port} failed"):
        host.service.reload()


def test_what_the_hint_says_about_a_table_makes_nginx_accept_its_names(host: Host) -> None:
    long = f"server {{ listen 127.0.0.1:{host.port}; server_name {'a' * 60}.example; }}"
    host.write(long)
    with pytest.raises(NginxRefuses) as refused:
        host.service.test()
    assert str(host.conf) in refused.value.hint
    remedy = refused.value.hint.split("`")[1]
    assert remedy == "server_names_hash_bucket_size 128;"
    host.write(f"{remedy} {long}")
    host.service.test()


def test_a_fault_of_the_site_itself_is_told_from_one_of_somebody_else(host: Host) -> None:
    nginx = HostNginx(version="1.22.1", user="www-data", log=str(host.folder / "logs"), has_ipv6=True)
    site = Installed(
        site=Site(name="shop", nginx=nginx), project="/srv/shop", target=None, flags={}, user="alice"
    )
    assert not refuse_broken(host.service, site)
    host.write(f"error_log {site.site.old_nginx_log}/error.log;")
    assert refuse_broken(host.service, site)
    host.write("no_such_directive on;")
    with pytest.raises(NginxRefuses, match="no_such_directive"):
        refuse_broken(host.service, site)


def test_the_whole_configuration_is_read_as_nginx_reads_it(host: Host) -> None:
    assert f"# configuration file {host.conf}:" in host.service.configuration()
