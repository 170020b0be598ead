"""What a shell offers for a word that is not finished: files, folders, verbs, settings, ids of requests."""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

OFFERED_REQUESTS = 20


def files(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Let the shell offer files and folders."""
    return [CompletionItem(typed, type="file")]


def folders(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Let the shell offer folders."""
    return [CompletionItem(typed, type="dir")]


def verbs(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the verbs that begin with what is typed so far."""
    from enuf.cli.root import VERBS

    return [CompletionItem(name, help=about) for name, about in VERBS.items() if name.startswith(typed)]


def assignments(_ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return `KEY=` for each setting whose key begins with what is typed so far."""
    from enuf.settings.fields import dotted_keys

    return [
        CompletionItem(f"{key}=", help=field.description.partition(". ")[0])
        for key, field in dotted_keys().items()
        if key.startswith(typed)
    ]


def layers(ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the layers of the stack's logs that begin with what is typed so far."""
    from enuf.cli.stack import entered_stack
    from enuf.errors import EnufError
    from enuf.observe.logs.records import LAYERS, layers_of

    try:
        with ctx:  # the verb of the command is asked for
            known = layers_of(Path(entered_stack().log))
    except (EnufError, OSError):
        known = LAYERS
    return [CompletionItem(name) for name in known if name.startswith(typed)]


def request_ids(ctx: click.Context, _parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Return the ids of the latest requests, the latest first, each with its request and status.

    A stack that cannot be found or read offers no ids: a shell has no place for the reason.
    """
    from enuf.cli.stack import entered_stack
    from enuf.errors import EnufError
    from enuf.observe.logs.history import read_last
    from enuf.observe.logs.records import RecordFilter

    try:
        with ctx:  # the verb of the command is asked for
            folder = Path(entered_stack().log)
        records = read_last(folder, RecordFilter(layer="front"), None)
    except (EnufError, OSError):
        return []
    latest = {each.id: each.text for each in reversed(records) if each.id and each.id.startswith(typed)}
    return [CompletionItem(name, help=text) for name, text in list(latest.items())[:OFFERED_REQUESTS]]
