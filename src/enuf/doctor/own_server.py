"""enuf itself as the server of a project: what it would serve the app with, written as a server that the rules know.

The configuration is never written to a disk and never printed: only findings in the app's own files are kept, with
enuf's cure in place of uWSGI's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from enuf.doctor.engine import all_rules, examine
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.read.recognise import source_file
from enuf.model.app import AppRef
from enuf.model.finding import Finding

_KEPT_KINDS = ("python", "packages", "env")
_OTHER_SERVERS = ("nginx", "unit", "procfile", "dockerfile", "compose", "supervisor")
_SOCKET = "/run/enuf/app.sock"
_LAZY = 'workers.lazy = "auto"'
_LEFT_BY_IMPORT = frozenset(("A009", "A010"))
"""The rules about what an import leaves open or running: with `auto`, each worker then loads the app itself."""
_CURES = {
    "A001": "",
    "A003": "",
    "A006": 'name your folder: static.protected = {{ "/private/" = "./private" }}; or USE_X_SENDFILE = False',
    "A007": "",
    "A008": "",
    "A009": _LAZY,
    "A010": _LAZY,
    "A011": "keep it in a database or in Redis, or set serve.processes = 1 with more serve.threads",
    "S010": "give the folder and the database to {user}, or name their owner in serve.user",
}
"""The rules that hold for an app served by enuf, each with enuf's cure where it differs from the rule's own.

The other rules are about configurations; enuf writes its own, and its wrapper cures streams (N018) and
forwarded addresses (A005).
"""


class OwnServer(msgspec.Struct, frozen=True, kw_only=True):
    """What enuf serves a project with, as far as settings, sources and a running stack show."""

    project: str
    app: AppRef
    server: str
    """The server's name as people write it: `uWSGI`, `gunicorn`."""
    forks: bool
    """False for a server of one process that never forks."""
    processes: int
    threads: int
    lazy: bool | None
    """Whether each worker loads the app itself; None while the import decides it."""
    user: str
    delivers: bool = False
    """True where nginx obeys X-Sendfile: static.protected names folders."""
    said: tuple[str, ...] = ()
    """What the running stack has said about the app, after its trial import."""
    says: tuple[str, ...] = ()
    """What is not as it should be in the running stack now."""
    findings: tuple[Finding, ...] = ()
    """Faults of what the settings name."""


def is_served_otherwise(evidence: Evidence) -> bool:
    """Return True when the files describe another server than enuf's own."""
    return any(file.kind in _OTHER_SERVERS or file.kind.startswith("uwsgi-") for file in evidence.files)


def own_files(evidence: Evidence, own: OwnServer, *, lazy: bool) -> tuple[SourceFile, ...]:
    """Return the app's files, and the files of a server that stand for enuf's own."""
    kept = tuple(file for file in evidence.files if file.kind in _KEPT_KINDS)
    return (*kept, *(source_file(path, text) for path, text in _texts(own, lazy=lazy)))


def _texts(own: OwnServer, *, lazy: bool) -> Iterator[tuple[str, str]]:
    app, folder = own.app, _folder(own)
    entry = app.file or "" if app.loader == "file" else f"{folder}/entry.py"
    if app.loader != "file":
        call = "" if app.call is None else f"({app.call})"
        attribute = app.attribute or "app"
        name = attribute.partition(".")[0]
        yield entry, f"from {app.module} import {name}\napplication = {attribute}{call}\n"
    options = {
        "chdir": own.project,
        "pythonpath": app.directory,
        "wsgi-file": entry,
        "socket": _SOCKET,
        "master": str(own.forks).lower(),
        "processes": own.processes,
        "threads": own.threads,
        "lazy-apps": str(lazy).lower(),
        "uid": own.user,
    }
    yield f"{folder}/uwsgi.ini", "\n".join(["[uwsgi]", *(f"{k} = {v}" for k, v in options.items()), ""])
    yield (
        f"{folder}/site.conf",
        f"server {{ listen 80; location / {{ include uwsgi_params; uwsgi_pass unix:{_SOCKET}; }} }}\n",
    )


def _folder(own: OwnServer) -> str:
    return f"{own.project.rstrip('/')}/.enuf/doctor"


def loads_in_each_worker(own: OwnServer, findings: Iterable[Finding]) -> bool:
    """Return whether each worker loads the app, given the findings about an app that is loaded before the fork."""
    return any(each.code in _LEFT_BY_IMPORT for each in findings) if own.lazy is None else own.lazy


def findings_in_app(evidence: Evidence, own: OwnServer) -> tuple[Finding, ...]:
    """Run the rules that hold for enuf's own server, and return the findings in the app's own files."""
    cured = {"A006"} if own.delivers else set[str]()
    found = examine(evidence, [rule for rule in all_rules() if rule.code in _CURES.keys() - cured])
    inside = f"{_folder(own)}/"
    return tuple(_in_words_of(own, each) for each in found if not each.file.startswith(inside))


def _in_words_of(own: OwnServer, finding: Finding) -> Finding:
    cure = _CURES[finding.code].format(user=own.user)
    return msgspec.structs.replace(
        finding,
        message=finding.message.replace("uWSGI", own.server),
        hint=cure or finding.hint,
        fix=None if cure else finding.fix,
    )
