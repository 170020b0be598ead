"""The page that the browser shows while the last change is broken (--dev only)."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import EnufError
from enuf.model.plan import Plan
from enuf.system import files

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3em auto; max-width: 60em; padding: 0 1em; }}
pre {{ overflow-x: auto; padding: 1em; border: 1px solid #8886; border-left: 4px solid #d33; font-size: 14px; }}
</style>
<h1>{title}</h1>
<pre>{detail}</pre>
<p>{hint}</p>
<p>The version before it still runs. This page goes away by itself once the code is mended (enuf up --dev).</p>
</html>
"""


def error_page(error: EnufError) -> str:
    """Return a page with the error and the app's traceback, which loads itself again every two seconds."""
    import html  # here: its tables cost 300 KB, and this page is for --dev only

    shown = {"title": error.summary, "detail": error.detail or error.summary, "hint": error.hint}
    return _PAGE.format(**{name: html.escape(text) for name, text in shown.items()})


def show(plan: Plan, error: EnufError | None) -> None:
    """Write the page that the front shows while the last change is broken (--dev only).

    Remove it without an error.
    """
    if plan.watch is None:
        return
    page = Path(plan.paths.runtime) / "dev" / "error.html"
    if error is None:
        files.remove(page)
    else:
        page.parent.mkdir(mode=0o700, exist_ok=True)
        files.write_whole(page, error_page(error))
