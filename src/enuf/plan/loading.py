"""Whether the app is loaded once before the workers are forked, or by each worker, and why."""

from __future__ import annotations

from enuf.model.app import AppReport
from enuf.model.plan import Loading
from enuf.model.topology import Topology
from enuf.plan.topologies import SERVERS
from enuf.settings.schema import Settings

_SHOWN = 2
_NOTHING_LEFT = "its import leaves nothing open or running"


def how_loaded(settings: Settings, report: AppReport, row: Topology) -> Loading:
    """Return how the workers get the app.

    A fork would share or lose what its import has left open or running.
    """
    wish = settings.workers.lazy
    if "workers.lazy" in SERVERS[row.server].ignores:
        return Loading(lazy=False)
    if wish != "auto":
        return Loading(lazy=wish, why=f"workers.lazy = {str(wish).lower()}")
    if not report.leftovers:
        return Loading(lazy=False)
    return Loading(lazy=True, why=f"after its import the app has {in_words(report.leftovers)}")


def changed(old: Loading, new: Loading) -> str:
    """Return in one line how the workers get the app from now on; empty where that is as before."""
    if old.lazy == new.lazy:
        return ""
    if new.lazy:
        return f"from now on each worker loads the app itself: {new.why}"
    return f"from now on the app is loaded once, and the workers are forks of it: {new.why or _NOTHING_LEFT}"


def in_words(leftovers: tuple[str, ...]) -> str:
    """Return `a, b and 3 more`."""
    shown, more = leftovers[:_SHOWN], len(leftovers) - _SHOWN
    return ", ".join(shown) + f" and {more} more" if more > 0 else " and ".join(shown)


def shared_by_fork(settings: Settings, report: AppReport, row: Topology) -> tuple[str, ...]:
    """Return the warning about an app that is forked, because a setting wants it, with what a fork shares or loses."""
    how = how_loaded(settings, report, row)
    if how.lazy or not how.why or not report.leftovers:
        return ()
    return (
        f"after its import the app has {in_words(report.leftovers)}, and with workers.lazy = false every worker "
        'is a fork of it: answers may get mixed up; workers.lazy = "auto" lets each worker load the app itself',
    )
