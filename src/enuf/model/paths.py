"""The names of a stack's files and folders. Nothing is created here."""

from __future__ import annotations

import msgspec

from enuf.model.service_commands import SYSTEMD, ServiceCommands

GENERATION = "{generation}"
"""The placeholder for the number of a generation in paths and arguments of a server's process."""
MOST_SOCKETS = 4
"""So many sockets a generation has at most."""


class StackPaths(msgspec.Struct, frozen=True, kw_only=True):
    """The folders of one stack, all absolute.

    `home` is `<project>/.enuf`, or the runtime folder itself where the project cannot be written.
    `runtime` is short and private (0700): a unix socket path is limited to 107 bytes (F22).
    """

    project: str
    home: str
    runtime: str
    logs: str = ""
    """Folder of the logs, where it is not `log` in `home`."""
    service: str = ""
    """The host's service that runs the stack, where one does."""

    @property
    def site(self) -> str:
        """The name of the installed site; empty for a stack of `enuf up`."""
        return self.service.removeprefix("enuf-").removesuffix(".service")

    def shortened(self, path: str) -> str:
        """Return a path of the project relative to its folder, and any other path as it is."""
        return path.removeprefix(f"{self.project}/")

    @property
    def service_commands(self) -> ServiceCommands:
        """The commands of the host's service manager, for hints: one place to choose another manager."""
        return SYSTEMD

    @property
    def conf(self) -> str:
        """Folder of the rendered files."""
        return f"{self.home}/conf"

    @property
    def log(self) -> str:
        """Folder of the logs."""
        return self.logs or f"{self.home}/log"

    @property
    def events(self) -> str:
        """The supervisor's journal: an event per line, as JSON."""
        return f"{self.log}/events.jsonl"

    @property
    def releases(self) -> str:
        """The supervisor's record of the releases that have served; it outlives the stack."""
        return f"{self.logs or self.home}/releases.json"

    @property
    def state(self) -> str:
        """The supervisor's record of the running processes."""
        return f"{self.home}/state.json"

    @property
    def renewed(self) -> str:
        """File that is written when a new version serves, for services of the host that take the new version, too."""
        return f"{self.runtime}/renewed"

    @property
    def jobs(self) -> str:
        """File with the next time and the last success of each scheduled command."""
        return f"{self.home}/jobs.json"

    @property
    def app_socket(self) -> str:
        """The address that the front connects to: a symlink to the serving generation's socket."""
        return f"{self.runtime}/app.sock"

    def app_sockets(self, count: int) -> tuple[str, ...]:
        """Return so many addresses that the front connects to, the first one being `app_socket`."""
        more = (f"{self.runtime}/app.{number}.sock" for number in range(2, count + 1))
        return (self.app_socket, *more) if count else ()

    @property
    def front_socket(self) -> str:
        """The front's private socket, for enuf's own requests."""
        return f"{self.runtime}/front.sock"

    @property
    def why_socket(self) -> str:
        """The socket at which the dashboard tells nginx why the app did not answer (--dev only)."""
        return f"{self.runtime}/why.sock"

    @property
    def control_socket(self) -> str:
        """The socket at which the supervisor accepts requests."""
        return f"{self.runtime}/control.sock"

    @property
    def claim(self) -> str:
        """The file that names the owner of the runtime folder."""
        return f"{self.runtime}/claim"

    @property
    def stopping(self) -> str:
        """File that is there once the stack stops: the app server closes WebSockets, for which the front would wait."""
        return f"{self.runtime}/stopping"

    @property
    def spare(self) -> str:
        """Folder with a second name (a hard link) of every socket, to put a removed socket back."""
        return f"{self.runtime}/.spare"

    @property
    def certificate(self) -> str:
        """File with the key and the certificate that the front serves: the last good pair, readable for its user alone."""
        return f"{self.runtime}/tls.pem"

    @property
    def closed(self) -> str:
        """File that exists while the site is closed for maintenance."""
        return f"{self.home}/maintenance"

    @property
    def plain_http(self) -> str:
        """An empty file that exists while the site has a stand-in certificate: plain HTTP serves it then, and redirects later."""
        return f"{self.runtime}/plain-http"

    @property
    def dashboard_token(self) -> str:
        """File with the token that a visitor of the dashboard must present.

        Made anew at every start of the stack.
        """
        return f"{self.runtime}/dashboard.token"

    @property
    def dashboard_totals(self) -> str:
        """File with the dashboard's counts and log positions, from which it continues after a crash."""
        return f"{self.runtime}/dashboard.totals"

    @property
    def dashboard_history(self) -> str:
        """File with the dashboard's figures of the last hour."""
        return f"{self.runtime}/dashboard.history"

    @property
    def dashboard_redirect(self) -> str:
        """A page that leads a browser to the dashboard."""
        return f"{self.runtime}/dashboard.html"

    @property
    def of_a_run(self) -> tuple[str, ...]:
        """The files and folders that exist only while the stack runs."""
        return (
            self.state,
            *self.app_sockets(MOST_SOCKETS),
            self.front_socket,
            self.control_socket,
            self.why_socket,
            self.certificate,
            self.plain_http,
            self.dashboard_token,
            self.dashboard_totals,
            self.dashboard_history,
            self.dashboard_redirect,
            self.spare,
            self.stopping,
            self.renewed,
            self.temp,
            f"{self.runtime}/nginx.pid",
            f"{self.runtime}/dev",
        )

    @property
    def temp(self) -> str:
        """Folder of the front's temporary files."""
        return f"{self.runtime}/temporary"

    @property
    def generation_folder(self) -> str:
        """The folder of one generation, with the `{generation}` placeholder for its number."""
        return self.folder_of(f"g{GENERATION}")

    def socket_of(self, generation: int | str) -> str:
        """Return the socket that this generation serves at."""
        return f"{self.runtime}/g{generation}.sock"

    def sockets_of(self, generation: int | str, count: int) -> tuple[str, ...]:
        """Return so many sockets of one generation, the first one being `socket_of`."""
        first = self.socket_of(generation)
        return (first, *(f"{first.removesuffix('.sock')}.{number}.sock" for number in range(2, count + 1)))

    def folder_of(self, key: str) -> str:
        """Return the folder of a unit: its config as started, its control fifo, its ready file.

        The key of a generation is `g` and its number.
        """
        return f"{self.runtime}/{key}"

    def statistics_of(self, generation: int | str) -> str:
        """Return the socket at which the server of this generation sends statistics, where it has one."""
        return f"{self.folder_of(f'g{generation}')}/stats"

    def tracebacker_of(self, generation: int, worker: int) -> str:
        """Return the socket at which a uWSGI worker answers with the stacks of its threads."""
        return f"{self.folder_of(f'g{generation}')}/stack.{worker}"
