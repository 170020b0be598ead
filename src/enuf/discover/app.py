"""Discovery of the app without an import: its file, module name, and name in the module."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from enuf.discover.choice import APP_NAMES, Choice, default_choice, named_choice, why_none
from enuf.discover.paste import INI, is_paste, paste_app
from enuf.discover.search import search
from enuf.discover.source import Binding, ModuleNames, is_file, read_names
from enuf.discover.target import Target, parse_target
from enuf.errors import AppNotFound
from enuf.model.app import AppRef, Loader
from enuf.system.env_files import flask_app_of


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a module: the folder for sys.path, the name from there, the file if in the project."""

    directory: Path
    module: str
    file: Path | None
    loader: Loader = "module"


def find_app(
    project: Path, target: str | None, environ: Mapping[str, str], env_files: Sequence[str] = ()
) -> AppRef:
    """Return the app that TARGET, FLASK_APP or the project's files name, found by reading, never by importing.

    FLASK_APP is a variable, or a line of the `env_files`, the last of which wins. A module that is not in the project
    may be installed: then the import decides. Raises AppNotFound.
    """
    project = project.resolve()
    if target is None:
        return _unnamed(project, environ, env_files)
    try:
        return _named(project, target, "argument")
    except AppNotFound as error:
        if error.hint.startswith(("did you mean", "it has: ")) or not (
            without := _without(target, project, environ, env_files)
        ):
            raise
        raise AppNotFound(error.summary, f"{error.hint}; {without}", slug=error.slug) from None


def _without(target: str, project: Path, environ: Mapping[str, str], env_files: Sequence[str]) -> str:
    """Return in words which app is found without a TARGET; empty where none is."""
    try:
        app = _unnamed(project, environ, env_files)
    except AppNotFound:
        return ""
    how = f" by {app.found_by}" if app.found_by.startswith("FLASK_APP") else ""
    return f"without {target}, enuf finds {app}{how}"


def _unnamed(project: Path, environ: Mapping[str, str], env_files: Sequence[str]) -> AppRef:
    """Return the app that FLASK_APP or the project's files name. Raise AppNotFound."""
    wish, file = environ.get("FLASK_APP", ""), ""
    if not wish:
        wish, file = flask_app_of(env_files)
    if not wish:
        found = search(project)
        shown = str(found.relative_to(project))
        if found.suffix == INI:
            return paste_app(project, shown, shown)
        return _resolved(project, Target(place=shown), _place_of_file(found, shown), shown)
    try:
        return _named(project, wish, f"FLASK_APP in {file}" if file else "FLASK_APP")
    except AppNotFound as error:
        where = f"{file}: " if file else ""
        raise AppNotFound(f"{where}FLASK_APP={wish}: {error.summary}", error.hint) from None


def _named(project: Path, text: str, found_by: str) -> AppRef:
    # A file with a colon in its path would otherwise be cut in two.
    if is_paste(text):
        return paste_app(project, text, found_by)
    whole = text.endswith((".py", ".wsgi")) and "\0" not in text and is_file(project / text)
    target = Target(place=text) if whole else parse_target(text)
    is_path = target.is_path and not _is_dotted_module(project, target.place)
    place = (_place_of_path if is_path else _place_of_module)(project, target.place)
    return _resolved(project, target, place, found_by)


def _is_dotted_module(project: Path, place: str) -> bool:
    """Return True for `mysite.wsgi` where no file has that name: Django and others call a module so."""
    parts = place.split(".")
    return parts[-1] == "wsgi" and all(map(str.isidentifier, parts)) and not is_file(project / place)


def _resolved(project: Path, target: Target, place: _Place, found_by: str) -> AppRef:
    """Return the reference with its name and arguments, as far as the source shows them."""
    choice = Choice(target.attribute, target.call)
    names = None if place.file is None else _names_of(place.file, place.directory, project)
    if names is not None:
        choice = _choose(names, target, place)
    return AppRef(
        directory=str(place.directory),
        module=place.module,
        attribute=choice.attribute,
        call=choice.call,
        file=None if place.file is None else str(place.file),
        found_by=found_by,
        loader=place.loader,
        skipped=choice.skipped,
    )


