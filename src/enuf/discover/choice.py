"""The choice of the app among a module's names: Flask's order of discovery, on names not objects."""

from __future__ import annotations

import difflib
import sys

import msgspec

from enuf.discover.source import Binding, ModuleNames
from enuf.errors import AppNotFound

APP_NAMES = ("app", "application")
FACTORY_NAMES = ("create_app", "make_app")


class Choice(msgspec.Struct, frozen=True):
    """The name of the app, None if only an import can find it, and the arguments if it is a factory."""

    attribute: str | None
    call: str | None = None


def default_choice(names: ModuleNames, place: str) -> Choice | None:
    """Return the app that a module has without a name given; None if the module certainly has none.

    Raise AppNotFound if the module has several, or a factory that needs arguments.
    """
    found = [name for name in APP_NAMES if _can_serve(names.bindings.get(name))]
    flasks = [name for name, binding in names.bindings.items() if binding.kind == "flask"]
    if found:
        return Choice(next((name for name in found if name in flasks), found[0]))
    if len(flasks) > 1:
        raise AppNotFound(
            f"{place} holds several apps: {', '.join(flasks)}", f"name one of them: {place}:{flasks[0]}"
        )
    if flasks:
        return Choice(flasks[0])
    for name in FACTORY_NAMES:
        if name in names.bindings and _may_be_called(names.bindings[name]):
            return named_choice(names, name, "", place)
    if names.open_ended or any(_only_import_can_tell(binding) for binding in names.bindings.values()):
        return Choice(None)
    return None


def named_choice(names: ModuleNames, attribute: str, call: str | None, place: str) -> Choice:
    """Return the app that the user named, with `call` set for a factory that was named without parentheses.

    Raise AppNotFound if the module cannot have the name, or the factory needs arguments.
    """
    first, _, rest = attribute.partition(".")
    binding = names.bindings.get(first)
    if binding is None and not names.open_ended and first not in names.maybe:
        raise AppNotFound(f"{place} has no {first!r}", _hint_for_unknown(names, first, place))
    if rest:
        return Choice(attribute, call)
    is_function = binding is not None and binding.kind == "function"
    is_factory = attribute in FACTORY_NAMES or (
        is_function and binding is not None and not binding.takes_request
    )
    if call is None and is_factory and (binding is None or _may_be_called(binding)):
        call = ""  # Flask calls a function that is named without parentheses; so do we
    if call == "" and binding is not None and binding.required:
        raise AppNotFound(
            f"{attribute} in {place} needs arguments: {', '.join(binding.required)}",
            f'write {place}:{attribute}("...")',
        )
    return Choice(attribute, call)


def _can_serve(binding: Binding | None) -> bool:
    """Return True for a possible WSGI callable.

    A class, a module and a constant such as `app = None` are none.
    """
    if binding is None:
        return False
    return (
        binding.takes_request if binding.kind == "function" else binding.kind in ("flask", "value", "import")
    )


def _may_be_called(binding: Binding) -> bool:
    return binding.kind in ("function", "value", "import")


def _only_import_can_tell(binding: Binding) -> bool:
    """Return True for a value, and for a name from a module outside of Flask and the standard library."""
    if binding.kind != "import":
        return binding.kind == "value"
    top = binding.origin.partition(".")[0]
    return top not in ("flask", "werkzeug") and top not in sys.stdlib_module_names


def _hint_for_unknown(names: ModuleNames, wanted: str, place: str) -> str:
    if wanted in names.guarded:
        return f"{wanted} is bound only under if __name__ == '__main__', which a server skips: move it out of there"
    known = [
        name
        for name, binding in names.bindings.items()
        if binding.kind in ("flask", "function") or _only_import_can_tell(binding)
    ]
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        return f"did you mean {place}:{close[0]}?"
    return f"it has: {', '.join(known[:6])}" if known else "it has nothing that could be served"
