"""Checks for settings of host names that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.model.host_names import names_in_both_forms
from enuf.settings.sections.serve import Serve


def www_contradictions(serve: Serve) -> Iterator[tuple[str, str]]:
    """Yield why `serve.www` does not know what to redirect, with the setting."""
    if serve.www == "off":
        return
    if both := names_in_both_forms(serve.hosts):
        why = f"serve.hosts lists {both[0]} and www.{both[0]}: leave out the one that shall lead to the other"
        yield "serve.www", f'serve.www = "redirect": {why}'
    elif not serve.www_pairs:
        why = "serve.hosts has no plain name such as example.com, whose other form could lead there: add one"
        yield "serve.www", f'serve.www = "redirect": {why}'
