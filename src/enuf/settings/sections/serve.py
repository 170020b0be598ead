"""The settings of [serve]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.model.address import Address, TcpAddress
from enuf.model.host_names import www_pairs
from enuf.settings import typed
from enuf.settings.values import Duration, Size


class Serve(Struct, frozen=True, kw_only=True):
    """Where and how the app is served."""

    listen: Annotated[
        typed.Listens,
        Meta(
            description="Address that visitors connect to, `IP:port` or `unix:/path`, or a list of several. "
            "127.0.0.1 is reached from this machine only; `0.0.0.0:8000` from everywhere, and `[::]:8000` over IPv6 too.",
            examples=["127.0.0.1:8000", "[::]:80", ["10.0.0.7:80", "unix:/run/shop.sock"]],
            extra={"flag": "--listen"},
        ),
    ] = TcpAddress("127.0.0.1", 8000)
    socket_mode: Annotated[
        Literal["0600", "0660", "0666"],
        Meta(
            description="Who may connect to a unix socket of serve.listen: `0600` the servers' user alone, `0660` the socket's "
            "group too (that of a folder with the setgid bit), `0666` every user of this machine.",
            examples=["0600", "0660"],
        ),
    ] = "0600"
    link: Annotated[
        typed.LinkAddress,
        Meta(
            description="Address between the front and the app server, `IP:port`, where the topology has a TCP link "
            "(`nginx-uwsgi-tcp`, `nginx-flask`). Whoever reaches it can reach the app, and over uWSGI's wire even run code.",
            examples=["127.0.0.1:3031", "10.0.0.5:3031"],
        ),
    ] = TcpAddress("127.0.0.1", 3031)
    hosts: Annotated[
        tuple[typed.Host, ...],
        Meta(
            description="Host names that the site answers to (nginx's server_name): `example.com`, `*.example.com`, "
            "`.example.com` for both, `www.example.*`, or `~` and a regular expression. "
            "Empty: any name; once one is named, a request for any other is turned away.",
            examples=[["example.com", "*.example.com"]],
            extra={"flag": "--server-name"},
        ),
    ] = ()
    www: Annotated[
        Literal["off", "redirect"],
        Meta(
            description="Whether the other form of each plain name in serve.hosts, with `www.` or without, leads to that name: "
            "a redirect (308) that keeps path, query and method. The certificate must be valid for both.",
            examples=["redirect"],
        ),
    ] = "off"
    health_path: Annotated[
        typed.AskedPath,
        Meta(
            description="Path of the health checks of a load balancer, which ask by IP address or without a host name: "
            "with serve.hosts, it is answered whatever the Host header says, as a request for the first plain name of them.",
            examples=["", "/health"],
        ),
    ] = ""
    processes: Annotated[
        Literal["auto"] | int,
        Meta(
            ge=1,
            le=256,
            description="How many copies of the app run at once, 1 to 256. "
            "`auto` counts the processors that this machine or container may use.",
            examples=["auto", 4],
            extra={"flag": "--processes"},
        ),
    ] = "auto"
    threads: Annotated[
        int,
        Meta(
            ge=1,
            le=256,
            description="Threads in each process, 1 to 256. "
            "processes x threads is the number of requests that are worked on at the same moment.",
            examples=[2, 8],
            extra={"flag": "--threads"},
        ),
    ] = 2
    greenlets: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="Serve with gunicorn's gevent worker, for Flask-SocketIO with gevent: so many requests and open "
            "WebSockets at once in each process, a greenlet for each. 0: threads, see serve.threads.",
            examples=[0, 1000],
        ),
    ] = 0
    user: Annotated[
        Literal["auto"] | typed.User,
        Meta(
            description="User that both servers run as; it only matters when enuf is started as root. "
            "`auto`: the owner of the project folder, else www-data or nobody.",
            examples=["auto", "www-data", "root"],
        ),
    ] = "auto"
    timeout: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            multiple_of=1,
            description="Longest time, in whole seconds, until an answer begins, and between two parts of it. A request "
            "that takes longer is ended and answered with 504. nginx's read timeout and the time to drain follow from it.",
            examples=["30s", "5m"],
            extra={"flag": "--timeout"},
        ),
    ] = Duration(30)
    websocket_timeout: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            multiple_of=1,
            description="Longest time, in whole seconds, that an open WebSocket may be silent in both directions; a ping counts. "
            "serve.timeout holds until the app has accepted the WebSocket, and not after that.",
            examples=["1h", "5m"],
        ),
    ] = Duration(3600)
    client_timeout: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            multiple_of=1,
            description="Longest time, in whole seconds, that a visitor may be silent while an upload or a download goes on. "
            "A slow visitor is waited for, however long the whole takes.",
            examples=["90s", "10m"],
        ),
    ] = Duration(90)
    max_body: Annotated[
        typed.Bytes,
        Meta(
            ge=1024,
            description="Largest request body, an upload for example; anything bigger is answered 413.",
            examples=["16m", "1g"],
            extra={"flag": "--max-body"},
        ),
    ] = Size(16 << 20)
    max_header: Annotated[
        typed.Bytes,
        Meta(
            ge=4 << 10,
            le=1 << 20,
            description="Room for the request line and all headers together, cookies included, from 4k to 1m. "
            "The app server may take less; enuf checks that before it starts.",
            examples=["32k"],
        ),
    ] = Size(32 << 10)
    prefix: Annotated[
        typed.Prefix,
        Meta(
            description="Path below which the whole app is mounted, without a slash at the end. Empty: the app is at `/`.",
            examples=["", "/shop"],
        ),
    ] = ""
    trusted_proxies: Annotated[
        tuple[typed.Network, ...],
        Meta(
            description="IP addresses or networks of proxies in front of enuf, or `unix:` for whoever connects to a unix socket. "
            "Only from these is it believed who the visitor is (X-Forwarded-For, -Proto, -Host, -Port, -Prefix, Forwarded) "
            "and which id the request has (X-Request-ID); from anyone else it could be forged.",
            examples=[["10.0.0.0/8", "192.168.1.7"], ["unix:"]],
        ),
    ] = ()

    proxy_protocol: Annotated[
        bool,
        Meta(
            description="Whether every connection begins with a header of the PROXY protocol (version 1 or 2), in which a proxy of "
            "serve.trusted_proxies says who the visitor is. A connection without one is refused. Of the headers of HTTP, "
            "X-Forwarded-Proto alone is believed then: a proxy that passes connections on cannot take out what visitors write.",
            examples=[False, True],
        ),
    ] = False

    @property
    def at_once(self) -> int:
        """How many requests a process works on at the same moment, by threads or by greenlets."""
        return self.greenlets or self.threads

    @property
    def believed_proxies(self) -> tuple[str, ...]:
        """The proxies whose HTTP headers are trusted for the visitor, host, port and prefix."""
        return () if self.proxy_protocol else self.trusted_proxies

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All addresses to listen on, in the order in which they were named."""
        return self.listen if isinstance(self.listen, tuple) else (self.listen,)

    @property
    def www_pairs(self) -> tuple[tuple[str, str], ...]:
        """Each name that only leads to another, and that other name."""
        return www_pairs(self.hosts) if self.www == "redirect" else ()

    @property
    def every_name(self) -> tuple[str, ...]:
        """All names that visitors may use: those of the site, and those that lead there."""
        return (*self.hosts, *(other for other, _ in self.www_pairs))

    @property
    def address(self) -> Address:
        """The first address to listen on: the one that is shown, and to which enuf sends its own requests."""
        return self.addresses[0]

    @property
    def socket_bits(self) -> int:
        """The file mode of the unix sockets to listen on, as a number."""
        return int(self.socket_mode, 8)
