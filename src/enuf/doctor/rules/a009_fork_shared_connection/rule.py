"""A connection opened before uWSGI forks, so that all workers read and write the same one (F221)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from enuf.doctor.evidence import AnyServer, Evidence, Server
from enuf.doctor.facts.load_steps import LoadStep, calls_on_load, is_lazy, runs_code_after_fork, value_behind
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import call_name, full_name, module_names
from enuf.doctor.facts.workers import all_servers, program_name, worker_count
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_node, by_hand
from enuf.model.finding import Fix

_CONNECTORS = frozenset(
    (
        "psycopg2.connect", "psycopg.connect", "psycopg2.pool.SimpleConnectionPool", "psycopg2.pool.ThreadedConnectionPool",
        "psycopg_pool.ConnectionPool", "MySQLdb.connect", "MySQLdb.Connect", "pymysql.connect", "pymysql.Connect",
        "mysql.connector.connect", "mysql.connector.pooling.MySQLConnectionPool", "mariadb.connect", "sqlite3.connect",
        "pyodbc.connect", "pymssql.connect", "cx_Oracle.connect", "oracledb.connect", "pymongo.MongoClient",
        "pymongo.mongo_client.MongoClient", "mongoengine.connect", "pika.BlockingConnection", "amqp.Connection",
        "stomp.Connection", "smtplib.SMTP", "smtplib.SMTP_SSL", "socket.create_connection", "kafka.KafkaProducer",
        "ldap3.Connection", "telnetlib.Telnet", "ftplib.FTP", "imaplib.IMAP4_SSL", "snowflake.connector.connect",
        "clickhouse_driver.Client", "hiredis.Reader", "psycopg2.extensions.connection",
    )
)  # fmt: skip
_CERTAIN = ("psycopg", "MySQLdb.", "pymysql.", "mysql.connector", "mariadb.", "pika.", "socket.")
_HOLDERS = (
    "socket.socket",
    "sqlalchemy.create_engine",
    "create_engine",
    "cassandra.cluster.Cluster",
    "paramiko.SSHClient",
)
_CALLERS_DEPTH = 5
_PEEWEE = ("MySQLDatabase", "PostgresqlDatabase", "PooledMySQLDatabase", "PooledPostgresqlDatabase")

Steps = Sequence[tuple[LoadStep, ast.Call]]


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every connection that the import opens and keeps, while several workers share one import."""
    for server in all_servers(evidence):
        count = worker_count(server)
        python_files = loaded_files(evidence, server)
        if is_lazy(server) or (count is not None and count < 2) or runs_code_after_fork(python_files):
            continue
        server_steps = tuple(calls_on_load(evidence, server))
        for step, call in server_steps:
            name = _connection_name(step, call)
            if not name or _is_released(step, call) or not _is_kept(server_steps, step, call):
                continue
            certain = count is not None and step.sure and name.startswith(_CERTAIN)
            yield at_node(
                step.python_file.path,
                call,
                f"{call_name(call.func)}() is called before {program_name(server)} forks: all workers share this one connection, "
                "and users get each other's answers",
                severity=None if certain else "warning" if count is not None else "advice",
                hint="lazy-apps = true"
                if isinstance(server, Server)
                else "take --preload out, or connect in post_fork",
                fix=_fix(server),
            )


def _fix(server: AnyServer) -> Fix:
    if isinstance(server, Server):
        return add_options(
            server.config, "lazy-apps = true", asks="each worker then holds its own copy of the app in memory"
        )
    return by_hand("take preload_app out, or connect in a post_fork hook")


def _connection_name(step: LoadStep, call: ast.Call) -> str:
    """Return the name of what the call opens a connection with, empty for every other call."""
    name = full_name(step.python_file, call.func)
    if name in _CONNECTORS:
        return name
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("connect", "raw_connection"):
        return ""
    owner = value_behind(step, call.func.value)
    made = full_name(step.python_file, owner.func) if isinstance(owner, ast.Call) else ""
    if made in _HOLDERS or made.rpartition(".")[2] in _PEEWEE:
        return made
    plain = isinstance(call.func.value, ast.Name) and call.func.value.id
    modules = {
        module for module, level, names in module_names(step.python_file).modules if not level and not names
    }
    return (
        name
        if plain and full_name(step.python_file, call.func.value) in modules and call.args + call.keywords
        else ""
    )


def _is_released(step: LoadStep, call: ast.Call) -> bool:
    """Return True if the connection is closed, or not kept, before the workers are forked."""
    body: ast.AST | None = step.scope or step.python_file.tree
    if body is None:
        return True
    for node in ast.walk(body):
        if isinstance(node, ast.With) and any(call in ast.walk(item.context_expr) for item in node.items):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "close":
            holder = node.func.value
            if isinstance(holder, ast.Name) and _runs_at_import(step, node) and _holds(body, holder.id, call):
                return True
    return False


def _is_kept(steps: Steps, step: LoadStep, call: ast.Call, depth: int = 0) -> bool:
    """Return False if nothing holds the connection when the function that opened it ends.

    A connection that a function returns is followed to the function's callers.
    """
    scope = step.scope
    if scope is None or depth >= _CALLERS_DEPTH:
        return True
    names: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is call:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if not all(isinstance(target, ast.Name) for target in targets):
                return True
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    if _escapes(scope, names, call):
        return True
    if not any(
        isinstance(node, ast.Return) and node.value is not None and _is_one_of(node.value, names, call)
        for node in ast.walk(scope)
    ):
        return False
    return any(
        _is_kept(steps, caller, inner, depth + 1)
        for caller, inner in steps
        if call_name(inner.func).rpartition(".")[2] == scope.name
    )


def _escapes(scope: ast.FunctionDef, names: set[str], call: ast.Call) -> bool:
    """Return True if a function hands the connection to another place than its caller."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and names.intersection(node.names):
            return True
        if (
            isinstance(node, ast.FunctionDef | ast.Lambda)
            and node is not scope
            and any(isinstance(inner, ast.Name) and inner.id in names for inner in ast.walk(node))
        ):
            return True
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if any(_is_one_of(each, names, call) for each in given):
                return True
        if isinstance(node, ast.Assign) and node.value is not call and _is_one_of(node.value, names, call):
            return True
    return False


def _is_one_of(node: ast.expr, names: set[str], call: ast.Call) -> bool:
    return node is call or (isinstance(node, ast.Name) and node.id in names)


def _runs_at_import(step: LoadStep, node: ast.Call) -> bool:
    """Return False for a close() inside a function, which runs no earlier than a request."""
    if step.scope or step.python_file.tree is None:
        return True
    inner = (
        each
        for each in ast.walk(step.python_file.tree)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return not any(node in ast.walk(function) for function in inner)


def _holds(body: ast.AST, name: str, call: ast.Call) -> bool:
    if (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == name
    ):
        return True
    return any(
        isinstance(node, ast.Assign)
        and call in ast.walk(node.value)
        and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
        for node in ast.walk(body)
    )


RULE = Rule("A009", "fork-shared-connection", "error", check)