def _choose(names: ModuleNames, target: Target, place: _Place) -> Choice:
    if target.attribute is None:
        choice = default_choice(names, target.place)
        if choice is None:
            raise _none_in(names, target.place, place)
        return choice
    first, _, rest = target.attribute.partition(".")
    if (
        rest
        and place.file is not None
        and place.file.name == "__init__.py"
        and _has_module(place.file.parent, first)
    ):
        return Choice(
            target.attribute, target.call
        )  # pkg:views.app, where some import makes `views` a name of pkg
    return named_choice(names, target.attribute, target.call, target.place)


def _none_in(names: ModuleNames, spoken: str, place: _Place) -> AppNotFound:
    """Return why the module that was named holds no app."""
    if why := why_none(names, spoken):
        return AppNotFound(*why)
    hint = f"name the callable: {spoken}:name"
    if (
        spoken.endswith(".py")
        and place.file is not None
        and place.file.name == "__init__.py" != Path(spoken).name
    ):
        folder = place.file.parent.name
        hint = f"Python imports the folder {folder}/ instead of the file: rename one of the two"
    return AppNotFound(f"{spoken} holds no app", hint)


def _place_of_path(project: Path, text: str) -> _Place:
    """Return the place of a file, or of a folder that is a package."""
    try:
        path = Path(project, text).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long
        raise AppNotFound(f"{text} cannot be looked up: {error}") from None
    if path.suffix != ".py" and _is_package(path):
        return _place_of_file(path / "__init__.py", text)
    if path.suffix != ".py" and is_file(path.with_name(f"{path.name}.py")):
        path = path.with_name(f"{path.name}.py")
    if not is_file(path):
        raise _no_file(path, text)
    return _place_of_file(path, text)


def _place_of_file(file: Path, shown: str) -> _Place:
    """Return the place of a file as Flask computes it: from the nearest folder that is not a package."""
    if file.suffix == ".wsgi":
        # Not its own name: app.wsgi imports app.py.
        name = "".join(sign if sign.isalnum() else "_" for sign in file.stem)
        return _Place(directory=file.parent, module=f"{name}_wsgi_file", file=file, loader="file")
    if file.suffix != ".py":
        raise AppNotFound(
            f"{shown} is neither a .py nor a .wsgi file",
            "Python imports only .py files: rename it, or name a module",
        )
    if file.name != "__init__.py" and _is_package(file.with_suffix("")):
        file = file.with_suffix("") / "__init__.py"  # what Python imports when both are there
    start = file.parent if file.name == "__init__.py" else file.with_suffix("")
    directory, module = _climb(start.parent, start.name)
    dotted = next((name for name in start.relative_to(directory).parts if "." in name), None)
    if dotted:
        raise AppNotFound(f"{shown} cannot be imported: the name {dotted} has a dot in it", "rename it")
    return _Place(directory=directory, module=module, file=file)


def _climb(directory: Path, module: str) -> tuple[Path, str]:
    """Return the folder for sys.path, and the full name of a module in a folder."""
    while is_file(directory / "__init__.py") and directory != directory.parent:
        module = f"{directory.name}.{module}"
        directory = directory.parent
    return directory, module


def _place_of_module(project: Path, name: str) -> _Place:
    """Return the place of a dotted module: in the project, below `src/`, or possibly installed."""
    parts = name.split(".")
    for base in (project, project / "src"):
        path = base.joinpath(*parts)
        for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if all(parts) and is_file(file):
                directory, module = _climb(base, name)
                return _Place(directory=directory, module=module, file=file.resolve())
        if len(parts) > 1 and _is_package(base / parts[0]):
            raise AppNotFound(
                f"there is no module {name} in {project}", _similar_modules(path.parent, parts[:-1])
            )
    if is_file(project / name):
        return _place_of_file(
            project / name, name
        )  # app.wsgi, which mod_wsgi would take: refused with the reason
    if not all(part.isidentifier() for part in parts):
        raise AppNotFound(f"{name!r} names no module", _similar_files(project, name))
    return _Place(directory=project, module=name, file=None)


