"""A secret key that changes with every import, or that everybody can read in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, PythonFile
from enuf.doctor.facts.app_settings import FlaskSetting, flask_settings
from enuf.doctor.facts.load_steps import is_lazy, value_behind
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.facts.python_import import bound_names
from enuf.doctor.facts.workers import all_servers, worker_count
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_RANDOM = (
    "os.urandom",
    "secrets.token_hex",
    "secrets.token_bytes",
    "secrets.token_urlsafe",
    "secrets.choice",
    "uuid.uuid4",
    "uuid.uuid1",
    "random.choice",
    "random.choices",
    "random.randint",
    "random.random",
    "random.getrandbits",
    "cryptography.fernet.Fernet.generate_key",
    "random.SystemRandom",
    "Crypto.Random.get_random_bytes",
)
_SHORT = 16
_KEPT = (".write(", ".write_text(", ".write_bytes(")
_REPLACED_LATER = (".from_pyfile(", ".from_envvar(", ".from_prefixed_env(", ".from_file(")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every secret key whose value the source shows."""
    for server in all_servers(evidence):
        for setting in flask_settings(evidence, server):
            if setting.name in ("SECRET_KEY", "JWT_SECRET_KEY"):
                yield from _judge(setting, server)


def _judge(setting: FlaskSetting, server: AnyServer) -> Iterator[Diagnostic]:
    value = setting.value
    for _ in range(3):
        value = value_behind(setting.step, value) if setting.step else value
    if isinstance(value, ast.Name):
        bound = bound_names(setting.python_file).get(value.id)
        value = bound if isinstance(bound, ast.expr) else value
    replaced = any(word in setting.python_file.text for word in _REPLACED_LATER)
    sure = setting.sure and not replaced
    if _is_random(setting.python_file, value):
        if any(word in setting.python_file.text for word in _KEPT):
            return  # the first start makes the key, the later ones read it
        each = is_lazy(server) and (worker_count(server) or 1) > 1
        yield at_node(
            setting.python_file.path,
            setting.node,
            "every worker makes a secret key of its own: a session of one worker is worth nothing to the next"
            if each
            else "the secret key is new with every start and reload: all users are logged out",
            severity=None if each and sure else "warning" if sure else "advice",
            hint='app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]',
            fix=by_hand("read one fixed key from the environment or from a file that only the app can read"),
        )
        return
    text = value.value if isinstance(value, ast.Constant) else None
    if isinstance(text, str | bytes) and text:
        short = len(text) < _SHORT
        yield at_node(
            setting.python_file.path,
            setting.node,
            "the secret key stands in the source"
            + (" and is short enough to guess" if short else "")
            + ": whoever knows it can sign in as anybody",
            severity="warning" if sure and short else "advice",
            hint='app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]',
            fix=by_hand("move the key out of the source, and make a new one"),
        )


def _is_random(python_file: PythonFile, value: ast.expr) -> bool:
    """Return True if the value itself is random. A random default for a missing value does not count."""
    stack: list[ast.AST] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.BoolOp | ast.IfExp):
            continue
        if isinstance(node, ast.Call):
            name = full_name(python_file, node.func)
            if name in _RANDOM:
                return True
            if name.endswith((".get", "getenv", ".setdefault", ".pop")):
                continue
        stack += ast.iter_child_nodes(node)
    return False


RULE = Rule("A008", "secret-key-random-per-worker", "error", check)
