"""A plan for the tree of an image: paths as they are in there, not as they are on the machine that builds the image."""

from __future__ import annotations

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
    return replace(
        request,
        report=_in_image(request.report, root),
        toolchain=_in_image(request.toolchain, root),
        paths=_in_image(request.paths, root),
        extra_static=tuple(_in_image(each, root) for each in request.extra_static),
        protected=tuple(_in_image(each, root) for each in request.protected),
        pages=_in_image(request.pages, root),
        env_files=tuple(path_in_image(path, root) for path in request.env_files),
        real_paths=_mapped(request.real_paths, root),
        enuf_python=path_in_image(request.enuf_python, root),
    )


def _in_image(value: T, root: str) -> T:
    return msgspec.convert(_mapped(msgspec.to_builtins(value), root), type(value))


def _mapped(value: Any, root: str) -> Any:
    if isinstance(value, str):
        return path_in_image(value, root)
    if isinstance(value, list | tuple):
        return [_mapped(item, root) for item in value]
    if isinstance(value, dict):
        return {_mapped(key, root): _mapped(item, root) for key, item in value.items()}
    return value
