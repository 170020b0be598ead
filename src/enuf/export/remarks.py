"""What people must know about an export: settings that mean nothing there, and what the app must change for several copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from enuf import __version__
from enuf.export.deployment import Deployment
from enuf.export.survey import FILES_LIMIT, SIZE_LIMIT_BYTES, ProjectFacts
from enuf.export.targets.base import ExportTarget
from enuf.export.targets.kubernetes_work import cron_of
from enuf.model.finding import Finding, is_at_least
from enuf.settings.origin import Origin

_SHOWN = 5
_OF_THIS_MACHINE = frozenset(("S010",))
"""Who may write a file here: in a container volumes belong to the app's user."""
_IN_PROCESS = "A011"
"""State in the memory of a process: advice where one process may serve, and wrong where there are copies."""


def setting_remarks(target: ExportTarget, origins: Mapping[str, Origin]) -> Iterator[str]:
    """Yield a sentence about each setting of the project that means nothing for this target."""
    chosen = [key for key, origin in origins.items() if origin.kind in ("file", "env")]
    for name, instead in target.meaningless.items():
        keys = [key for key in chosen if key == name or key.startswith(f"{name}.")]
        if keys:
            yield f"{', '.join(keys)}: not in these files, because {instead}"


def app_remarks(
    deployment: Deployment, target: ExportTarget, plan_notes: Sequence[str], findings: Sequence[Finding]
) -> Iterator[str]:
    """Yield what must change in the app: from the import proof, from the doctor, and from what the sources write."""
    yield from plan_notes
    for each in findings:
        if each.code in _OF_THIS_MACHINE:
            continue
        if is_at_least(each.severity, "warning") or (each.code == _IN_PROCESS and target.runs_copies):
            cure = f"; {each.hint}" if each.hint else ""
            yield f"{each.file}:{each.line}: {each.message} ({each.code}){cure}"
    several = target.runs_copies
    for folder in deployment.writes:
        if folder.is_database:
            yield (
                f"{folder.reason}: the SQLite database in {folder.path} can be used by one copy on one machine alone: for more, use "
                "a database server"
                if several
                else f"{folder.reason}: the SQLite database in {folder.path} lies in a volume of this machine"
            )
        else:
            yield (
                f"{folder.reason}: the app writes into {folder.path}: all copies must share that folder, or keep such files in an "
                "object store"
                if several
                else f"{folder.reason}: the app writes into {folder.path}, a volume of this machine"
            )


def project_remarks(deployment: Deployment, target: ExportTarget, *, has_proxies: bool) -> Iterator[str]:
    """Yield what the image lacks, and what an engine's proxy needs."""
    jobs = deployment.beside.jobs if deployment.beside and target.name == "kubernetes" else ()
    for job in jobs:
        if not cron_of(job):
            yield f'schedule.{job.name}: cron cannot say {job.times}, so it is in no file: write cron = "…" in its place'
    if deployment.packages.manager == "none":
        yield "the project names no packages, so the image has Flask alone: write a requirements.txt for others"
    if (deployment.request.ingress or deployment.request.gateway) and not has_proxies:
        yield (
            "serve.trusted_proxies names no network: the app sees the proxy's address in place of its visitor's, and http in place "
            "of https, until it names the network of the cluster's proxies"
        )


def survey_remarks(facts: ProjectFacts, project: str) -> Iterator[str]:
    """Yield what a container and a build would lack, and what was not searched for secrets."""
    for each in facts.written:
        folder, _, name = each.path.rpartition("/")
        if each.kind == "database" and folder == project:
            yield (
                f"{each.file}:{each.line}: the SQLite database {name} lies in the project's own folder, which cannot be written in a "
                f"container: give it a folder of its own, as instance/{name}, or use a database server"
            )
    if facts.lacks_enuf:
        folder = facts.packages.folder
        yield (
            f"{folder} has no wheel of enuf {__version__}, so the image cannot be built: pip download -d {folder} enuf=={__version__}"
        )
    if facts.is_cut:
        yield (
            f"the image would have more than {FILES_LIMIT} files, and no more were searched for secrets: list folders that the app "
            "does not need in .dockerignore"
        )
    large = facts.partly_searched
    if large:
        more = f" and {len(large) - _SHOWN} more" if len(large) > _SHOWN else ""
        yield (
            f"only the first {SIZE_LIMIT_BYTES // 1_000_000} MB was searched for secrets of {', '.join(large[:_SHOWN])}{more}: list what "
            "the app does not need in .dockerignore"
        )


def variable_remarks(facts: ProjectFacts, target: ExportTarget) -> Iterator[str]:
    """Yield the variables that a container would get with another value than under `enuf up`; never the values."""
    for each in facts.variables:
        if each.is_left_out:
            yield (
                f"{each.file}:{each.line}: {each.name} is for development, and enuf up leaves it out; a container gets it: take it out of "
                "the file"
            )
        elif target.takes_variables_literally:
            yield (
                f"{each.file}:{each.line}: {each.name} is read otherwise than by enuf up: {target.title} takes quotes, comments and "
                "export as they stand, so write NAME=value alone"
            )
