"""A module that is not in the folder in which the server looks for it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.app_servers import at_app_setting
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app in a copied project whose module lies one folder below or above the server's folder."""
    yield from _absent(evidence)
    for server in evidence.app_servers:
        folder = _folder(server, server.directory)
        if (
            not folder
            or not server.module
            or server.setting("pythonpath")
            or is_template(evidence, server.start.file)
        ):
            continue
        tail = server.module.replace(".", "/")
        paths = {each.path for each in evidence.python_files}
        searched = (
            (folder, _folder(server, server.start.directory)) if server.program == "gunicorn" else (folder,)
        )
        here = [f"{each}{end}" for each in searched for end in (f"/{tail}.py", f"/{tail}/__init__.py")]
        if any(path in paths for path in here) or not any(path.startswith(folder + "/") for path in paths):
            continue
        elsewhere = [path for path in paths if path.endswith(f"/{tail}.py") and path.startswith(folder + "/")]
        if len(elsewhere) == 1:
            below = posixpath.dirname(elsewhere[0])
            for _ in server.module.split(".")[1:]:
                below = posixpath.dirname(below)
            inner = posixpath.relpath(below, folder)
            yield at_app_setting(
                server,
                "wsgi_app",
                f"there is no module {server.module} in the folder of the server: "
                f"`ModuleNotFoundError`, {server.program} does not start",
                hint=f"--chdir {inner}" if server.program == "gunicorn" else f"--app-dir {inner}",
                evidence=(elsewhere[0],),
            )


def _absent(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every Django module of a unit that the project does not have, if the project has one such module."""
    for server in evidence.app_servers:
        package, _, name = server.module.rpartition(".")
        if not package:
            package, name = server.module, "wsgi"  # `app:app` of another project
        if (
            server.start.kind != "unit"
            or not package
            or name not in ("wsgi", "asgi")
            or is_template(evidence, server.start.file)
        ):
            continue
        paths = [each.path for each in evidence.python_files]
        first = package.partition(".")[0]
        signs = (f"/{first}",) if package != server.module else (f"/{first}.py", f"/{first}/")
        if any(sign in path for path in paths for sign in signs) or server.setting("pythonpath"):
            continue
        managed = [path for path in paths if path.endswith("/manage.py")]
        settings = [path for path in paths if path.endswith(f"/{name}.py")]
        if len(managed) == 1 and len(settings) == 1:
            below = posixpath.relpath(settings[0], posixpath.dirname(managed[0])).removesuffix(".py")
            if not below.startswith(".."):
                yield at_app_setting(
                    server,
                    "wsgi_app",
                    f"the project has no module {package}: `ModuleNotFoundError`, {server.program} does not start",
                    severity="warning",
                    hint=below.replace("/", "."),
                    evidence=(settings[0],),
                )


def _folder(server: PythonServer, inside: str) -> str:
    """Return the folder among the files that a folder of the container is a whole copy of, empty if that is not sure.

    gunicorn with --chdir imports from the folder that it is started in, too.
    """
    build = server.service.build if server.service else None
    if build is None or server.service is None or server.start.environ.get("PYTHONPATH"):
        return ""
    whole = [step for step in build.copies if step.sources in ((".",), ("./",)) and not step.stage]
    copied = [(posixpath.normpath(step.target or "/"), server.service.context) for step in whole]
    mounted = [(mount.target, mount.source) for mount in server.service.volumes]
    covering = [place for place in (*copied, *mounted) if _covers(place[0], inside)]
    if not covering or not covering[-1][1].startswith("/"):
        return ""  # a named volume: what it holds is not among the files
    target, source = covering[-1]  # a mount hides what the image has there
    return posixpath.normpath(f"{source}/{inside[len(target.rstrip('/')) :]}")


def _covers(target: str, folder: str) -> bool:
    return folder == target or folder.startswith(target.rstrip("/") + "/")


RULE = Rule("G024", "module-not-in-folder", "error", check)
