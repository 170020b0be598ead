"""The transitions of the machine: a pure function from a state and an event to a state and effects.

Every sequence of events keeps these promises (property-tested): never two serving generations; a healthy
generation is not given up before its successor is ready; every stop ends, gracefully or, when its time is
over, by KILL.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from enuf.model.protocol import ReloadMode
from enuf.run.machine import events
from enuf.run.machine.stack import (
    BACK_OFF_S,
    FIRST_TRIES,
    GIVES_UP_AFTER,
    MAX_RETIRING,
    QUIET_S,
    ReloadInProgress,
    Stack,
    Transition,
    UnitState,
)
from enuf.run.machine.stop import begin_stop, continue_stop, forget, gone, kill_all


def step(stack: Stack, event: events.Event, now_s: float) -> Transition:
    """Return the next state and its effects. An event that has no meaning in this state changes nothing."""
    if stack.closed and not isinstance(event, events.ReloadRequested):
        return stack, []
    handler = _HANDLERS[type(event)]
    return handler(stack, event, now_s)


# -- starting -----------------------------------------------------------------------------------------------------


def _start(stack: Stack, event: events.StartRequested, _now: float) -> Transition:
    return _spawn_candidate(replace(stack, proven=event.proven))


def _import_succeeded(stack: Stack, event: events.ImportSucceeded, _now: float) -> Transition:
    if stack.phase != "starting" or stack.proven:
        return stack, []
    stack, effects = replace(stack, proven=True), list[events.Effect]()
    candidate, serving = stack.candidate, stack.serving
    if candidate and candidate.condition == "backing-off":
        stack = replace(stack, candidate=replace(candidate, condition="starting"))
        effects.append(events.Spawn(candidate.key))
    elif event.otherwise and (candidate or (serving and serving.condition == "starting")):
        # It is not ended in the middle of its import, which may be changing a database.
        stack = replace(stack, outdated=True)
    elif event.otherwise and serving and serving.condition == "ready":
        return _start_anew(stack, serving)
    return _go_on_starting(stack, effects)


def _start_anew(stack: Stack, unit: UnitState) -> Transition:
    """Let the first generation, which has never served anybody, make room for one by the complete plan."""
    retiring = (*stack.retiring, replace(unit, condition="stopping"))
    stack = replace(stack, outdated=False, serving=None, candidate=None, retiring=retiring)
    stack, effects = _spawn_candidate(stack)
    return stack, [events.Unpublish(), events.Stop(unit.key), *effects]


def _import_failed(stack: Stack, event: events.ImportFailed, _now: float) -> Transition:
    return _fail(stack, event.reason) if stack.phase == "starting" else (stack, [])


def _fail(stack: Stack, reason: str) -> Transition:
    """Stop a stack that never served, at once."""
    return begin_stop(replace(stack, fatal=reason, reason=reason), events.StopRequested(at_once=True), 0.0)


def _fail_without(stack: Stack, gone: UnitState) -> Transition:
    """Stop a stack that never served because a unit failed whose process has ended already."""
    reason = stack.reason
    stack, effects = forget(stack, gone)
    stack, more = _fail(stack, reason)
    return stack, [*effects, *more]


def _spawn_candidate(stack: Stack) -> Transition:
    number = stack.last_number + 1
    unit = UnitState(key=f"g{number}")
    return replace(stack, last_number=number, candidate=unit), [events.Spawn(unit.key)]


def _go_on_starting(stack: Stack, effects: list[events.Effect]) -> Transition:
    """Spawn the front of a starting stack once a generation is ready, then check the chain.

    In this order no visitor gets a 502.
    """
    if stack.phase != "starting" or not (
        stack.proven and stack.serving and stack.serving.condition == "ready"
    ):
        return stack, effects
    if stack.has_front and stack.front is None:
        return replace(stack, front=UnitState(key=events.FRONT)), [*effects, events.Spawn(events.FRONT)]
    if stack.front and stack.front.condition != "ready":
        return stack, effects
    return stack, [*effects, events.CheckChain()]


def _chain_answered(stack: Stack, _event: events.ChainAnswered, _now: float) -> Transition:
    if stack.phase != "starting":
        return stack, []
    return _next_reload(replace(stack, phase="serving"), [events.Accept()])


def _chain_broken(stack: Stack, event: events.ChainBroken, _now: float) -> Transition:
    return _fail(stack, event.reason) if stack.phase == "starting" else (stack, [])


# -- units come and go --------------------------------------------------------------------------------------------


def _ready(stack: Stack, event: events.Ready, now_s: float) -> Transition:
    unit = _find(stack, event.key)
    if stack.phase == "stopping" or unit is None or unit.condition != "starting":
        return stack, []
    unit = replace(unit, condition="ready", ready_at_s=now_s)
    stack = replace(stack, reason="")  # what went wrong before is over
    if unit.key == events.FRONT:
        return _go_on_starting(replace(stack, front=unit), [])
    if stack.outdated:
        return _start_anew(stack, unit)
    if stack.candidate and unit.key == stack.candidate.key:
        return _promote(stack, unit)
    return _serving_is_back(replace(stack, serving=unit))


def _promote(stack: Stack, unit: UnitState) -> Transition:
    """Let the candidate serve and the generation before it retire."""
    old = stack.serving
    stack = replace(stack, serving=unit, candidate=None)
    effects: list[events.Effect] = [events.Publish(unit.key)]
    if old is not None:
        effects += (
            [events.Release(old.key)]
            if old.condition == "backing-off"
            else [events.Stop(old.key, drain=True)]
        )
        if old.condition != "backing-off":
            stack = replace(stack, retiring=(*stack.retiring, replace(old, condition="stopping")))
    if stack.phase == "starting":
        return _go_on_starting(stack, effects)
    return _reload_succeeded(stack, effects)


def _serving_is_back(stack: Stack) -> Transition:
    effects: list[events.Effect] = [events.Publish(stack.serving.key)] if stack.serving else []
    if stack.phase == "starting":
        return _go_on_starting(stack, effects)
    if stack.reload and stack.reload.in_place:
        return _reload_succeeded(stack, effects)
    return replace(stack, phase="reloading" if stack.reload else "serving"), effects


def _not_ready(stack: Stack, event: events.UnitNotReady, _now: float) -> Transition:
    unit = _find(stack, event.key)
    if unit is None or unit.condition != "starting" or stack.phase == "stopping":
        return stack, []
    # The process may be alive: kill it; the handler of its exit decides what follows.
    return _put(stack, replace(unit, problem=event.reason)), [events.Kill(event.key)]


def _find(stack: Stack, key: str) -> UnitState | None:
    return next((unit for unit in stack.units if unit.key == key), None)


def _exited(stack: Stack, event: events.Exited, now_s: float) -> Transition:
    unit = _find(stack, event.key)
    if unit is None or unit.condition == "backing-off":
        return stack, []
    if unit in stack.retiring:
        stack = replace(stack, retiring=tuple(other for other in stack.retiring if other != unit))
        effects: list[events.Effect] = [events.Release(unit.key)]
        return continue_stop(stack, effects) if stack.phase == "stopping" else _next_reload(stack, effects)
    if stack.phase == "stopping":
        return gone(stack, unit)
    if unit == stack.serving and unit.condition == "stopping":
        return _replace_stopped(stack)
    stack = replace(stack, reason=unit.problem or event.reason)
    unit = replace(unit, problem="")
    if unit.key != events.FRONT:
        stack = replace(stack, outdated=False)  # the next process starts by the complete plan
    if stack.candidate and unit.key == stack.candidate.key:
        return _candidate_exited(stack, unit, now_s)
    return _try_again(stack, unit, now_s)


def _candidate_exited(stack: Stack, unit: UnitState, now_s: float) -> Transition:
    if stack.phase == "starting":
        if not stack.proven:  # the import that runs beside the start decides whether the app is to blame
            return replace(
                stack, candidate=replace(unit, condition="backing-off", failures=unit.failures + 1)
            ), []
        if unit.failures + 1 < FIRST_TRIES:
            return replace(
                stack,
                candidate=replace(unit, condition="starting", failures=unit.failures + 1),
            ), [events.Spawn(unit.key)]
        return _fail_without(stack, unit)
    if stack.serving is None:  # hand-over by restart: there is no old version to fall back on
        stack, effects = _reload_refused(replace(stack, serving=unit, candidate=None), stack.reason)
        stack, more = _try_again(stack, unit, now_s)
        return stack, [*effects, *more]
    stack, effects = _reload_refused(replace(stack, candidate=None), stack.reason)
    return stack, [events.Release(unit.key), *effects]


def _replace_stopped(stack: Stack) -> Transition:
    """Start the new version after the old one has ended (hand-over by restart)."""
    old = stack.serving
    stack, effects = _spawn_candidate(replace(stack, serving=None))
    return stack, [*([events.Release(old.key)] if old else []), *effects]


def _try_again(stack: Stack, unit: UnitState, now_s: float) -> Transition:
    """Schedule another start of a front or a serving generation that died, after ever longer pauses.

    A generation keeps its own socket.
    """
    quiet = unit.condition == "ready" and now_s - unit.ready_at_s >= QUIET_S
    failures = 0 if quiet else unit.failures
    if stack.phase == "starting" and failures + 1 >= FIRST_TRIES:
        return _fail_without(stack, unit)
    delay = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
    later = replace(unit, condition="backing-off", failures=failures + 1, retry_at_s=now_s + delay)
    stack = _put(stack, later)
    effects: list[events.Effect] = []
    if stack.reload and stack.reload.in_place and unit.key != events.FRONT:
        stack, effects = _reload_refused(stack, stack.reason)
    if failures + 1 >= GIVES_UP_AFTER and stack.phase == "serving":
        stack = replace(stack, phase="failed")
        effects += [] if unit.key == events.FRONT else [events.Unpublish()]
    return stack, [*effects, events.WakeAt(later.retry_at_s)]


def _put(stack: Stack, unit: UnitState) -> Stack:
    if unit.key == events.FRONT:
        return replace(stack, front=unit)
    if stack.candidate and unit.key == stack.candidate.key:
        return replace(stack, candidate=unit)
    return replace(stack, serving=unit)


def _timer_fired(stack: Stack, _event: events.TimerFired, now_s: float) -> Transition:
    if stack.phase == "stopping":
        is_late = now_s >= stack.stop_by_s and not stack.at_once
        return kill_all(replace(stack, late=True)) if is_late else (stack, [])
    effects: list[events.Effect] = []
    for unit in (stack.front, stack.serving):
        if unit and unit.condition == "backing-off":
            if unit.retry_at_s <= now_s:
                stack = _put(stack, replace(unit, condition="starting"))
                effects.append(events.Spawn(unit.key))
            else:
                effects.append(events.WakeAt(unit.retry_at_s))
    return stack, effects


# -- reload -------------------------------------------------------------------------------------------------------


def _reload_requested(stack: Stack, event: events.ReloadRequested, _now: float) -> Transition:
    if stack.phase == "stopping":
        return stack, [events.Answer((event.ticket,), "the stack is going down")]
    return _next_reload(replace(stack, waiting=(*stack.waiting, event)), [])


def _next_reload(stack: Stack, effects: list[events.Effect]) -> Transition:
    """Begin one reload for all requests since the last reload began, unless the stack cannot take one now."""
    if (
        stack.reload
        or not stack.waiting
        or stack.phase not in ("serving", "failed")
        or len(stack.retiring) >= MAX_RETIRING
    ):
        return stack, effects
    mode: ReloadMode = "full" if any(request.mode == "full" for request in stack.waiting) else "in_place"
    requests, tickets = stack.waiting, tuple(request.ticket for request in stack.waiting)
    stack = replace(
        stack, phase="reloading", waiting=(), reason="", reload=ReloadInProgress(tickets=tickets, mode=mode)
    )
    # A rollback answered together with other requests finds the earlier release: nothing of it may migrate a database.
    commands = all(request.commands for request in requests)
    return stack, [*effects, events.Prepare(mode, commands)]


def _prepared(stack: Stack, event: events.Prepared, _now: float) -> Transition:
    if stack.reload is None or stack.phase == "stopping" or stack.reload.prepared:
        return stack, []
    reload = replace(stack.reload, front_too=event.front, prepared=True)
    stack = replace(stack, reload=reload)
    if not event.app:
        return stack, [events.RefreshFront()]
    serving = stack.serving
    if (
        serving is None
        or serving.condition == "backing-off"
        or (stack.hand_over, reload.mode) == ("generations", "full")
    ):
        return _spawn_candidate(stack)
    if stack.hand_over == "restart":
        return replace(stack, serving=replace(serving, condition="stopping")), [events.Stop(serving.key)]
    if serving.condition != "ready":
        return _reload_refused(stack, "the app server is just being started; ask again in a moment")
    stack = replace(stack, reload=replace(reload, in_place=True))
    return replace(stack, serving=replace(serving, condition="starting")), [events.Refresh(serving.key)]


def _preparation_failed(stack: Stack, event: events.PreparationFailed, _now: float) -> Transition:
    return (
        (stack, []) if stack.reload is None or stack.reload.prepared else _reload_refused(stack, event.reason)
    )


def _reload_succeeded(stack: Stack, effects: list[events.Effect]) -> Transition:
    if stack.reload is None:
        return _next_reload(replace(stack, phase="serving"), effects)
    if stack.reload.front_too:
        return stack, [*effects, events.RefreshFront()]
    return _reload_done(stack, effects, "")


def _front_refreshed(stack: Stack, event: events.FrontRefreshed, _now: float) -> Transition:
    return (stack, []) if stack.reload is None else _reload_done(stack, [], event.problem)


def _reload_done(stack: Stack, effects: list[events.Effect], problem: str) -> Transition:
    tickets = stack.reload.tickets if stack.reload else ()
    stack = replace(stack, phase="serving", reload=None, reason="")
    return _next_reload(stack, [*effects, events.Accept(), events.Answer(tickets, problem)])


def _reload_refused(stack: Stack, reason: str) -> Transition:
    tickets = stack.reload.tickets if stack.reload else ()
    broken = stack.serving is None or stack.serving.failures >= GIVES_UP_AFTER
    stack = replace(
        stack, phase="failed" if broken else "serving", reload=None, reason=reason if broken else ""
    )
    return _next_reload(stack, [events.Answer(tickets, reason)])


_HANDLERS: dict[type, Callable[..., Transition]] = {
    events.StartRequested: _start,
    events.ImportSucceeded: _import_succeeded,
    events.ImportFailed: _import_failed,
    events.Ready: _ready,
    events.UnitNotReady: _not_ready,
    events.Exited: _exited,
    events.ChainAnswered: _chain_answered,
    events.ChainBroken: _chain_broken,
    events.ReloadRequested: _reload_requested,
    events.Prepared: _prepared,
    events.PreparationFailed: _preparation_failed,
    events.FrontRefreshed: _front_refreshed,
    events.StopRequested: begin_stop,
    events.TimerFired: _timer_fired,
}
