"""A site of the host's own nginx: what `enuf install` makes, and what the service reads at its start."""

from __future__ import annotations

from typing import Literal

import msgspec

from enuf.model.address import TcpAddress
from enuf.model.certificate import TlsMode
from enuf.model.paths import StackPaths

LIBRARY = "/var/lib/enuf"
"""The folder of the records of installed sites."""
NEWEST_SCHEMA = 1
CERTIFICATES = f"{LIBRARY}/tls"
"""The folder of the certificates of installed sites."""

EVENTS = ("failed", "serving")
"""What a site tells of: that it has failed, and that it serves again."""
RENEWED = "processes"
"""Name of the units that restart the processes of a site after a reload; no process has this name."""
ORDER_ISSUED, ORDER_PROBLEM = "issued", "problem"
"""Files in the folder of the orders: not empty for a certificate of an authority, and why the last order failed."""


class HostNginx(msgspec.Struct, frozen=True, kw_only=True):
    """The host's own nginx, as far as a site depends on it."""

    version: str
    user: str
    """The user of its workers: the one user who must reach the app's socket."""
    log: str
    """The folder of its logs."""
    has_ipv6: bool
    program: str = "/usr/sbin/nginx"
    pid_file: str = "/run/nginx.pid"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One app on this host: a site of its nginx and a service of its systemd."""

    name: str
    """Short, lower case: in the names of files, of the service and of its folders."""
    nginx: HostNginx
    closed: tuple[str, ...] = ()
    """Static folders that nginx's user may not read: they are left to the app."""
    waits_at: str = ""
    """The socket, held by the service manager, at which requests wait while the service is away; for a running
    service its own of the two. Empty for a site of an enuf that had no such socket."""
    own: tuple[Literal["http", "server"], ...] = ()
    """The blocks of nginx's configuration for which root has written lines in `/etc/enuf/NAME`."""

    @property
    def full_name(self) -> str:
        """The prefixed name, `enuf-<name>`."""
        return f"enuf-{self.name}"

    @property
    def unit(self) -> str:
        """The name of its service."""
        return f"{self.full_name}.service"

    @property
    def socket_unit(self) -> str:
        """The name of the unit by which systemd holds the sockets at which requests wait."""
        return f"{self.full_name}.socket"

    @property
    def entrance(self) -> str:
        """The folder, root's own, of what nginx connects to: links to the app's sockets, or to one that systemd holds."""
        return f"/run/{self.full_name}-sockets"

    def app_links(self, count: int) -> tuple[str, ...]:
        """Return so many addresses that nginx connects to: the app's own sockets while the app serves."""
        more = (f"{self.entrance}/app.{number}.sock" for number in range(2, count + 1))
        return (f"{self.entrance}/app.sock", *more)

    @property
    def waiting_link(self) -> str:
        """The link to the socket at which requests wait when the service is away."""
        return f"{self.entrance}/waiting.sock"

    @property
    def waiting_sockets(self) -> tuple[str, str]:
        """The two sockets that systemd holds.

        A run of the service answers what has waited at the one; during its stop, requests begin to wait at the other.
        """
        return f"{self.entrance}/1.sock", f"{self.entrance}/2.sock"

    @property
    def socket_script(self) -> str:
        """The program by which root moves the links when the service starts and stops."""
        return f"{LIBRARY}/sites/{self.name}.sh"

    @property
    def runtime(self) -> str:
        """The service's private folder: its sockets are in it; systemd makes and removes it."""
        return f"/run/{self.full_name}"

    @property
    def log(self) -> str:
        """The folder of the service's logs."""
        return f"/var/log/{self.full_name}"

    @property
    def environment_file(self) -> str:
        """The file with the app's secrets, root's alone: `enuf env` writes it, and systemd reads it for the service."""
        return environment_file_of(self.name)

    @property
    def state(self) -> str:
        """The folder of the app's lasting files; systemd makes it, and no uninstall removes it while it holds a file."""
        return f"/var/lib/{self.full_name}"

    @property
    def cache(self) -> str:
        """The folder of files that the app can make again; systemd makes it."""
        return f"/var/cache/{self.full_name}"

    @property
    def certificate(self) -> str:
        """The file that nginx reads for HTTPS, root's alone: the last good certificate with its chain, then its key.

        A copy, so that a broken renewal cannot keep the host's nginx from starting, with all its sites.
        """
        return f"{CERTIFICATES}/{self.name}.pem"

    @property
    def public_certificate(self) -> str:
        """The certificate with its chain, without the key, readable for every user: for the status of the site."""
        return f"{CERTIFICATES}/{self.name}.crt"

    @property
    def certificate_problem(self) -> str:
        """The file with the reason why the newest certificate was not taken; missing after one that was."""
        return f"{CERTIFICATES}/{self.name}.problem"

    @property
    def plain_http(self) -> str:
        """The file that exists while there is no certificate of an authority yet, and plain HTTP serves the site."""
        return f"{CERTIFICATES}/{self.name}.plain"

    @property
    def orders(self) -> str:
        """The folder of the orders from an authority: account, key and certificate, private to the user that orders."""
        return f"/var/lib/{self.full_name}-cert"

    @property
    def order_wish(self) -> str:
        """The file with which root requests an order before it is due; the next run of the order removes the file."""
        return f"/run/{self.full_name}-cert.wish"

    @property
    def webroot(self) -> str:
        """The folder from which nginx answers the authority's challenges; it exists while an order runs."""
        return f"/run/{self.full_name}-cert"

    @property
    def certificate_script(self) -> str:
        """The program by which root takes a renewed certificate."""
        return f"{CERTIFICATES}/{self.name}.sh"

    @property
    def certificate_unit(self) -> str:
        """The name of the service that looks for a renewed certificate."""
        return f"{self.full_name}-cert.service"

    @property
    def certificate_timer(self) -> str:
        """The name of the timer that starts that service."""
        return f"{self.full_name}-cert.timer"

    @property
    def own_folder(self) -> str:
        """The folder of root's own lines for the site; enuf only reads it."""
        return f"/etc/enuf/{self.name}"

    def own_file(self, level: Literal["http", "server"]) -> str:
        """Return the file with root's own lines for nginx's `http` or `server` block."""
        return f"{self.own_folder}/{level}.conf"

    @property
    def failed_unit(self) -> str:
        """The name of the service that tries the failed site again, and has it told."""
        return unit_after_failure(self.name)

    @property
    def failed_folder(self) -> str:
        """The folder of that service: what systemd said, and how often the site was tried again."""
        return folder_after_failure(self.name)

    @property
    def failed_script(self) -> str:
        """The program of that service, root's own."""
        return f"{LIBRARY}/failed/{self.name}.sh"

    @property
    def alert_template(self) -> str:
        """The name of the service that tells of an event: the event comes before the dot of the name."""
        return f"{self.full_name}-alert@.service"

    @property
    def alert_program(self) -> str:
        """The program that runs the command of the settings, and asks their webhook."""
        return f"{LIBRARY}/alert/{self.name}.py"

    @property
    def alert_settings(self) -> str:
        """The file with the command and the webhook, root's alone: the address of a webhook is a secret."""
        return f"{LIBRARY}/alert/{self.name}.json"

    def beside_unit(self, name: str, kind: Literal["service", "timer", "path"] = "service") -> str:
        """Return the name of a unit of what runs beside the app."""
        return f"{self.full_name}-{name}.{kind}"

    @property
    def access_log(self) -> str:
        """The log of its requests, directly in the folder of nginx's logs.

        nginx opens logs as root, so it is no folder that the service may write; and nginx makes a log that is
        missing, but no folder, and without one it would not start, with all the sites of the host.
        """
        return f"{self.nginx.log}/{self.full_name}.access.log"

    @property
    def error_log(self) -> str:
        """Why nginx could not reach the app."""
        return f"{self.nginx.log}/{self.full_name}.error.log"

    @property
    def cached_pages(self) -> str:
        """The beginning of the names of the folders in which the host's nginx keeps cached pages; nginx makes them."""
        return f"/var/cache/{self.full_name}.pages"

    @property
    def old_nginx_log(self) -> str:
        """The folder in which nginx logged for a site that was installed by enuf 0.1.0."""
        return f"{self.nginx.log}/{self.full_name}"

    def paths(self, project: str) -> StackPaths:
        """Return the paths of the site's stack."""
        return paths_of_site(self.name, project)