def _no_file(path: Path, text: str) -> AppNotFound:
    """Return why there is no such file, with the message of the operating system if there is one."""
    try:
        is_folder = path.is_dir()
        if is_folder:
            return AppNotFound(f"{text} is a folder without __init__.py", _similar_files(path, "app.py"))
        path.stat()
    except FileNotFoundError:
        return AppNotFound(f"{text} does not exist", _similar_files(path.parent, path.name))
    except OSError as error:
        slug = "app-unreadable" if isinstance(error, PermissionError) else ""
        return AppNotFound(f"{text} cannot be read: {error.strerror or error}", slug=slug)
    return AppNotFound(f"{text} is not a regular file")


def _similar_files(folder: Path, wanted: str) -> str:
    present = _python_files(folder)
    close = difflib.get_close_matches(wanted, present, n=1)
    if close:
        return (
            f"did you mean {folder.name}/{close[0]}?" if wanted == "app.py" else f"did you mean {close[0]}?"
        )
    return f"{folder} has: {', '.join(present[:6])}" if present else f"{folder} has no .py file"


def _similar_modules(folder: Path, parents: list[str]) -> str:
    present = [".".join([*parents, name.removesuffix(".py")]) for name in _python_files(folder)]
    return f"there are: {', '.join(present[:6])}" if present else f"{folder} has no .py file"


def _python_files(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.glob("*.py") if path.name != "__init__.py")
    except OSError:
        return []


def _is_package(folder: Path) -> bool:
    return is_file(folder / "__init__.py")


def _has_module(folder: Path, name: str) -> bool:
    return is_file(folder / f"{name}.py") or _is_package(folder / name)


def _names_of(file: Path, directory: Path, project: Path) -> ModuleNames | None:
    """Return the names of a module.

    Names that an import binds to a module are marked: they are not callable.
    """
    shown = str(file.relative_to(project)) if file.is_relative_to(project) else str(file)
    names = read_names(file, shown)
    if names is None:
        return None
    marked = {
        name: Binding(kind="module")
        if _is_submodule(binding, file, directory)
        else _followed(name, binding, file, directory)
        for name, binding in names.bindings.items()
    }
    return msgspec.structs.replace(names, bindings=marked)


def _followed(name: str, binding: Binding, file: Path, directory: Path) -> Binding:
    """Return the binding; where `from .web import app` takes an object that is no WSGI app, the one over there."""
    if binding.kind != "import" or name not in APP_NAMES:
        return binding
    folder, parts = _origin(binding, file, directory)
    target = folder.joinpath(*parts)
    for source in (target / "__init__.py", target.with_name(f"{target.name}.py")) if parts else ():
        if is_file(source) and source != file:
            try:
                names = read_names(source, source.name)
            except AppNotFound:
                return binding
            inner = names.bindings.get(binding.original) if names else None
            return inner if inner and inner.kind in ("other", "instance") else binding
    return binding


def _origin(binding: Binding, file: Path, directory: Path) -> tuple[Path, list[str]]:
    """Return the folder in which the module of an import is looked up, and the parts of its name."""
    dots = len(binding.origin) - len(binding.origin.lstrip("."))
    folder = directory if dots == 0 else file.parents[min(dots, len(file.parents)) - 1]
    return folder, [*filter(None, binding.origin.lstrip(".").split("."))]


def _is_submodule(binding: Binding, file: Path, directory: Path, depth: int = 3) -> bool:
    """Return True if `from toy import app` means the module toy/app.py, not a name in toy/__init__.py."""
    if binding.kind != "import" or depth == 0:
        return False
    folder, parts = _origin(binding, file, directory)
    folder = folder.joinpath(*parts)
    if not _has_module(folder, binding.original):
        return False
    package = folder / "__init__.py"
    if package == file or not is_file(package):
        return True
    try:
        names = read_names(package, package.name)
    except AppNotFound:
        return False
    inner = None if names is None else names.bindings.get(binding.original)
    if inner is None:
        return names is not None and not names.open_ended
    return inner.kind == "module" or _is_submodule(inner, package, directory, depth - 1)
