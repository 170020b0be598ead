"""The list of settings: names, types, defaults, bounds, descriptions and flags.

TOML keys, ENUF_ variables, flags and the reference page are derived from this module (see `fields`). An
amount or an address that is switched off is None; where "off" is one word among others, the value is the
word.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed
from enuf.settings.sections.access import Access
from enuf.settings.sections.alert import Alert
from enuf.settings.sections.cache import Cache
from enuf.settings.sections.dashboard import Dashboard
from enuf.settings.sections.http import Http
from enuf.settings.sections.install import Install
from enuf.settings.sections.limits import Limits
from enuf.settings.sections.log import Log
from enuf.settings.sections.processes import Processes, Schedule
from enuf.settings.sections.raw import Raw
from enuf.settings.sections.reload import Reload
from enuf.settings.sections.serve import Serve
from enuf.settings.sections.static import Static
from enuf.settings.sections.tls import Tls
from enuf.settings.sections.workers import Workers


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
    processes: Processes = {}
    schedule: Schedule = {}
    serve: Serve = Serve()
    workers: Workers = Workers()
    reload: Reload = Reload()
    static: Static = Static()
    tls: Tls = Tls()
    http: Http = Http()
    access: Access = Access()
    cache: Cache = Cache()
    limits: Limits = Limits()
    log: Log = Log()
    dashboard: Dashboard = Dashboard()
    install: Install = Install()
    alert: Alert = Alert()
    raw: Raw = Raw()

    @property
    def certificate_hosts(self) -> tuple[str, ...]:
        """The host names that the certificate must cover: all that visitors may use, and `tls.names`."""
        return (*self.serve.every_name, *self.tls.names)
