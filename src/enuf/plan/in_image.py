"""A plan for the tree of an image: paths as they are in there, not as they are on the machine that builds the image."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from enuf.plan.request import PlanRequest

T = TypeVar("T")


def path_in_image(path: str, root: str) -> str:
    """Return a path below the root of an image as it is in the image; any other path as it is."""
    return path.removeprefix(root) or "/" if path == root or path.startswith(f"{root}/") else path


def request_in_image(request: PlanRequest, root: str) -> PlanRequest:
    """Return the request with every path below `root` as it is in the image."""
    move = partial(path_in_image, root=root)
    return replace(
        request,
        report=relocated(request.report, move),
        toolchain=relocated(request.toolchain, move),
        paths=relocated(request.paths, move),
        extra_static=tuple(relocated(each, move) for each in request.extra_static),
        protected=tuple(relocated(each, move) for each in request.protected),
        pages=relocated(request.pages, move),
        env_files=tuple(map(move, request.env_files)),
        real_paths=_mapped(request.real_paths, move),
        enuf_python=move(request.enuf_python),
    )


def relocated(value: T, move: Callable[[str], str]) -> T:
    """Return a value with `move` applied to every text in it."""
    return msgspec.convert(_mapped(msgspec.to_builtins(value), move), type(value))


def _mapped(value: Any, move: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return move(value)
    if isinstance(value, list | tuple):
        return [_mapped(item, move) for item in value]
    if isinstance(value, dict):
        return {_mapped(key, move): _mapped(item, move) for key, item in value.items()}
    return value
