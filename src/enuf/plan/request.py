"""The values that a plan is built from."""

from __future__ import annotations

import msgspec

from enuf.model.app import AppReport, ProtectedFolder, SitePages, StaticFolder
from enuf.model.certificate import TlsPlan
from enuf.model.paths import StackPaths
from enuf.model.peers import Peers
from enuf.model.site import Site
from enuf.model.tool import Toolchain
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings
from enuf.settings.sections.processes import ProcessSetting


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """All values that a plan is built from."""

    report: AppReport
    settings: Settings
    toolchain: Toolchain
    paths: StackPaths
    extra_static: tuple[StaticFolder, ...] = ()
    """`static.extra`, its folders made absolute."""
    protected: tuple[ProtectedFolder, ...] = ()
    """`static.protected`, its folders made absolute."""
    pages: SitePages = SitePages()
    """`http.error_pages` and `http.maintenance`, their files made absolute."""
    env_files: tuple[str, ...] = ()
    processes: dict[str, ProcessSetting] = {}
    """The processes of a Procfile, for settings that name none."""
    watch: bool = False
    dev: bool = False
    """True for a stack that reloads at every change of a developer: it prepares nothing."""
    origins: dict[str, Origin] = {}
    """The origin of each setting, by its dotted key."""
    real_paths: dict[str, str] = {}
    """The real path of each folder with a symbolic link in its path: the project, the app's, the static
    folders."""
    notes: tuple[str, ...] = ()
    enuf_python: str = "python3"
    """The Python that runs enuf itself."""
    site: Site | None = None
    """The host's own nginx stands in front, with this site."""
    tls: TlsPlan | None = None
    """The checked certificate, where HTTPS is served."""
    rendered: bool = False
    """True for files that run without enuf: they name the certificate's own files."""
    container: bool = False
    """True for the files of a container, whose engine runs what enuf runs beside the app elsewhere."""
    peers: Peers | None = None
    """The copies of the app server on other hosts; None where the front and the server share a host."""
