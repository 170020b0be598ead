"""What the targets share: the settings that an engine decides."""

from __future__ import annotations

from collections.abc import Mapping

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
