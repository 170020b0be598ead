"""How a unit describes itself to whoever looks at it with `systemctl status`. Pure."""

from __future__ import annotations

from enuf.model.words import DOCUMENTATION
from enuf.syntax.unit_print import Line, literal


def described(what: str, page: str) -> tuple[Line, ...]:
    """Return the lines by which `systemctl status` says what a unit is for, and which manual page tells more."""
    shown = "".join(each if each.isprintable() else "?" for each in what)
    return (
        Line("Description", literal(shown)),
        Line("Documentation", f"man:{page}(1) {DOCUMENTATION}/en/how-to/install.md"),
    )
