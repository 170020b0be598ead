"""All messages of the source, in the order of its files."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, get_args

from scripts.messages import rules
from scripts.messages.templates import Message, is_text, is_written_out, messages_of

from enuf.cli.help import paragraphs
from enuf.language.catalogue import LABEL
from enuf.model.finding import Severity
from enuf.model.snapshot import State
from enuf.model.status import Phase
from enuf.model.tool import ToolOrigin
from enuf.tls.stores import Outcome

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/enuf"
WORDS = (
    *get_args(Phase), *get_args(State), *get_args(ToolOrigin), *get_args(Severity), *get_args(Outcome), "idle", "busy", "cheap", "default", "dashboard",
    "live", "logs", "look", "new code", "reload", "stop", "take it back", "requests", "worker", "unknown", "wait p95", "app p95",
    "ok", "fault", "listener", "site", "answer", "error log", "socket", "server", "unit",
    "trouble", "advice", "warning", "note", "errors", "wait", "app", "send", "wait + app", "longest", "memory", "number", "rate",
)  # fmt: skip
"""Labels that stand in tables and types: states, states of workers, what commands are for."""
OF_CLICK = (
    "Show this message and exit.", "default: {0}", "required", "No such option {0}.", "No such option: {0}",
    "No such option {0}. Did you mean {1}?", "No such option {0}. (Did you mean one of: {1}?)",
    "No such option: {0} Did you mean {1}?", "No such option: {0} (Possible options: {1})", "Missing argument {0}.", "Missing option {0}.",
    "Missing argument {0}. Choose from: {1}", "Invalid value: {0}", "Invalid value for {0}: {1}", "{0} is not one of {1}.",
    "{0} is not a valid {1}.", "{0} is not in the range {1}.", "Path {0} does not exist.", "Directory {0} does not exist.",
    "Directory {0} is a file.", "Option {0} does not take a value.", "Option {0} requires an argument.",
    "Got unexpected extra argument ({0})", "Got unexpected extra arguments ({0})",
)  # fmt: skip
"""Texts of click itself, as its versions 8.1 to 8.5 have them."""
COUNTED = (
    "{0} error",
    "{0} errors",
    "{0} warning",
    "{0} warnings",
    "{0} advice",
    "{0} s",
    "{0} is {1}, not UTF-8 text",
    "{0} is not UTF-8 text",
    "{0} has a zero byte in it",
)
"""The findings of the doctor by severity; seconds, whose one letter is no word; sentences whose subject is put in front elsewhere."""
LABELS_OF_CLICK = ("Usage", "Options", "Verbs", "Arguments", "Positional arguments")
Key = tuple[str, str]


class Found(NamedTuple):
    """A message with its context, and where it stands."""

    context: str
    message: Message
    file: str


def collected() -> Iterator[Found]:
    """Yield every message of the source; a message that several modules have comes several times."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).as_posix()
        if not rules.is_silent(module):
            file = path.relative_to(ROOT).as_posix()
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for context, message in messages_in(module, tree):
                yield Found(context, message, file)
    for state in dict.fromkeys(WORDS):
        yield Found(LABEL, Message(state), "src/enuf/model/status.py")
    for text in COUNTED:
        yield Found("", Message(text, ("number",)), "src/enuf/model/words.py")
    for text in OF_CLICK:
        yield Found("", Message(text), "click")
    for text in LABELS_OF_CLICK:
        yield Found(LABEL, Message(text), "click")


def messages_in(module: str, tree: ast.Module) -> Iterator[tuple[str, Message]]:
    """Yield the messages of a module, by its path below src/enuf, with their contexts."""
    yield from _Module(module, tree).messages()


class _Module:
    """The syntax tree of a module, with the parents of every node."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name = name
        self._tree = tree
        self._parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
        self._constants = _assigned(tree)

    def messages(self) -> Iterator[tuple[str, Message]]:
        """Yield the messages with their contexts."""
        seen: set[ast.AST] = set()
        for node in _in_order(self._tree):
            if node in seen or not isinstance(node, ast.expr) or not is_text(node):
                continue
            seen.update(_inside(node))
            yield from self._of(node)
        if self._name.startswith(("cli/verbs/", "cli/root")):
            yield from _helps(self._tree)

    def _of(self, node: ast.expr) -> Iterator[tuple[str, Message]]:
        parents = list(self._above(node))
        if rules.describes_setting(parents):
            yield from (("", each) for each in self._expanded(node, parents))
            return
        if isinstance(parents[0], ast.Expr) or rules.is_excluded_by_use(parents, node):
            return
        if rules.only_raises(self._name) and not rules.is_raised(parents):
            return
        use = _use_of(parents, node)
        if use == "label":
            yield from ((LABEL, each) for each in self._expanded(node, parents) if each.text.strip())
        elif use == "count":
            for each in self._expanded(node, parents):
                for word in (each.text, f"{each.text}s") if rules.makes_plural(parents) else (each.text,):
                    yield "", Message(f"{{0}} {word}", ("number",))
        else:
            for each in self._expanded(node, parents):
                if rules.has_words(each.text) and (use == "say" or rules.is_sentence(each.text)):
                    yield "", each

    def _expanded(self, node: ast.expr, parents: list[ast.AST]) -> Iterator[Message]:
        function = next(
            (each for each in parents if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)), None
        )
        names = {**self._constants, **(_assigned(function) if function else {})}
        return messages_of(node, names)

    def _above(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self._parents:
            node = self._parents[node]
            yield node


def _use_of(parents: list[ast.AST], node: ast.AST) -> str:
    """Return `label`, `say` or `count` where the function that takes the string says so, else an empty string."""
    child = node
    if isinstance(parents[0], ast.keyword) and parents[0].arg in rules.SAID_ARGUMENTS:
        return "say"
    for parent in parents:
        if isinstance(parent, ast.Call):
            name = rules.called(parent)
            number = next((at for at, each in enumerate(parent.args) if each is child), None)
            if name in rules.LABELLING and number == rules.LABELLING[name]:
                return "label"
            if name in rules.SAYING and number == rules.SAYING[name]:
                return "say"
            return "count" if name in rules.COUNTING and number else ""
        if not isinstance(parent, ast.IfExp):
            return ""
        child = parent
    return ""


def _helps(tree: ast.Module) -> Iterator[tuple[str, Message]]:
    """Yield the help texts of verbs: the docstrings of commands, a line for each paragraph."""
    for node in tree.body:
        if (
            isinstance(node, ast.FunctionDef)
            and node.name in ("command", "root")
            and (text := ast.get_docstring(node))
        ):
            yield "", Message(paragraphs(text).replace("{", "{{").replace("}", "}}"))


def _assigned(scope: ast.AST) -> Mapping[str, ast.expr]:
    """Return the values of the names that a module or function assigns once, at its own level."""
    values: dict[str, list[ast.expr]] = {}
    inner = [scope, *ast.walk(scope)] if not isinstance(scope, ast.Module) else [*scope.body]
    for node in inner:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            values.setdefault(node.targets[0].id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            values.setdefault(node.target.id, []).append(node.value)
    return {name: found[0] for name, found in values.items() if len(found) == 1}


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes in the order of the source."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)


def _inside(node: ast.expr) -> Iterator[ast.AST]:
    """Yield the parts of a text that are no messages of their own: all but strings within its expressions."""
    yield node
    if isinstance(node, ast.BinOp | ast.JoinedStr | ast.FormattedValue):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Constant | ast.JoinedStr | ast.BinOp | ast.FormattedValue):
                yield from _inside(child)
            elif is_written_out(child):
                yield from ast.iter_child_nodes(child)
