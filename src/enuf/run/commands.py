"""What a supervisor does for each request on its control socket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

from enuf.model.protocol import (
    ControlReply,
    ControlRequest,
    ReloadMode,
    ReloadReply,
    ReloadRequest,
    StatusRequest,
    StopReply,
    StopRequest,
)
from enuf.run.machine import events
from enuf.run.reload.refusals import reload_refusal
from enuf.run.reload.requests import ReloadRequests
from enuf.run.running import RunningStack
from enuf.run.service_variables import ServiceVariables
from enuf.run.status import StatusSource


class Commands:
    """The commands of the control socket: each performs a request and returns its reply."""

    def __init__(
        self,
        running: RunningStack,
        reload_requests: ReloadRequests,
        status: StatusSource,
        post: Callable[[events.Event], None],
        environment: ServiceVariables,
    ) -> None:
        self._running = running
        self._environment = environment
        self._reload_requests = reload_requests
        self._status = status
        self._post = post

    async def perform(self, request: ControlRequest) -> ControlReply:
        """Perform a request and return the reply. Raise NotReady when a reload is refused."""
        match request:
            case StatusRequest(checked):
                return await self._status.checked_status() if checked else self._status.status()
            case ReloadRequest(mode, commands, environment):
                return await self._reload(mode, environment, commands=commands)
            case StopRequest(at_once):
                self._post(events.StopRequested(at_once))
                return StopReply()
            case _:
                assert_never(request)

    async def _reload(
        self, mode: ReloadMode, environment: Mapping[str, str] | None, *, commands: bool
    ) -> ReloadReply:
        number = self._reload_requests.open(self._environment.offer(environment))
        self._post(events.ReloadRequested(number, mode, commands))
        problem = await self._reload_requests.answered(number)
        if problem is not None:
            raise reload_refusal(problem)
        running = self._running
        return ReloadReply(
            generation=running.generation, url=running.plan.url, note=running.note, ran=running.ran
        )
