"""The end of the machine: the front stops first, then the generations, gracefully or at once."""

from __future__ import annotations

from msgspec.structs import replace

from enuf.run.machine import events
from enuf.run.machine.stack import Stack, Transition, UnitState


def begin_stop(stack: Stack, event: events.StopRequested, now_s: float) -> Transition:
    """Stop the front, so that no new request comes in.

    Then the serving generation stops, which finishes the requests in flight (F72).
    """
    if stack.phase == "stopping":
        return kill_all(stack) if event.at_once and not stack.at_once else (stack, [])
    waiting = tuple(request.ticket for request in stack.waiting)
    tickets = (*(stack.reload.tickets if stack.reload else ()), *waiting)
    effects: list[events.Effect] = [events.Answer(tickets, "the stack is going down")] if tickets else []
    stack = replace(stack, phase="stopping", stop_by_s=now_s + stack.stop_within_s, reload=None, waiting=())
    for unit in stack.units:
        if unit.condition == "backing-off":
            stack, more = forget(stack, unit)
            effects += more
    if event.at_once:
        stack, more = kill_all(stack)
        return stack, [*effects, *more]
    effects.append(events.WakeAt(stack.stop_by_s))
    if stack.candidate:
        effects.append(events.Kill(stack.candidate.key))
    if stack.front:
        front = replace(stack.front, condition="stopping")
        return replace(stack, front=front), [*effects, events.Stop(events.FRONT)]
    return continue_stop(stack, effects)


def kill_all(stack: Stack) -> Transition:
    """Kill every unit: the stop goes on at once."""
    return continue_stop(replace(stack, at_once=True), [events.Kill(unit.key) for unit in stack.units])


def gone(stack: Stack, unit: UnitState) -> Transition:
    """Go on with the stop after a unit has exited."""
    stack, effects = forget(stack, unit)
    return continue_stop(stack, effects)


def forget(stack: Stack, unit: UnitState) -> Transition:
    """Drop a unit whose process has ended, and release its socket."""
    if unit.key == events.FRONT:
        return replace(stack, front=None), []
    if stack.serving and unit.key == stack.serving.key:
        return replace(stack, serving=None), [events.Release(unit.key)]
    return replace(stack, candidate=None), [events.Release(unit.key)]


def continue_stop(stack: Stack, effects: list[events.Effect]) -> Transition:
    """Stop the serving generation after the front, and close the stack after the last unit."""
    if not stack.units:
        return replace(stack, closed=True), [*effects, events.Close()]
    serving = stack.serving
    if stack.front is None and serving and serving.condition != "stopping" and not stack.at_once:
        drain = stack.drains_at_stop and serving.condition == "ready"
        stack = replace(stack, serving=replace(serving, condition="stopping"))
        return stack, [*effects, events.Stop(serving.key, drain=drain)]
    return stack, effects
