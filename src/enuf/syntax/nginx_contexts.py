"""Where nginx takes a directive: crossplane's table of directives and their contexts, as nginx's sources have them."""

from __future__ import annotations

from collections.abc import Sequence

from crossplane.analyzer import CONTEXTS, DIRECTIVES, enter_block_ctx


def context_inside(blocks: Sequence[str]) -> tuple[str, ...]:
    """Return the context inside these blocks, the outermost first. A site without `http` lies in one."""
    context: tuple[str, ...] = () if blocks[:1] == ("http",) else ("http",)
    for name in blocks:
        context = tuple(enter_block_ctx({"directive": name}, context))
    return context


def is_allowed_in(directive: str, blocks: Sequence[str]) -> bool:
    """Return True if nginx takes a directive inside these blocks. Unknown blocks and directives pass."""
    context = CONTEXTS.get(context_inside(tuple(blocks)))
    known = DIRECTIVES.get(directive)
    return context is None or known is None or any(mask & context for mask in known)
