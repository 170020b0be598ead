"""A thread started before uWSGI forks: the workers do not have it (F222)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, Server
from enuf.doctor.facts.load_steps import LoadStep, calls_on_load, is_lazy, runs_code_after_fork, value_behind
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.module_names import full_name
from enuf.doctor.facts.uwsgi import has_master
from enuf.doctor.facts.workers import all_servers, program_name, worker_count
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_node, by_hand
from enuf.model.finding import Fix

_STARTS = {
    "start": (
        "Thread", "Timer", "BackgroundScheduler", "BlockingScheduler", "GeventScheduler", "APScheduler", "Observer",
        "PollingObserver", "QueueListener", "BackgroundTasks", "TornadoScheduler", "Process",
    ),
    "submit": ("ThreadPoolExecutor", "ProcessPoolExecutor"),
    "apply_async": ("Pool", "ThreadPool"),
    "start_background_task": ("SocketIO",),
    "loop_start": ("Client",),
}  # fmt: skip
_CALLS = ("_thread.start_new_thread", "schedule.run_continuously")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every thread that the import starts in a process that forks afterwards."""
    for server in all_servers(evidence):
        count = worker_count(server)
        without_master = isinstance(server, Server) and has_master(server.config) is False
        alone = without_master and count is not None and count < 2
        if is_lazy(server) or alone or runs_code_after_fork(loaded_files(evidence, server)):
            continue
        for step, call in calls_on_load(evidence, server):
            what = _started(step, call)
            if what:
                yield at_node(
                    step.python_file.path,
                    call,
                    f"this {what} is started before {program_name(server)} forks: threads stay in the master, and no worker has them",
                    severity=None if step.sure else "advice",
                    hint="lazy-apps = true"
                    if isinstance(server, Server)
                    else "take --preload out, or start it in post_fork",
                    fix=_fix(server),
                )


def _fix(server: AnyServer) -> Fix:
    if isinstance(server, Server):
        return add_options(
            server.config,
            "lazy-apps = true",
            "enable-threads = true",
            asks="each worker then holds its own copy of the app in memory",
        )
    return by_hand("take preload_app out, or start the thread in a post_fork hook")


def _started(step: LoadStep, call: ast.Call) -> str:
    """Return the kind of thread that a call starts, empty for every other call."""
    if full_name(step.python_file, call.func) in _CALLS:
        return "thread"
    if not isinstance(call.func, ast.Attribute):
        return ""
    owner = value_behind(step, call.func.value)
    made = full_name(step.python_file, owner.func).rpartition(".")[2] if isinstance(owner, ast.Call) else ""
    if made in _STARTS.get(call.func.attr, ()):
        return made
    return _base(step, owner) if isinstance(owner, ast.Call) and call.func.attr == "start" else ""


def _base(step: LoadStep, owner: ast.Call) -> str:
    """Return the kind of thread that a class of the module is derived from, empty if there is none."""
    for node in step.python_file.nodes:
        if isinstance(node, ast.ClassDef) and isinstance(owner.func, ast.Name) and node.name == owner.func.id:
            names = [full_name(step.python_file, each).rpartition(".")[2] for each in node.bases]
            return next((name for name in names if name in _STARTS["start"]), "")
    return ""


RULE = Rule("A010", "thread-started-before-fork", "warning", check)
