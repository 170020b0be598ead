"""The static files of a Django project: where `collectstatic` writes them, and where nginx looks for them."""

from __future__ import annotations

import ast
import posixpath

from enuf.doctor.evidence import AnyServer, Evidence, Pass, PythonFile, PythonServer
from enuf.doctor.facts.django import DjangoSetting, assignment_in, django_setting, last_assignment
from enuf.doctor.facts.location_choice import LocationChoice, passes_on
from enuf.doctor.facts.nginx import directives_in, hides_lines, is_template
from enuf.doctor.facts.python_import import dotted
from enuf.doctor.machine import Container
from enuf.syntax.nginx_tree import ParsedDirective

SERVES_FILES = (
    "whitenoise",
    "staticfiles_urlpatterns",
    "django.views.static",
    "dj_static",
    "StaticFilesHandler",
)
"""Signs that the app itself answers with the files."""
_DEPTH_LIMIT = 10
_STEPS_LIMIT = 30
_PLAIN = ("", "^~", "=")
_FOLDER_OF = ("os.path.dirname", "dirname")
_SAME_PLACE = ("Path", "pathlib.Path", "os.path.abspath", "abspath", "os.path.realpath", "str")


def path_of_static_url(evidence: Evidence, server: AnyServer) -> str:
    """Return the path of STATIC_URL with both slashes, empty for an address of another host or an unknown one."""
    setting = django_setting(evidence, server, "STATIC_URL")
    if setting is None or not isinstance(setting.value, str) or "//" in setting.value:
        return ""
    return f"/{setting.value.strip('/')}/"


def static_root(evidence: Evidence, server: PythonServer) -> tuple[PythonFile, ast.Assign, str] | None:
    """Return the settings file, the line of STATIC_ROOT and its folder on the host, None if that is not sure."""
    found = last_assignment(evidence, server, "STATIC_ROOT")
    if found is None:
        return None
    python_file, node = found
    base = assignment_in(python_file, "BASE_DIR")
    folder = _base_folder(python_file.path, base.value) if base else ""
    path = _path(node.value, _on_host(server, folder) if folder else "", 0)
    return (python_file, node, posixpath.normpath(path)) if path.startswith("/") else None


def static_root_in(
    evidence: Evidence, server: AnyServer, machine: Container
) -> tuple[PythonFile, ast.Assign, str] | None:
    """Return the settings file, the line of STATIC_ROOT and its folder in a container, None if that is not sure."""
    found = last_assignment(evidence, server, "STATIC_ROOT")
    path = path_in(found[0], found[1].value, machine) if found else ""
    return (*found, path) if found and path else None


def path_in(python_file: PythonFile, node: ast.expr, machine: Container) -> str:
    """Return the absolute path that an expression of a settings file means in a container, empty if that is not sure."""
    held = list(dict.fromkeys(machine.paths_of(python_file.path)))
    base = assignment_in(python_file, "BASE_DIR")
    folder = _base_folder(held[-1], base.value) if base and len(held) == 1 else ""
    path = _path(node, folder, 0)
    return posixpath.normpath(path) if path.startswith("/") else ""


def served_at(evidence: Evidence, site_pass: Pass, url: str) -> tuple[ParsedDirective, str] | None:
    """Return the directive that names the folder at a URL in the site of a pass, and the folder."""
    server = site_pass.match.around("server")
    if server is None or is_template(evidence, server.file):
        return None
    for location in server.block or ():
        if location.name != "location" or f"{location.args[-1].rstrip('/')}/" != url:
            continue
        modifier = location.args[0] if len(location.args) > 1 else ""
        for each in location.block or () if modifier in _PLAIN else ():
            path = each.arg()
            if each.name in ("alias", "root") and path.startswith("/") and "$" not in path:
                return each, posixpath.normpath(path if each.name == "alias" else f"{path}/{url}")
    return None


def _on_host(server: PythonServer, path: str) -> str:
    """Return where a file of the project lies on the host, by the folder of the server and the path of its module."""
    source = server.python_file.path if server.python_file else ""
    tail = f"/{server.module.replace('.', '/')}.py"
    if not server.module or not source.endswith(tail) or "#" in server.directory:
        return ""  # a folder with a comment behind it does not exist, and no server starts there
    project = source[: -len(tail)]
    if path != project and not path.startswith(project + "/"):
        return ""
    return posixpath.normpath(f"{server.directory}/{path[len(project) :]}")


