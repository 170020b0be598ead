"""Whether the app is loaded once before the workers are forked, or by each worker, and why."""

from __future__ import annotations

from enuf.model.app import AppReport
from enuf.model.plan import Loading
from enuf.model.topology import Topology
from enuf.plan.topologies import SERVERS
from enuf.settings.schema import Settings

_SHOWN = 2


def how_loaded(settings: Settings, report: AppReport, row: Topology) -> Loading:
    """Return how the workers get the app.

    A fork would share or lose what its import has left open or running.
    """
    wish = settings.workers.lazy
    if "workers.lazy" in SERVERS[row.server].ignores:
        return Loading(lazy=False)
    if settings.serve.greenlets:
        return Loading(
            lazy=True, why="gevent patches Python's modules in the worker, before the app is imported"
        )
    if wish != "auto":
        return Loading(lazy=wish, why=f"workers.lazy = {str(wish).lower()}")
    if not report.leftovers or _is_patched(report):
        return Loading(lazy=False)
    return Loading(lazy=True, why=f"after its import the app has {in_words(report.leftovers)}")


def _is_patched(report: AppReport) -> bool:
    """Return True for an app that gevent has patched: it can be loaded before the fork only.

    The workers of every server here, save those with greenlets, have threads already, beside which gevent patches only a part: uWSGI's end
    (`cannot release un-acquired lock`), and gunicorn's do not answer.
    """
    return any(trait.kind == "patched" for trait in report.traits)


def in_words(leftovers: tuple[str, ...]) -> str:
    """Return `a, b and 3 more`."""
    shown, more = leftovers[:_SHOWN], len(leftovers) - _SHOWN
    return ", ".join(shown) + f" and {more} more" if more > 0 else " and ".join(shown)


def shared_by_fork(settings: Settings, report: AppReport, row: Topology) -> tuple[str, ...]:
    """Return the warning about an app that is forked all the same, with what a fork shares or loses."""
    is_forked = (
        "workers.lazy" not in SERVERS[row.server].ignores and not how_loaded(settings, report, row).lazy
    )
    if not is_forked or not report.leftovers:
        return ()
    has = f"after its import the app has {in_words(report.leftovers)}, and"
    if settings.workers.lazy == "auto":
        why, cure = "gevent has patched it, so", "open such things at the first request"
    else:
        why, cure = "with workers.lazy = false", 'workers.lazy = "auto" lets each worker load the app itself'
    return (f"{has} {why} every worker is a fork of it: answers may get mixed up; {cure}",)
