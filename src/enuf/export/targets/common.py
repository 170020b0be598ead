"""What the targets share: the settings that an engine decides, variables, and the check of a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enuf.export.deployment import Deployment
from enuf.export.describe import LISTEN
from enuf.model.process import AppPrograms

ENGINE_DECIDES: Mapping[str, str] = {
    "serve.listen": LISTEN,
    "serve.proxy_protocol": "false",
    "tls.mode": "off",
    "nginx": "embedded",
    "uwsgi": "embedded",
    "serve.user": "auto",
    "reload.watch": "false",
}
"""Settings that have one value in a container, whatever the project says."""


def env_file_options(deployment: Deployment) -> tuple[str, ...]:
    """Return the options of `docker run` for the files with the app's variables."""
    return tuple(f"--env-file {name}" for name in deployment.env_files)


def flask_variables(programs: AppPrograms) -> dict[str, str]:
    """Return FLASK_APP for a command of the app's, as `enuf up` gives it; nothing for an app that is no Flask app."""
    return {"FLASK_APP": programs.flask_app} if programs.flask_app else {}


def health_check(test: Any, deployment: Deployment, *, interval_s: int) -> dict[str, Any]:
    """Return the health check of a container by the command `test`, as Docker reads it."""
    return {
        "test": test,
        "interval": f"{interval_s}s",
        "timeout": "10s",
        "retries": 3,
        "start_period": f"{deployment.wait_s}s",
    }
