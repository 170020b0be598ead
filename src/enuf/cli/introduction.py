"""A stack in a few lines for people, and in a document for programs."""

from __future__ import annotations

from typing import Any

from enuf.model.plan import Plan

_SHOWN = 3


def introduction(plan: Plan) -> list[str]:
    """At most five lines: where it is, what is behind it, what it serves, where its files are."""
    python = plan.toolchain.python
    app = f"app {plan.app} on Python {python.version} ({python.origin}), for {plan.topology.verdict}"
    files = f"configs {_short(plan.paths.conf, plan)}   logs {_short(plan.paths.log, plan)}"
    return [f"{plan.name} is served at {plan.url}", _chain(plan), app, *_static(plan), files]


def _chain(plan: Plan) -> str:
    tools, server = plan.toolchain.tools, plan.server.process.name
    if server not in tools:
        return f"Flask's development server ({plan.toolchain.python.flask_version})"
    parts = [f"{plan.front.process.name} {tools[plan.front.process.name].version}"] if plan.front else []
    parts += [f"{plan.topology.link.transport} socket"] if plan.front else []
    parts += [f"uWSGI {tools[server].version}, {plan.processes} processes x {plan.threads} threads"]
    return " -> ".join(parts)


def _static(plan: Plan) -> list[str]:
    urls = sorted({folder.url for folder in plan.static_folders})
    if not urls or plan.front is None:
        return []
    more = f" and {len(urls) - _SHOWN} more" if len(urls) > _SHOWN else ""
    return [f"static files {', '.join(urls[:_SHOWN])}{more} by {plan.front.process.name}"]


def _short(path: str, plan: Plan) -> str:
    return path.removeprefix(f"{plan.paths.project}/")


def as_document(plan: Plan) -> dict[str, Any]:
    """The same facts for programs."""
    return {
        "state": "serving",
        "url": plan.url,
        "topology": plan.topology.id,
        "app": str(plan.app),
        "generation": 1,
        "paths": {"conf": plan.paths.conf, "log": plan.paths.log, "socket": plan.paths.app_socket},
    }