def _base_folder(path: str, node: ast.expr) -> str:
    """Return the folder that `Path(__file__).resolve().parent.parent` and its older forms mean, empty for others."""
    up = 0
    for _ in range(_STEPS_LIMIT):
        match node:
            case ast.Name(id="__file__"):
                for _ in range(min(up, _STEPS_LIMIT)):
                    path = posixpath.dirname(path)
                return path
            case ast.Attribute(value=value, attr="parent"):
                node, up = value, up + 1
            case ast.Subscript(
                value=ast.Attribute(value=value, attr="parents"), slice=ast.Constant(value=int() as number)
            ):
                node, up = value, up + number + 1
            case ast.Call(func=ast.Attribute(value=value, attr="resolve" | "absolute"), args=[]):
                node = value
            case ast.Call(args=[argument]) if dotted(node.func) in _FOLDER_OF:
                node, up = argument, up + 1
            case ast.Call(args=[argument]) if dotted(node.func) in _SAME_PLACE:
                node = argument
            case _:
                return ""
    return ""


def _path(node: ast.expr, base: str, depth: int) -> str:
    """Return the path that an expression of literals and BASE_DIR means, empty for any other."""
    if depth > _DEPTH_LIMIT:
        return ""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id="BASE_DIR"):
            return base
        case ast.Attribute(value=value, attr="parent"):
            return posixpath.dirname(_path(value, base, depth + 1))
        case ast.Call(args=[argument]) if dotted(node.func) in _FOLDER_OF:
            return posixpath.dirname(_path(argument, base, depth + 1))
        case ast.JoinedStr(values=values):
            parts = [_path(each, base, depth + 1) for each in values]
            return "".join(parts) if all(parts) else ""
        case ast.FormattedValue(value=value):
            return _path(value, base, depth + 1)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_path(left, base, depth + 1), _path(right, base, depth + 1)]
            return "".join(parts) if all(parts) else ""
    parts = [_path(each, base, depth + 1) for each in _joined(node)]
    return posixpath.join(*parts) if parts and all(parts) else ""


def _joined(node: ast.expr) -> list[ast.expr]:
    """Return the parts that an expression joins to a path: `a / b`, `os.path.join(a, b)`, `a.joinpath(b)`."""
    match node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return [left, right]
        case ast.Call(func=ast.Attribute(value=value, attr="joinpath"), args=arguments):
            return [value, *arguments]
        case ast.Call(args=arguments) if dotted(node.func) in ("os.path.join", *_SAME_PLACE, "join"):
            return arguments
    return []


def style_of_admin(url: str) -> str:
    """Return the path of a file that every admin has, below the value of STATIC_URL."""
    return f"/{url.strip('/')}/admin/css/base.css"


def files_elsewhere(evidence: Evidence, site_pass: Pass, setting: DjangoSetting) -> ParsedDirective | None:
    """Return the location for static files of a server block that hands STATIC_URL to the app, None for any other."""
    server = site_pass.match.around("server")
    url = setting.value
    if (
        server is None
        or not isinstance(url, str)
        or not url.strip("/")
        or "://" in url
        or url.startswith("//")
    ):
        return None
    if is_template(evidence, server.file) or hides_lines(site_pass.site, server.file):
        return None
    choice = LocationChoice(server)
    chosen = choice.chosen(style_of_admin(url)) if choice.is_known else None
    if chosen is None:
        return None
    is_own_pass = passes_on(chosen) and site_pass.match.directive in (chosen.block or ())
    if not is_own_pass and not _answers_with_a_page(chosen):
        return None
    return next(
        (each for path, each in choice.prefixes.items() if "static" in path and _has_files(each)), None
    )


def _answers_with_a_page(location: ParsedDirective) -> bool:
    """Return True for the location of a single-page app, which answers with its page to every path without a file."""
    tries = directives_in(location, "try_files")
    return bool(tries) and tries[-1].args[-1].endswith(".html") and not passes_on(location)


def _has_files(location: ParsedDirective) -> bool:
    return bool(directives_in(location, "alias", "root")) and not passes_on(location)
