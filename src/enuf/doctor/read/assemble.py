"""Evidence from texts and facts. Pure, so that examples of pages and fuzzed bytes take the same path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from enuf.doctor.evidence import Evidence, Pass, PythonFile, Server, SourceFile, UnreadFile
from enuf.doctor.file_places import FileTree
from enuf.doctor.path_fact import PathFact
from enuf.doctor.read.app_pairs import PairSources, read_app_pairs
from enuf.doctor.read.app_servers import AppServerSources, read_app_servers
from enuf.doctor.read.app_starts import StartFiles, read_app_starts
from enuf.doctor.read.bounds import LeaveOut
from enuf.doctor.read.certificates import certificate_faults
from enuf.doctor.read.compose import BuildFiles, read_services
from enuf.doctor.read.embedded import embedded_texts
from enuf.doctor.read.helm import fill_charts
from enuf.doctor.read.kubernetes import read_manifests
from enuf.doctor.read.machines import read_machines
from enuf.doctor.read.named_paths import named_paths
from enuf.doctor.read.pairs import read_pairs
from enuf.doctor.read.reach import Reach
from enuf.doctor.read.recognise import source_file
from enuf.doctor.read.servers import ServerSources, read_servers
from enuf.doctor.read.site_records import site_links
from enuf.doctor.read.sites import NginxFiles, read_passes, read_sites
from enuf.doctor.read.stanzas import stanzas
from enuf.doctor.read.starts import Deployed, read_starts
from enuf.doctor.read.unit_folders import sockets_of_others
from enuf.doctor.surroundings import LogrotateStanza
from enuf.syntax.unit import read_unit
from enuf.syntax.uwsgi_lines import LineIndex

_TMPFILES_FOLDER = re.compile(r"^[dDvqQ]\S*[ \t]+(/\S+)", re.MULTILINE)
_REQUIREMENT = re.compile(r"^[ \t]*+[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)", re.MULTILINE)
_INSTALLER = re.compile(r"\b(?:pip3?|uv|apt-get|apt|apk|dnf|yum|poetry|pdm)\b")
_INSTALLS = re.compile(r"\b(?:install|add)\b")
_ROTATIONS_LIMIT = 300


class FileSystem(msgspec.Struct, frozen=True, kw_only=True):
    """The queries that assembling makes about files that were not collected."""

    read: Callable[[str], str | None] = lambda _path: None
    glob: Callable[[str], Sequence[str]] = lambda _pattern: ()
    real: Callable[[str], str] = lambda path: path
    """Return a path without links."""
    facts: Callable[[Iterable[str]], Mapping[str, PathFact]] = lambda _paths: {}
    exists: Callable[[str, str], bool | None] = lambda _path, _kind: None
    somaxconn: int | None = None


def assemble_evidence(
    files: Sequence[SourceFile],
    roots: Sequence[str],
    file_system: FileSystem,
    unread: Sequence[UnreadFile] = (),
) -> Evidence:
    """Assemble the evidence in these files."""
    files = list(fill_charts(files))
    unread = (*unread, *_templates(files))
    files = [*files, *_embedded(files)]
    left_out: dict[str, UnreadFile] = {}

    def leave_out(path: str, why: str) -> None:
        left_out[path] = UnreadFile(path=path, why=why)

    texts, tree = {file.path: file.text for file in files}, FileTree(file.path for file in files)
    services = read_services(files, BuildFiles(texts.get, tree), leave_out)
    machines = read_machines(files, services, tree, leave_out)
    reach = Reach(
        texts=texts,
        tree=tree,
        roots=tuple(roots),
        machines=machines,
        read_host=file_system.read,
        glob_host=file_system.glob,
        exists_host=file_system.exists,
    )
    base = msgspec.structs.replace(
        _by_kind(files, Deployed(services, machines), leave_out), roots=tuple(roots), unread=unread
    )
    sources = ServerSources(
        reach=reach,
        python_files={python_file.path: python_file for python_file in base.python_files},
        packages=base.packages,
        containers=any(file.kind in ("dockerfile", "compose") for file in files),
        leave_out=leave_out,
    )
    servers = read_servers(files, base.starts, sources)
    sites = read_sites(files, NginxFiles(reach, file_system.real), leave_out)
    passes = read_passes(sites, reach.machines_with)
    base = _with_app_servers(base, reach.texts, servers, passes, leave_out)
    pairs = read_pairs(
        [each for each in passes if not _is_of_app_server(each, base)],
        servers,
        sockets_of_others(base.units, base.starts),
    )
    evidence = msgspec.structs.replace(
        base, servers=servers, sites=sites, passes=passes, pairs=pairs, somaxconn=file_system.somaxconn,
        certificate_faults=tuple(certificate_faults(sites, reach)),
        site_links=tuple(site_links(files, lambda path: reach.texts.get(path) or file_system.read(path))),
    )  # fmt: skip
    return msgspec.structs.replace(
        evidence, unread=(*base.unread, *left_out.values()), facts=file_system.facts(named_paths(evidence))
    )


def _templates(files: Sequence[SourceFile]) -> Iterator[UnreadFile]:
    """Yield the manifests that a program still has to fill in and that belong to no chart among the files."""
    for file in files:
        if file.kind == "kubernetes" and "{{" in file.text:
            yield UnreadFile(
                path=file.path, why="a template of manifests without its Chart.yaml", left_out="template"
            )


def _embedded(files: Sequence[SourceFile]) -> Iterator[SourceFile]:
    """Yield the configurations that other files carry, with the lines of the files around them."""
    for file in files:
        for path, text in embedded_texts(file):
            inner = source_file(path, text)
            if inner.kind == "nginx" or inner.kind.startswith("uwsgi-"):
                yield inner


def _with_app_servers(
    base: Evidence,
    texts: Mapping[str, str],
    servers: Sequence[Server],
    passes: Sequence[Pass],
    leave_out: LeaveOut,
) -> Evidence:
    """Return the evidence with containers, app servers and their pairs."""
    services = base.services
    manifests = read_manifests(base.files)
    starts = read_app_starts(
        StartFiles(
            files=base.files,
            texts=texts,
            units=base.units,
            services=services,
            pods=manifests.pods,
            leave_out=leave_out,
        )
    )
    python_files = {python_file.path: python_file for python_file in base.python_files}
    app_servers = read_app_servers(
        starts,
        AppServerSources(
            read=texts.get,
            python_files=python_files,
            units=base.units,
            roots=base.roots,
            machines=base.machines,
        ),
    )
    sources = PairSources(
        servers=app_servers, uwsgi=servers, services=services, pods=manifests.pods, cluster=manifests.services
    )
    return msgspec.structs.replace(
        base, app_servers=app_servers, app_pairs=read_app_pairs(passes, sources),
        pods=manifests.pods, cluster_services=manifests.services,
    )  # fmt: skip


def _is_of_app_server(site_pass: Pass, evidence: Evidence) -> bool:
    """Return True for a pass that certainly reaches an app server which is no uWSGI."""
    return any(pair.bind is not None and pair.site_pass is site_pass for pair in evidence.app_pairs)


def _by_kind(files: Sequence[SourceFile], deployed: Deployed, leave_out: LeaveOut) -> Evidence:
    """Return what each file says by itself, before files are related to each other."""
    units = tuple(read_unit(file.text, file.path) for file in files if file.kind == "unit")
    python = [file for file in files if file.kind == "python"]
    rotations = (each for file in files if file.kind == "logrotate" for each in _rotations(file))
    temporary = (file.text for file in files if file.kind == "tmpfiles")
    return Evidence(
        roots=(),
        files=tuple(files),
        starts=read_starts(files, units, deployed, leave_out),
        units=units,
        services=tuple(deployed.services),
        machines=tuple(deployed.machines),
        python_files=tuple(PythonFile(path=file.path, text=file.text) for file in python),
        rotations=tuple(islice(rotations, _ROTATIONS_LIMIT)),
        tmpfiles_folders=tuple(folder for text in temporary for folder in _TMPFILES_FOLDER.findall(text)),
        packages=frozenset(name for file in files for name in _packages(file)),
    )


def evidence_of(texts: Mapping[str, str], root: str = "/srv/app", **rest: object) -> Evidence:
    """Assemble the evidence in texts by their names below a root. For tests and examples: opens no file."""
    paths = {name if name.startswith("/") else f"{root}/{name}": text for name, text in texts.items()}
    facts = _facts_of_texts(paths)
    file_system = FileSystem(exists=lambda path, kind: _is_there(facts.get(path), kind))
    evidence = assemble_evidence(
        [source_file(path, text) for path, text in paths.items()], (root,), file_system
    )
    return msgspec.structs.replace(evidence, facts=facts, **rest)


def _facts_of_texts(paths: Iterable[str]) -> dict[str, PathFact]:
    """Return facts for each file, and for every folder above with its names."""
    inside: dict[str, set[str]] = {}
    files = list(paths)
    for path in files:
        while path != "/":
            folder, _, name = path.rpartition("/")
            path = folder or "/"
            inside.setdefault(path, set()).add(name)
    folders = {path: PathFact(kind="folder", names=tuple(sorted(names))) for path, names in inside.items()}
    return {**folders, **{path: PathFact(kind="file") for path in files if path not in folders}}


def _is_there(fact: PathFact | None, kind: str) -> bool | None:
    if fact is None:
        return None
    return {"file": fact.kind == "file", "dir": fact.kind == "folder"}.get(kind, True)


def _packages(file: SourceFile) -> Iterable[str]:
    if file.kind == "packages":
        name = file.path.rpartition("/")[2].lower()
        text = file.text
        if name.startswith("requirements"):
            yield from (word.lower() for word in _REQUIREMENT.findall(text))
        else:
            yield from (
                word.lower() for word in re.findall(r"[\"'\s]([A-Za-z][A-Za-z0-9._-]++)[\"'=<>~!\[,\s]", text)
            )
    elif file.kind in ("dockerfile", "script"):
        for words in _installed(file.text.replace("\\\n", " ")):
            for word in words.split():
                yield re.split(r"[=<>~!\[]", word.strip("\"'"), maxsplit=1)[0].lower()


def _installed(text: str) -> Iterator[str]:
    """Yield the arguments of each `install` of a package manager in a shell text."""
    for command in re.split(r"[\n&;|]", text):
        manager = _INSTALLER.search(command)
        verb = _INSTALLS.search(command, manager.end()) if manager else None
        if verb:
            yield command[verb.end() :]


def _rotations(file: SourceFile) -> Iterable[LogrotateStanza]:
    line_index = LineIndex(file.text)
    for stanza in stanzas(file.text):
        head = _patterns(stanza.head)
        if head and stanza.is_closed:
            line, _ = line_index.place(stanza.head_at + stanza.head.rindex(head))
            yield LogrotateStanza(file=file.path, line=line, patterns=tuple(head.split()), text=stanza.body)


def _patterns(text: str) -> str:
    """Return the last lines of a stanza's head, back to an empty line or one with a comment."""
    lines = text.rstrip().split("\n")
    first = len(lines)
    while first and lines[first - 1] and "#" not in lines[first - 1]:
        first -= 1
    return "\n".join(lines[first:]).strip()