def unit_after_failure(name: str) -> str:
    """Return the name of the service that runs while a site has failed."""
    return f"enuf-{name}-failed.service"


def folder_after_failure(name: str) -> str:
    """Return the folder of that service, which is gone while the site serves."""
    return f"/run/enuf-{name}-failed"


def paths_of_site(name: str, project: str) -> StackPaths:
    """Return the paths of a site's stack. Every version of enuf derives them from the name alone."""
    runtime = f"/run/enuf-{name}"
    return StackPaths(
        project=project,
        home=runtime,
        runtime=runtime,
        logs=f"/var/log/enuf-{name}",
        service=f"enuf-{name}.service",
    )


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A file or a link as it was written, to find out later whether it was changed."""

    path: str
    digest: str
    rest: str = ""
    """Of a site of nginx's, a digest of all that certbot leaves alone; empty for other files."""


class Replaced(msgspec.Struct, frozen=True, kw_only=True):
    """A file or a link of nginx that an adopted site took the place of."""

    path: str
    kept: str
    """Where it is kept; `enuf uninstall` puts it back unless somebody has removed it from there."""


class SiteTls(msgspec.Struct, frozen=True, kw_only=True):
    """Where the certificate of an installed site comes from."""

    mode: TlsMode
    """The setting tls.mode."""
    certificate: str
    """The file that is looked at for a renewed certificate, absolute."""
    key: str
    """The file with its private key, absolute."""
    names: tuple[str, ...]
    """Names that the certificate must cover."""


class VisitorRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a visitor of an installed site, by which enuf finds out what the host's nginx answers."""

    address: TcpAddress
    """Where the host's nginx listens for the site."""
    host: str
    path: str
    over_tls: bool
    digest: str
    """The digest of the site's file, which nginx writes into each line of the site's log."""


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """The record of an installed site, from which the service starts."""

    schema: int = NEWEST_SCHEMA
    site: Site
    project: str
    target: str | None
    flags: dict[str, tuple[str, str | tuple[str, ...]]]
    user: str
    files: tuple[Written, ...] = ()
    folders: tuple[str, ...] = ()
    """Folders that had to be made, the outermost first."""
    tls: SiteTls | None = None
    """None for a site without HTTPS."""
    writable: tuple[str, ...] = ()
    """Paths that --writable has added to the setting install.writable, as they were typed."""
    may_write: tuple[str, ...] = ()
    """All paths that the app may write, absolute."""
    replaced: tuple[Replaced, ...] = ()
    """Files of a hand-made site that this one was adopted from."""
    enuf: str = ""
    """The version of enuf that wrote the record; empty from a version that did not say so."""
    url: str = ""
    domains: tuple[str, ...] = ()
    """The names that visitors type."""
    dashboard: str = ""
    """The address of the dashboard, which stays; empty for a site without one."""
    visitor: VisitorRequest | None = None
    """None for a site at a unix socket, and in the record of a version that did not write it."""
    beside: tuple[str, ...] = ()
    """The units of what runs beside the app, in the order in which they are stopped."""
    job_times: dict[str, str] = {}
    """When each scheduled command runs, by its name: `0 3 * * *`, `every 600 s`."""
    of_systemd: tuple[str, ...] = ()
    """Folders that systemd makes for the service and that did not exist before; they are removed when
    they are empty."""

    @property
    def nginx_files(self) -> tuple[str, ...]:
        """The paths of the site's file for the host's nginx, and of the link to that file."""
        return tuple(file.path for file in self.files if "/nginx/" in file.path)

    @property
    def has_alerts(self) -> bool:
        """True for a site whose failure is told to somebody."""
        return any(file.path == self.site.alert_program for file in self.files)


def domains_of(record: Installed) -> tuple[str, ...]:
    """Return the names of a site; of one that an older enuf installed, those of its command line."""
    if record.domains:
        return record.domains
    _, said = record.flags.get("serve.hosts", ("", ()))
    return (said,) if isinstance(said, str) else tuple(said)


def environment_file_of(name: str) -> str:
    """Return the file with the secrets of a site, which may not be installed yet."""
    return f"/etc/enuf/{name}/env"


def record_of(name: str) -> str:
    """Return the file of a site's record."""
    return f"{LIBRARY}/sites/{name}.json"


def digest_of_bytes(content: bytes) -> str:
    """Return the digest that `Written` holds for a regular file with this content."""
    import hashlib

    return f"sha256:{hashlib.sha256(content).hexdigest()}"
