"""Settings of a Flask app, as its source gives them: `app.config[...]`, `from_mapping`, `from_object`, attributes."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.evidence import Evidence, Program, Server
from enuf.doctor.facts.app import Step, steps
from enuf.doctor.facts.loaded import loaded
from enuf.doctor.facts.module_names import by_module, full_name, names_of
from enuf.doctor.facts.programs import dotted


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of a Flask app that the source writes down."""

    program: Program
    name: str
    """`SECRET_KEY`, as in app.config."""
    value: ast.expr
    node: ast.AST
    """What to point at."""
    step: Step | None
    """Where it is written while the app is loaded; None for a class or a module of settings."""

    @property
    def sure(self) -> bool:
        """True when it certainly takes effect when the app is loaded."""
        return self.step is not None and self.step.sure


_ATTRIBUTES = {"secret_key": "SECRET_KEY", "debug": "DEBUG", "use_x_sendfile": "USE_X_SENDFILE"}


def flask_settings(evidence: Evidence, server: Server) -> Iterator[Setting]:
    """The settings in `app.config[...] =`, `app.config.update(...)`, `app.debug =`, and in classes of settings."""
    programs = loaded(evidence, server)
    seen: set[int] = set()
    given: set[tuple[int, str]] = set()
    for step in steps(programs):
        yield from _settings_of(step)
        for owner, body in _chosen(step, evidence.programs):
            inner = Step(program=owner, node=step.node, sure=step.sure, scope=None)
            for setting in _written_in(owner, body, inner, seen):
                if (id(step.node), setting.name) not in given:  # a class goes before its bases
                    given.add((id(step.node), setting.name))
                    yield setting
    for program in programs:
        for each in names_of(program).classes.values():
            yield from _written_in(program, each.body, None, seen)


def _written_in(
    program: Program, body: Sequence[ast.stmt], step: Step | None, seen: set[int]
) -> Iterator[Setting]:
    """The settings in the body of a class or of a module of settings, each once."""
    for statement in body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(statement, ast.Assign) and isinstance(target, ast.Name) and id(statement) not in seen:
            seen.add(id(statement))
            if target.id.isupper():
                value = statement.value
                yield Setting(program=program, name=target.id, value=value, node=value, step=step)


def _chosen(step: Step, programs: Sequence[Program]) -> Iterator[tuple[Program, Sequence[ast.stmt]]]:
    """The class or the module that `app.config.from_object` or `from_pyfile` takes, with its bases."""
    node = step.node
    if not isinstance(node, ast.Call) or not node.args:
        return
    argument = node.args[0]
    argument = argument.func if isinstance(argument, ast.Call) else argument
    text = argument.value if isinstance(argument, ast.Constant) else full_name(step.program, argument)
    if not isinstance(text, str) or not text:
        return
    if dotted(node.func).endswith(".config.from_pyfile"):
        found = [each for each in programs if each.path.endswith("/" + text.lstrip("./"))]
        for each in found[:1] if len(found) == 1 else ():
            yield each, each.tree.body if each.tree else ()
    elif dotted(node.func).endswith(".config.from_object"):
        yield from _object(step.program, text, programs)


def _object(
    program: Program, name: str, programs: Sequence[Program]
) -> Iterator[tuple[Program, Sequence[ast.stmt]]]:
    own = program if name == "__name__" else by_module(program, name, programs)
    if own:
        yield own, own.tree.body if own.tree else ()
        return
    module, _, last = name.rpartition(".")
    owner = by_module(program, module, programs) if module else program
    waiting, entered = [last], set[str]()
    while owner and waiting:
        chosen = names_of(owner).classes.get(waiting.pop(0))
        if chosen and chosen.name not in entered:
            entered.add(chosen.name)
            waiting += [dotted(base) for base in chosen.bases]
            yield owner, chosen.body


def _settings_of(step: Step) -> Iterator[Setting]:
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
            yield Setting(program=step.program, name=name, value=value, node=value, step=step)


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
