"""The choice of the app among a module's names: Flask's order of discovery, on names not objects."""

from __future__ import annotations

import difflib
import sys

import msgspec

from enuf.discover.source import ASGI, INSIDE, Binding, ModuleNames
from enuf.errors import AppNotFound

APP_NAMES = ("app", "application")
FACTORY_NAMES = ("create_app", "make_app")
_GUARD = "if __name__ == '__main__'"


class Choice(msgspec.Struct, frozen=True):
    """The name of the app, None if only an import can find it, and the arguments if it is a factory."""

    attribute: str | None
    call: str | None = None
    skipped: str = ""
    """A name that is passed over although it is called `app`, in words."""
    likely: bool = True
    """False when the module may hold no app at all."""


def default_choice(names: ModuleNames, place: str) -> Choice | None:
    """Return the app that a module has without a name given; None if the module certainly has none.

    Raise AppNotFound if the module has several, or a factory that needs arguments.
    """
    found = [name for name in APP_NAMES if _can_serve(names.bindings.get(name))]
    flasks = [name for name, binding in names.bindings.items() if binding.kind == "flask"]
    skipped = skipped_in(names)
    if found:
        name = next((name for name in found if name in flasks), found[0])
        is_doubtful = names.bindings[name].kind == "instance"
        return Choice(None if is_doubtful else name, skipped="" if is_doubtful else skipped)
    if len(flasks) > 1:
        raise AppNotFound(
            f"{place} holds several apps: {', '.join(flasks)}", f"name one of them: {place}:{flasks[0]}"
        )
    if flasks:
        return Choice(flasks[0], skipped=skipped)
    for name in FACTORY_NAMES:
        if name in names.bindings and _may_be_called(names.bindings[name]):
            return msgspec.structs.replace(named_choice(names, name, "", place), skipped=skipped)
    return _last_resort(names, skipped)


def _last_resort(names: ModuleNames, skipped: str) -> Choice | None:
    """Return the app inside of an object that is none, or the choice that is left to the import."""
    for name in APP_NAMES:
        binding = names.bindings.get(name)
        if binding and binding.kind == "other" and binding.original in INSIDE:
            return Choice(f"{name}.{INSIDE[binding.original]}", skipped=skipped)
    if names.open_ended or any(_only_import_can_tell(binding) for binding in names.bindings.values()):
        return Choice(None, likely=False)
    return None


def skipped_in(names: ModuleNames) -> str:
    """Return in words which name looks like the app and is no WSGI app; empty for none."""
    for name in APP_NAMES:
        binding = names.bindings.get(name)
        if binding and binding.kind == "other":
            if binding.original in INSIDE:
                return f"{name} is a {binding.original} object"
            kind = "an ASGI app" if binding.original in ASGI else "no WSGI app"
            return f"{name} is {kind} ({binding.original})"
    return ""


def asgi_cure(name: str) -> str:
    """Return what helps where the app is an ASGI app."""
    return (
        "enuf serves WSGI: run it with an ASGI server such as uvicorn, or make it WSGI: "
        f"from a2wsgi import ASGIMiddleware; application = ASGIMiddleware({name})"
    )


def why_none(names: ModuleNames, place: str) -> tuple[str, str] | None:
    """Return why a module that looks like an app offers none, and the cure.

    None when it does not look like one.
    """
    guarded = [name for name in APP_NAMES if name in names.guarded]
    if guarded:
        cure = "which a server skips: move it out of there"
        return f"{place} holds no app", f"{guarded[0]} is bound only under {_GUARD}, {cure}"
    skipped = skipped_in(names)
    if skipped:
        name = skipped.partition(" ")[0]
        cure = asgi_cure(name) if "ASGI" in skipped else f"name the callable: {place}:name"
        return f"{place} holds no WSGI app: {skipped}", cure
    for name, returned in names.makers.items():
        binding = names.bindings.get(name)
        if returned and binding and binding.kind == "function":
            call = f'{name}("...")' if binding.required else f"{name}()"
            return f"{place} holds no app", f"the app is made by {name}(): name it, {place}:{call}"
        cure = "make it at module level, or return it from create_app()"
        return f"{place} holds no app", f"the app is made inside {name}(), where no server finds it: {cure}"
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
        binding.takes_request
        if binding.kind == "function"
        else binding.kind in ("flask", "value", "instance", "import")
    )


def _may_be_called(binding: Binding) -> bool:
    return binding.kind in ("function", "value", "instance", "import")


def _only_import_can_tell(binding: Binding) -> bool:
    """Return True for a value, and for a name from a module outside of Flask and the standard library."""
    if binding.kind != "import":
        return binding.kind in ("value", "instance")
    top = binding.origin.partition(".")[0]
    return top not in ("flask", "werkzeug") and top not in sys.stdlib_module_names


def _hint_for_unknown(names: ModuleNames, wanted: str, place: str) -> str:
    if wanted in names.guarded:
        return f"{wanted} is bound only under {_GUARD}, which a server skips: move it out of there"
    known = [
        name
        for name, binding in names.bindings.items()
        if binding.kind in ("flask", "function") or _only_import_can_tell(binding)
    ]
    close = difflib.get_close_matches(wanted, known, n=1)
    if close:
        return f"did you mean {place}:{close[0]}?"
    return f"it has: {', '.join(known[:6])}" if known else "it has nothing that could be served"
