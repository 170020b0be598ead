"""The project's own code in a stack."""

from __future__ import annotations

import os

from enuf.syntax.python_frames import innermost_below


def own_line(stack: str, project: str) -> str:
    """Return the innermost line of the project's own code, `shop/views.py:28 in hang`; empty where there is none.

    A project whose path is a link, `current`, has its code behind the link.
    """
    return innermost_below(stack, (project, os.path.realpath(project))) if project and stack else ""
