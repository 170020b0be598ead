"""The interface between an install and the service manager of its host. Pure."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from enuf.install.change import MakeLink, WriteFile
from enuf.model.plan import Plan
from enuf.model.service_commands import ServiceCommands
from enuf.model.site import Site
from enuf.settings.schema import Settings

ServiceAction = Literal["start", "stop", "restart", "reload"]


class ServiceUser(msgspec.Struct, frozen=True, kw_only=True):
    """The account that runs the app."""

    name: str
    group: str = ""
    dynamic: bool = False
    """The service manager makes the account while the service runs; the account owns no file of the host."""


class ServiceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the definition of a service is made of."""

    plan: Plan
    settings: Settings
    site: Site
    user: ServiceUser
    enuf: tuple[str, ...]
    """The command that starts enuf: a Python interpreter and its arguments."""
    writable: tuple[str, ...] = ()
    """Paths that the app may write, from install.writable."""
    protected: tuple[str, ...] = ()
    """Code below a writable path. The service must not write there: root may run that code later."""
    needs_home: bool = False
    """The project, or the Python that runs it, lies in a home directory."""
    bound: tuple[str, ...] = ()
    """Paths below /tmp or /var/tmp that the service must see although it has a private /tmp."""


class ServiceFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files by which a service manager knows a service."""

    definition: WriteFile
    links: tuple[MakeLink, ...]
    """Links that make the service start at boot."""
    beside: tuple[WriteFile | MakeLink, ...] = ()
    """The definitions of what runs beside the app, and the links that start it with the service."""
    started: tuple[str, ...] = ()
    """The services of `beside` that run, or wait, as long as the site's own."""
    stopped: tuple[str, ...] = ()
    """All services of `beside`, in the order in which they are stopped."""
    job_times: dict[str, str] = {}
    """When each scheduled command runs, by its name."""
    sockets: tuple[WriteFile | MakeLink, ...] = ()
    """What makes the service manager hold the sockets at which requests wait while the service is away."""


class ServiceEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What a service manager gives a service at its start, drop-ins of the administrator's included."""

    variables: dict[str, str] = {}
    credentials: dict[str, bytes] = {}
    """Secrets by their names in `$CREDENTIALS_DIRECTORY`."""
    is_renewed: bool = False
    """True for other credentials than those of the last start: only a restart brings them."""


class ServiceFormat(Protocol):
    """How a service manager has its services defined and named: what an install into an image needs of it."""

    @property
    def name(self) -> str:
        """The name of the service manager, as it stands in the journal of an install."""
        ...

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that hold the definitions of services and the links to them."""
        ...

    @property
    def private_logs(self) -> str:
        """The folder that the service manager makes for the logs of dynamic users."""
        ...

    @property
    def private_state(self) -> str:
        """The folder that the service manager makes for the lasting files of dynamic users."""
        ...

    @property
    def private_cache(self) -> str:
        """The folder that the service manager makes for the cached files of dynamic users."""
        ...

    @property
    def commands(self) -> ServiceCommands:
        """The commands that hints show to a person."""
        ...

    @property
    def holds_sockets(self) -> bool:
        """True where the service manager can hold sockets, so that requests wait while a service is away."""
        ...

    def must_restart(self, before: str, after: str) -> bool:
        """Return True where a running service takes up the change of its definition only by a restart."""
        ...

    def override_folder(self, service: str) -> str:
        """Return the folder with the administrator's own lines of a service."""
        ...

    def certificate_files(self, request: ServiceRequest) -> tuple[WriteFile | MakeLink, ...]:
        """Return the files of the service that takes a renewed certificate, and of what starts it now and then."""
        ...

    def failure_files(self, request: ServiceRequest, *, alerts: bool) -> tuple[WriteFile, ...]:
        """Return the files of the service that tries the failed site again, and with `alerts` of the one that tells of it."""
        ...

    def files(self, request: ServiceRequest) -> ServiceFiles:
        """Return the files of the service. Raise SettingsInvalid for a path that a definition cannot hold."""
        ...


class ServiceManager(Protocol):
    """The service manager of a host."""

    @property
    def format(self) -> ServiceFormat:
        """The files and names of its services."""
        ...

    @property
    def is_live(self) -> bool:
        """False for the tree of an image, where no service runs."""
        ...

    def control(self, action: ServiceAction, service: str) -> None:
        """Start, stop, restart or reload a service and wait for the result.

        Raise EnufError with the end of its log.
        """
        ...

    def is_active(self, service: str) -> bool:
        """Return True while the service runs."""
        ...

    def is_masked(self, service: str) -> bool:
        """Return True for a service that its administrator has forbidden to start."""
        ...

    def environment(self, service: str) -> ServiceEnvironment:
        """Return what the service gets at its next start."""
        ...

    def reload_definitions(self) -> None:
        """Make the service manager read all definitions again. Raise EnufError."""
        ...
