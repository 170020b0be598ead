"""A file that could not be read completely, so that its content is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, UnreadFile
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.finding import Severity
from enuf.syntax.placeholders import is_marked
from enuf.syntax.uwsgi_config import UwsgiProblem

_TOLD_ELSEWHERE = ("section", "elsewhere")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every file that was left out, and every uWSGI include that leads nowhere or in a circle."""
    for unread in evidence.unread:
        if unread.left_out:
            yield from _left_out(unread)
            continue
        yield at_line(
            unread.path, 1, f"this was not looked at: {unread.why}", hint="nothing that it says is checked"
        )
    for server in evidence.servers:
        for problem in server.config.problems:
            if problem.kind == "absent" and (server.in_container or _is_of_another_host(evidence, problem)):
                continue  # a file of the image, or of the host that the files are meant for
            if problem.kind not in _TOLD_ELSEWHERE:
                message = (
                    problem.text
                    if problem.kind == "logic"
                    else f"the configuration was not read in full: {problem.text}"
                )
                yield at_line(problem.file, problem.line, message, severity=_severity(problem))


def _severity(problem: UwsgiProblem) -> Severity | None:
    """Return the severity of a problem: a path that a script still fills in is no fault of the files."""
    if problem.kind == "absent" and ("$" in problem.target or is_marked(problem.target)):
        return "advice"
    return "error" if problem.kind == "logic" else None


def _is_of_another_host(evidence: Evidence, problem: UwsgiProblem) -> bool:
    """Return True for a path outside of the checked folders that a file in them names."""
    folders = [f"{root.rstrip('/')}/" for root in evidence.roots]
    return (
        problem.target.startswith("/")
        and not problem.target.startswith(tuple(folders))
        and any(problem.file.startswith(folder) and not folder.startswith("/etc/") for folder in folders)
    )


def _left_out(unread: UnreadFile) -> Iterator[Diagnostic]:
    """Report a folder of which a part was left out. That is an error if a configuration may be in that part."""
    where, count = unread.path, unread.count
    hint = "name the folders with the configurations: enuf doctor deploy nginx app"
    if unread.left_out == "configuration":
        message = (
            f"{count} files that look like configurations were not read: there are too many below this folder"
        )
        yield at_line(where, 1, message, severity="error", hint=hint)
    elif unread.left_out == "names":
        message = f"there are {count} files and folders here, and the last ones were not looked at"
        yield at_line(where, 1, message, severity="error", hint=hint)
    elif unread.left_out == "template":
        message = f"this manifest is a template, and was not read: {unread.why}"
        yield at_line(
            where, 1, message, severity="advice", hint="helm template CHART > manifests.yaml, and check that"
        )
    elif unread.left_out == "python":
        message = f"{count} Python files were not read: there are too many"
        yield at_line(where, 1, message, hint=hint)
    else:
        message = f"{count} files whose names say nothing were not read: there are too many below this folder"
        yield at_line(where, 1, message, severity="advice", hint=hint)


RULE = Rule("D001", "file-not-read", "warning", check)
