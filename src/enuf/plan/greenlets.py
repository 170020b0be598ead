"""What serve.greenlets needs: gevent beside gunicorn, and no setting that belongs to threads or to a fork."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.errors import ToolUnusable
from enuf.model.tool import GEVENT, Toolchain
from enuf.settings.schema import Settings


def greenlet_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the settings that contradict serve.greenlets, each with a sentence."""
    greenlets, threads = settings.serve.greenlets, settings.serve.threads
    if not greenlets:
        return
    if threads != Settings().serve.threads:
        yield (
            "serve.greenlets",
            f"serve.greenlets = {greenlets} and serve.threads = {threads}: a process has greenlets or threads, remove one of them",
        )
    if settings.workers.lazy is False:
        yield (
            "workers.lazy",
            "workers.lazy = false: with serve.greenlets each worker must import the app itself, after gevent has patched "
            "Python's modules there: remove it",
        )


def refuse_without_gevent(toolchain: Toolchain, settings: Settings) -> None:
    """Raise ToolUnusable where serve.greenlets is set and the app's Python has no gevent that gunicorn can use."""
    gunicorn, python = toolchain.tools.get("gunicorn"), toolchain.python
    if not settings.serve.greenlets or gunicorn is None or GEVENT in gunicorn.features:
        return
    raise ToolUnusable(
        f"serve.greenlets needs gevent 24.10.1 or later, and the app's Python, {python.executable} ({python.origin}), has none",
        f"{python.executable} -m pip install --upgrade gevent",
        slug="gevent-missing",
    )
