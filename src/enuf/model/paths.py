"""Where a stack keeps its files; names only, nothing is created here."""

from __future__ import annotations

import msgspec

GENERATION = "{generation}"
"""Stands for the number of a generation in paths and arguments of a server's process."""


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
    """The service of systemd that runs the stack, where one does."""

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
    def state(self) -> str:
        """The file that the supervisor keeps about the running processes."""
        return f"{self.home}/state.json"

    @property
    def app_socket(self) -> str:
        """The address that the front connects to: a symlink to the serving generation's socket."""
        return f"{self.runtime}/app.sock"

    @property
    def front_socket(self) -> str:
        """Private door to the front, for enuf's own questions."""
        return f"{self.runtime}/front.sock"

    @property
    def control_socket(self) -> str:
        """Where the supervisor takes orders."""
        return f"{self.runtime}/control.sock"

    @property
    def claim(self) -> str:
        """The file that says whose the runtime folder is."""
        return f"{self.runtime}/claim"

    @property
    def spare(self) -> str:
        """Folder with a second name (a hard link) of every socket, to put back one that was removed."""
        return f"{self.runtime}/.spare"

    @property
    def dashboard_token(self) -> str:
        """What a visitor of the dashboard must show; made anew at every start of the stack."""
        return f"{self.runtime}/dashboard.token"

    @property
    def dashboard_totals(self) -> str:
        """What the dashboard has counted so far and how far it has read: it goes on from there after a crash."""
        return f"{self.runtime}/dashboard.totals"

    @property
    def dashboard_redirect(self) -> str:
        """A page that leads a browser to the dashboard."""
        return f"{self.runtime}/dashboard.html"

    @property
    def of_a_run(self) -> tuple[str, ...]:
        """What is there only while the stack runs."""
        return (
            self.state,
            self.app_socket,
            self.front_socket,
            self.control_socket,
            self.dashboard_token,
            self.dashboard_totals,
            self.dashboard_redirect,
            self.spare,
            f"{self.runtime}/nginx.pid",
            f"{self.runtime}/dev",
        )

    @property
    def temp(self) -> str:
        """Folder of the front's temporary files."""
        return f"{self.runtime}/temporary"

    @property
    def generation_socket(self) -> str:
        """The socket that one generation serves at, with the `{generation}` placeholder for its number."""
        return self.socket_of(GENERATION)

    @property
    def generation_folder(self) -> str:
        """The folder of one generation, with the `{generation}` placeholder for its number."""
        return self.folder_of(f"g{GENERATION}")

    def socket_of(self, generation: int | str) -> str:
        """Return the socket that this generation serves at."""
        return f"{self.runtime}/g{generation}.sock"

    def folder_of(self, key: str) -> str:
        """Return the folder of a unit: its config as started, its control fifo, its ready file.

        The key of a generation is `g` and its number.
        """
        return f"{self.runtime}/{key}"

    def statistics_of(self, generation: int | str) -> str:
        """Return the socket at which the server of this generation answers with its statistics, where it has one."""
        return f"{self.folder_of(f'g{generation}')}/stats"

    def tracebacker_of(self, generation: int, worker: int) -> str:
        """Return the socket at which a uWSGI worker answers with the stacks of its threads."""
        return f"{self.folder_of(f'g{generation}')}/stack.{worker}"
