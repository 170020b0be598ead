"""The check of exported files: by the schemas of Kubernetes, and by the engine itself where one answers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from enuf.errors import AnswerIsNo, ToolUnusable
from enuf.export.deployment import ExportedFile
from enuf.system.subprocesses import answer_of

ANSWERS_WITHIN_S = 60
_OLDEST, _NEWEST = "1.27", "1.37"
_NOT_IN_SCHEMAS = ("kustomize.config.k8s.io/", "gateway.networking.k8s.io/", "monitoring.coreos.com/")
"""Objects that a cluster learns by extensions; only the cluster itself can check them."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One check: what was asked, and the answer."""

    by: str
    outcome: str


def verified(target: str, folder: Path, files: Sequence[ExportedFile]) -> tuple[Verified, ...]:
    """Check the files of an export that were written to `folder`. Raise AnswerIsNo with everything that is wrong."""
    found: list[Verified] = []
    if target == "kubernetes":
        found += _by_schemas(files)
        found += _by_program(
            ("kubectl", "version", "--request-timeout=5s"),
            ("kubectl", "apply", "--dry-run=server", "-k", str(folder)),
        )
    elif target == "swarm":
        found += _by_program(
            ("docker", "--version"), ("docker", "stack", "config", "-c", str(folder / "stack.yml"))
        )
    elif target == "compose":
        found += _by_program(
            ("docker", "compose", "version"),
            ("docker", "compose", "-f", str(folder / "compose.yaml"), "config", "--quiet"),
        )
    return tuple(found)


def _by_schemas(files: Sequence[ExportedFile]) -> Iterator[Verified]:
    """Check every manifest with the schemas of the oldest and the newest version. Raise ToolUnusable without the schemas."""
    try:
        import kubernetes_validate as schemas
    except ImportError:
        raise ToolUnusable(
            "the schemas of Kubernetes are not installed",
            "pip install 'enuf[kubernetes]'",
            slug="schemas-missing",
        ) from None
    manifests = [
        (file.name, each)
        for file in files
        if file.name.endswith(".yaml")
        for each in yaml.safe_load_all(file.text)
    ]
    for version in (_OLDEST, _NEWEST):
        wrong = [problem for name, each in manifests if (problem := _problem(schemas, name, each, version))]
        if wrong:
            raise AnswerIsNo(
                f"Kubernetes {version} would not take {wrong[0].partition(':')[0]}",
                "enuf has written it: please report that",
                detail="\n".join(wrong),
            )
        checked = sum(not _is_left_out(each) for _, each in manifests)
        yield Verified(by=f"the schemas of Kubernetes {version}", outcome=f"{checked} objects")


def _is_left_out(manifest: Any) -> bool:
    return str(manifest.get("apiVersion", "")).startswith(_NOT_IN_SCHEMAS)


def _problem(schemas: Any, name: str, manifest: Any, version: str) -> str:
    """Return what the schema says against a manifest; empty for one that it takes."""
    if _is_left_out(manifest):
        return ""
    try:
        schemas.validate(manifest, version, strict=True)
    except schemas.ValidationError as error:
        return f"{name}: {'.'.join(map(str, error.path))}: {error.message}"
    except schemas.SchemaNotFoundError:
        return f"{name}: {manifest.get('apiVersion')} {manifest.get('kind')} is unknown"
    return ""


def _by_program(asked: Sequence[str], check: Sequence[str]) -> Iterator[Verified]:
    """Let a program check the files, where it is installed and its engine answers."""
    name = asked[0]
    if shutil.which(name) is None or not _succeeds(asked):
        yield Verified(by=name, outcome="not asked: no engine answers here")
        return
    done = answer_of(check, within_s=ANSWERS_WITHIN_S)
    if done.returncode != 0:
        raise AnswerIsNo(
            f"{name} would not take these files",
            "see what it says, above",
            detail=done.stderr.strip()[-4000:],
        )
    yield Verified(by=" ".join(check[:3]), outcome="taken")


def _succeeds(argv: Sequence[str]) -> bool:
    try:
        return answer_of(argv, within_s=ANSWERS_WITHIN_S).returncode == 0
    except (OSError, TimeoutError):
        return False
