"""What `enuf status` shows: the supervisor's knowledge, the workers and the queue."""

from __future__ import annotations

from typing import Any

from enuf.cli.running import ask
from enuf.model.paths import StackPaths
from enuf.observe.workers import as_json, child_workers, read_workers
from enuf.system.backlog import unix_backlog
from enuf.system.orders import Order

WITHIN_S = 5


def look(paths: StackPaths) -> dict[str, Any]:
    """The status document of the contract. Raises NotRunning or AnswerIsNo."""
    told = ask(paths, Order("status"), timeout_s=WITHIN_S)
    generation, runtime = told["generation"], told["paths"].pop("runtime")
    workers = read_workers(f"{runtime}/g{generation}/stats")
    server_pid = told["server"]["pid"]
    if not workers and server_pid:
        workers = child_workers(server_pid)
    waiting = unix_backlog(f"{runtime}/g{generation}.sock")
    told["server"]["workers"] = as_json(workers)
    limit = told.pop("backlog_limit")
    told["backlog"] = {"queued": waiting[0] if waiting else None, "limit": waiting[1] if waiting else limit}
    return told


def screen(found: dict[str, Any]) -> str:
    """The same for people, within 80 columns."""
    server, front, backlog = found["server"], found["front"], found["backlog"]
    chain = f"{server['name']} {server['version']} ({server['origin']}), pid {server['pid'] or '-'}"
    lines = [
        f"{found['state']:<10} {found['url']}   generation {found['generation']}",
        f"app        {found['app']}   ({found['topology']})",
    ]
    if front:
        lines.append(
            f"front      {front['name']} {front['version']} ({front['origin']}), pid {front['pid'] or '-'}"
        )
    lines.append(f"server     {chain}")
    lines += [
        f"  worker {worker['id']:<3} {worker['status']:<7} {worker['requests']:>8} requests {worker['rss_bytes'] / 2**20:>7.0f} MB   pid {worker['pid']}"
        for worker in server["workers"]
    ]
    waiting = (
        "unknown on this system"
        if backlog["queued"] is None
        else f"{backlog['queued']} of {backlog['limit']}"
    )
    lines.append(f"waiting    {waiting}")
    lines.append(f"logs       {found['paths']['log']}")
    if found["retiring"]:
        lines.append(f"finishing  {', '.join(found['retiring'])}")
    if found["reason"]:
        lines.append(f"last error {found['reason'].splitlines()[0]}")
    lines += [f"warning    {text}" for text in found["warnings"]]
    return "\n".join(lines)
