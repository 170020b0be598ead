"""The list of settings: names, types, defaults, bounds, descriptions and flags.

TOML keys, ENUF_ variables, flags and the reference page are derived from this module (see `fields`). An
amount or an address that is switched off is None; where "off" is one word among others, the value is the
word.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.model.address import Address, TcpAddress
from enuf.settings import typed
from enuf.settings.shapes import OptionValue
from enuf.settings.values import Duration, Rotate, Size

NOT_YET = {
    "cache": "caching is not there yet, this version of enuf never caches: remove it",
    "limits": "rate limits are not there yet in this version of enuf: remove it",
}
"""Settings whose feature does not exist: any value but the default is refused. A new feature deletes its
line."""


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

    @property
    def addresses(self) -> tuple[Address, ...]:
        """All addresses to listen on, in the order in which they were named."""
        return self.listen if isinstance(self.listen, tuple) else (self.listen,)

    @property
    def address(self) -> Address:
        """The first address to listen on: the one that is shown, and at which enuf asks its own site."""
        return self.addresses[0]

    @property
    def socket_bits(self) -> int:
        """The file mode of the unix sockets to listen on, as a number."""
        return int(self.socket_mode, 8)


class Workers(Struct, frozen=True, kw_only=True):
    """How long a worker process lives, and how many there are."""

    lazy: Annotated[
        Literal["auto"] | bool,
        Meta(
            description="`true` loads the app in every worker, `false` once before the workers are forked: that takes less "
            "memory, but what the import opens (a database connection, say) is shared, and its threads do not run in the "
            "workers. `auto` looks after a trial import: `true` where it leaves such things behind, else `false`.",
            examples=["auto", True],
        ),
    ] = "auto"
    max_requests: Annotated[
        int,
        Meta(
            ge=0,
            description="Replace a worker after so many requests, against slow memory leaks. 0: never.",
            examples=[0, 10000],
        ),
    ] = 0
    max_memory: Annotated[
        typed.Bytes | None,
        Meta(
            ge=1 << 20,
            description="Replace a worker that uses more memory than this once it has finished its request.",
            examples=["off", "300m"],
        ),
    ] = None
    max_age: Annotated[
        typed.Time | None,
        Meta(
            ge=2,
            multiple_of=1,
            description="Replace a worker that is older than this, in whole seconds from 2 on.",
            examples=["off", "1h"],
        ),
    ] = None
    scale: Annotated[
        Literal["fixed"] | typed.Scale,
        Meta(
            description="`fixed` keeps the number of processes; a range lets it follow the load between two numbers.",
            examples=["fixed", "2..8"],
        ),
    ] = "fixed"


class Reload(Struct, frozen=True, kw_only=True):
    """What a new version must prove before it gets requests."""

    health: Annotated[
        Literal["auto", "off"] | typed.HealthPath,
        Meta(
            description="Request that a new version must answer before it takes over. "
            "`auto`: GET / must not answer 5xx; a path: it must answer below 400; `off`: no request is made.",
            examples=["auto", "/health", "off"],
        ),
    ] = "auto"
    wait: Annotated[
        typed.Time,
        Meta(
            ge=1,
            le=86_400,
            description="How long a new version may take until it is ready; after that the old one stays.",
            examples=["30s", "2m"],
        ),
    ] = Duration(30)
    watch: Annotated[
        bool,
        Meta(
            description="Reload by itself when a source file changes. `enuf up --dev` turns it on.",
            examples=[True],
        ),
    ] = False


class Static(Struct, frozen=True, kw_only=True):
    """Files that the web server sends itself, without asking the app."""

    mode: Annotated[
        Literal["auto", "always", "off"],
        Meta(
            description="`auto` lets nginx send the files of the static folders of the app and its blueprints, with the "
            "app's own headers, where nothing of the app's own code stands before them (a login, say); "
            "`always` lets nginx send them whatever stands there: everybody can read them; `off` leaves them to the app.",
            examples=["auto", "always", "off"],
        ),
    ] = "auto"
    extra: Annotated[
        dict[typed.UrlFolder, typed.Folder],
        Meta(
            description="More folders for nginx to serve: URL with both slashes = folder, relative to the project.",
            examples=[{"/media/": "./media"}],
        ),
    ] = {}


class Tls(Struct, frozen=True, kw_only=True):
    """HTTPS: with a mode other than `off`, serve.listen is the HTTPS address."""

    mode: Annotated[
        Literal["off", "local", "files", "acme"],
        Meta(
            description="Where the certificate comes from. `off` is plain HTTP; `files` takes tls.certificate and tls.key; "
            "`local` makes one for this machine, by a certificate authority that `enuf cert trust` lets browsers trust.",
            examples=["off", "local", "files"],
            extra={"flag": "--tls"},
        ),
    ] = "off"
    http: Annotated[
        Literal["auto", "off"] | typed.LinkAddress,
        Meta(
            description="Plain HTTP address that redirects to HTTPS. `auto`: port 80 where serve.listen has port 443, else none.",
            examples=["auto", "off", "0.0.0.0:80"],
        ),
    ] = "auto"
    certificate: Annotated[
        str,
        Meta(
            description="File with the certificate and its chain, PEM, the site's own first. With tls.key beside it, "
            "tls.mode is `files` unless it is set. A renewed file is served by itself.",
            examples=["/etc/letsencrypt/live/example.com/fullchain.pem"],
        ),
    ] = ""
    key: Annotated[
        str,
        Meta(
            description="File with the private key, PEM, without a passphrase. A key that root alone can read needs a start as "
            "root; servers that run as another user get a private copy.",
            examples=["/etc/letsencrypt/live/example.com/privkey.pem"],
        ),
    ] = ""
    names: Annotated[
        tuple[typed.Host, ...],
        Meta(
            description="Names that the certificate must be valid for, beside serve.hosts. "
            "Mode `local` puts them into the certificate, with `localhost` and 127.0.0.1.",
            examples=[["shop.test"]],
        ),
    ] = ()
    hsts: Annotated[
        typed.Time | None,
        Meta(
            ge=1,
            multiple_of=1,
            description="How long browsers shall use nothing but HTTPS for this site, also when a visitor types http:// or the "
            "certificate is bad (Strict-Transport-Security). It cannot be taken back sooner.",
            examples=["off", "5m", "365d"],
        ),
    ] = None

    @property
    def on(self) -> bool:
        """True if the site is served over HTTPS."""
        return self.mode != "off"


class Http(Struct, frozen=True, kw_only=True):
    """What is added to the answers."""

    gzip: Annotated[
        bool,
        Meta(
            description="Compress texts (HTML, CSS, JSON, ...) for browsers that ask for it. An answer of the app with a strong "
            "ETag is sent as it is: compressed, its ETag would be weak, and of no use for If-Match or ranges.",
            examples=[True],
        ),
    ] = True
    security_headers: Annotated[
        Literal["basic", "off"],
        Meta(
            description="`basic` adds the headers that are safe for every site, where the app does not set them itself.",
            examples=["basic", "off"],
        ),
    ] = "basic"
    request_id: Annotated[
        bool,
        Meta(
            description="Give every request a number of 32 hex digits: in X-Request-ID, in the logs and in the app.",
            examples=[True],
        ),
    ] = True


class Log(Struct, frozen=True, kw_only=True):
    """The logs in .enuf/log."""

    format: Annotated[
        Literal["text", "json"],
        Meta(
            description="`text` for people, `json` for programs that collect logs.", examples=["text", "json"]
        ),
    ] = "text"
    rotate: Annotated[
        typed.Rotation,
        Meta(
            description="Size at which a log file is put aside x how many old ones are kept.",
            examples=["50m x 5"],
        ),
    ] = Rotate(Size(50 << 20), 5)


class Dashboard(Struct, frozen=True, kw_only=True):
    """The web page about the running stack, and /metrics."""

    listen: Annotated[
        typed.Listen | None,
        Meta(
            description="Address of the dashboard; `off` runs without it.", examples=["127.0.0.1:9191", "off"]
        ),
    ] = TcpAddress("127.0.0.1", 9191)


class Install(Struct, frozen=True, kw_only=True):
    """The service that `enuf install` makes."""

    writable: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and folders that the app may write, relative to the project. The service sees the whole "
            "file system read-only, but for its logs and a /tmp of its own.",
            examples=[["data", "/srv/uploads"]],
        ),
    ] = ()


class Raw(Struct, frozen=True, kw_only=True):
    """Escape hatches: copied into the generated files as the last word, and marked there."""

    nginx_server: Annotated[
        typed.Lines,
        Meta(description="Lines for nginx's server block.", examples=["add_header X-Served-By enuf;"]),
    ] = ""
    nginx_http: Annotated[
        typed.Lines,
        Meta(
            description="Lines for nginx's http block.",
            examples=["map $uri $is_api { ~^/api 1; default 0; }"],
        ),
    ] = ""
    uwsgi: Annotated[
        dict[typed.OptionName, OptionValue],
        Meta(
            description="uWSGI options as option = value; a list repeats the option.",
            examples=[{"thunder-lock": True, "env": ["A=1", "B=2"]}],
        ),
    ] = {}


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that can be set, with defaults that work for an app that sets nothing."""

    app: Annotated[
        str,
        Meta(
            description="The app, as Flask's `--app` takes it: `app.py`, `package.module:name`, `module:create_app()`. "
            "Empty: enuf looks where Flask looks.",
            examples=["app.py", 'shop:create_app("prod")'],
        ),
    ] = ""
    topology: Annotated[
        str,
        Meta(
            description="Which servers stand in which order in front of the app.",
            examples=["nginx-uwsgi", "flask"],
            extra={"flag": "--topology"},
        ),
    ] = "nginx-uwsgi"
    python: Annotated[
        str,
        Meta(
            description="The Python that runs the app. `auto`: the project's virtual environment, else enuf's own Python.",
            examples=["auto", ".venv/bin/python"],
        ),
    ] = "auto"
    env_file: Annotated[
        tuple[str, ...],
        Meta(
            description="Files with NAME=value lines that become the app's environment, relative to the project; "
            "a later file wins. FLASK_APP in them names the app. The debug mode and the `FLASK_RUN_` options of `.flaskenv` "
            "are for `flask run` alone.",
            examples=[[".env", ".env.production"]],
        ),
    ] = (".flaskenv", ".env")
    nginx: Annotated[
        typed.ToolChoice,
        Meta(
            description="Which nginx to run: the `embedded` one, the `system`'s, or the one at an absolute path.",
            examples=["embedded", "system", "/usr/sbin/nginx"],
            extra={"flag": "--nginx"},
        ),
    ] = "embedded"
    uwsgi: Annotated[
        typed.ToolChoice,
        Meta(
            description="Which uWSGI to run: the `embedded` one, the `system`'s, or the one at an absolute path.",
            examples=["embedded", "system", "/usr/bin/uwsgi"],
            extra={"flag": "--uwsgi"},
        ),
    ] = "embedded"
    serve: Serve = Serve()
    workers: Workers = Workers()
    reload: Reload = Reload()
    static: Static = Static()
    tls: Tls = Tls()
    http: Http = Http()
    cache: Annotated[
        dict[str, object], Meta(description="Nothing is cached unless it is listed.", examples=[{}])
    ] = {}
    limits: Annotated[
        dict[str, object], Meta(description="Nothing is limited unless it is listed.", examples=[{}])
    ] = {}
    log: Log = Log()
    dashboard: Dashboard = Dashboard()
    install: Install = Install()
    raw: Raw = Raw()
