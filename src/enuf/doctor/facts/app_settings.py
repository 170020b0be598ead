"""Settings of a Flask app in its source: `app.config[...]`, `from_mapping`, `from_object`, attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile
from enuf.doctor.facts.load_steps import LoadStep, load_steps
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import file_of_module, full_name, module_names
from enuf.doctor.facts.python_import import dotted


class FlaskSetting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of a Flask app that the source writes down."""

    python_file: PythonFile
    name: str
    """The key in app.config, such as `SECRET_KEY`."""
    value: ast.expr
    node: ast.AST
    """The node for a diagnostic to point at."""
    step: LoadStep | None
    """The step of loading that writes the setting, None for a class or module of settings."""

    @property
    def sure(self) -> bool:
        """True if the setting certainly takes effect while the app is loaded."""
        return self.step is not None and self.step.sure


_ATTRIBUTES = {"secret_key": "SECRET_KEY", "debug": "DEBUG", "use_x_sendfile": "USE_X_SENDFILE"}


def flask_settings(evidence: Evidence, server: AnyServer) -> Iterator[FlaskSetting]:
    """Yield the settings in `app.config`, in attributes like `app.debug`, and in classes of settings."""
    python_files = loaded_files(evidence, server)
    seen: set[int] = set()
    given: set[tuple[int, str]] = set()
    for step in load_steps(python_files):
        yield from _settings_of(step)
        for owner, body in _chosen(step, evidence.python_files):
            inner = LoadStep(python_file=owner, node=step.node, sure=step.sure, scope=None)
            for setting in _written_in(owner, body, inner, seen):
                if (id(step.node), setting.name) not in given:  # a class overrides its bases
                    given.add((id(step.node), setting.name))
                    yield setting
    for python_file in python_files:
        for each in module_names(python_file).classes.values():
            yield from _written_in(python_file, each.body, None, seen)


def _written_in(
    python_file: PythonFile, body: Sequence[ast.stmt], step: LoadStep | None, seen: set[int]
) -> Iterator[FlaskSetting]:
    """Yield the settings in the body of a class or of a module of settings, each once."""
    for statement in body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Name) and id(statement) not in seen:
            seen.add(id(statement))
            if target.id.isupper():
                value = statement.value
                yield FlaskSetting(
                    python_file=python_file, name=target.id, value=value, node=value, step=step
                )


def _chosen(
    step: LoadStep, python_files: Sequence[PythonFile]
) -> Iterator[tuple[PythonFile, Sequence[ast.stmt]]]:
    """Yield the class or module that `app.config.from_object` or `from_pyfile` takes, with its bases."""
    node = step.node
    if not isinstance(node, ast.Call) or not node.args:
        return
    argument = node.args[0]
    argument = argument.func if isinstance(argument, ast.Call) else argument
    text = argument.value if isinstance(argument, ast.Constant) else full_name(step.python_file, argument)
    if not isinstance(text, str) or not text:
        return
    if dotted(node.func).endswith(".config.from_pyfile"):
        candidates = [each for each in python_files if each.path.endswith("/" + text.lstrip("./"))]
        for each in candidates[:1] if len(candidates) == 1 else ():
            yield each, each.tree.body if each.tree else ()
    elif dotted(node.func).endswith(".config.from_object"):
        yield from _object(step.python_file, text, python_files)


def _object(
    python_file: PythonFile, name: str, python_files: Sequence[PythonFile]
) -> Iterator[tuple[PythonFile, Sequence[ast.stmt]]]:
    own = python_file if name == "__name__" else file_of_module(python_file, name, python_files)
    if own:
        yield own, own.tree.body if own.tree else ()
        return
    module, _, last = name.rpartition(".")
    owner = file_of_module(python_file, module, python_files) if module else python_file
    waiting, entered = [last], set[str]()
    while owner and waiting:
        chosen = module_names(owner).classes.get(waiting.pop(0))
        if chosen and chosen.name not in entered:
            entered.add(chosen.name)
            waiting += [dotted(base) for base in chosen.bases]
            yield owner, chosen.body


def _settings_of(step: LoadStep) -> Iterator[FlaskSetting]:
    node = step.node
    pairs: list[tuple[str, ast.expr]] = []
    if isinstance(node, ast.Assign):
        pairs = [(_setting_name(target), node.value) for target in node.targets]
    elif isinstance(node, ast.Call) and dotted(node.func).endswith(
        (".config.update", ".config.from_mapping")
    ):
        pairs = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        pairs += [pair for each in node.args if isinstance(each, ast.Dict) for pair in _entries(each)]
    for name, value in pairs:
        if name:
            yield FlaskSetting(python_file=step.python_file, name=name, value=value, node=value, step=step)


def _entries(mapping: ast.Dict) -> Iterator[tuple[str, ast.expr]]:
    for key, value in zip(mapping.keys, mapping.values, strict=True):
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key.value, value


def _setting_name(target: ast.expr) -> str:
    if isinstance(target, ast.Subscript) and dotted(target.value).endswith(".config"):
        key = target.slice
        return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
    if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
        return _ATTRIBUTES.get(target.attr, "")
    return ""
