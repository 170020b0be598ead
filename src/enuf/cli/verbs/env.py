"""`enuf env`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from enuf.cli.terminal.output import note, print_json, remark, say, say_as_is
from enuf.cli.verb import current, verb

if TYPE_CHECKING:
    from enuf.install.environment import ChangedEnvironment

MOST_BYTES = 2**20


@verb("env", example="enuf env set shop SECRET_KEY")
@click.argument("action", type=click.Choice(["set", "unset", "list"]))
@click.argument("site")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--no-reload", is_flag=True, help="Change the file only; the next reload or start takes it.")
def command(action: str, site: str, names: tuple[str, ...], no_reload: bool) -> int:
    """Keep the secrets of an installed site: variables that only root and the app can read.

    `set SITE NAME` asks for the value, or reads it from stdin: a command line stands in the shell's history and in every
    list of processes. `set SITE` without a name reads NAME=value lines from stdin. `list` prints the names alone. The
    service takes a change by a reload, without losing a request; a reload that is refused leaves everything as before.
    SITE may be set before `enuf install`.
    """
    from enuf.install.environment import environment_names, set_variables, unset_variables

    if action == "list":
        if names:
            raise click.UsageError("`list` shows all names of a site, and takes none")
        _print_names(site, environment_names(site))
        return 0
    if action == "unset":
        if not names:
            raise click.UsageError("name what to remove: enuf env unset SITE NAME")
        changed = unset_variables(site, names, reload=not no_reload)
    else:
        changed = set_variables(site, _values(names), reload=not no_reload)
    if current().json:
        print_json({"site": site, "file": changed.file, "names": list(changed.names), "taken": changed.taken})
        return 0
    _tell(site, changed)
    return 0


def _tell(site: str, changed: ChangedEnvironment) -> None:
    """Print whether the service has the change, or when it will."""
    if changed.taken == "reloaded":
        say(f"{changed.unit} serves with the new variables")
    elif changed.taken == "later":
        say(f"written to {changed.file}; the next reload or start of {changed.unit} takes it")
    elif changed.taken == "unchanged":
        say(f"{changed.file} holds that already: nothing to change")
    else:
        say(f"written to {changed.file}; there is no site {site} yet: enuf install takes it")


def _print_names(site: str, names: tuple[str, ...]) -> None:
    if current().json:
        print_json({"site": site, "names": list(names)})
    elif names:
        say_as_is("\n".join(names))
    else:
        note(f"{site} has no variables: enuf env set {site} NAME")


def _values(words: tuple[str, ...]) -> dict[str, str]:
    """Return the variables to set: from the words, a prompt, or stdin."""
    given = dict(word.split("=", 1) for word in words if "=" in word)
    if given:
        remark(
            "warning",
            "the value stands in the shell's history and in the list of processes now: better without =",
            fg="yellow",
        )
    asked = [word for word in words if "=" not in word]
    if not asked and given:
        return given
    if sys.stdin.isatty():
        if not asked:
            raise click.UsageError("name a variable: enuf env set SITE NAME")
        return given | {name: click.prompt(name, hide_input=True, err=True) for name in asked}
    return given | _from_stdin(asked)


def _from_stdin(names: list[str]) -> dict[str, str]:
    """Return the value of the one name, or all variables of NAME=value lines."""
    from enuf.syntax.env_file import values_in

    if len(names) > 1:
        raise click.UsageError("stdin holds one value: name one variable, or none for NAME=value lines")
    text = sys.stdin.buffer.read(MOST_BYTES + 1).decode("utf-8", "surrogateescape")
    if len(text) > MOST_BYTES:
        raise click.UsageError("stdin holds more than a megabyte")
    if names:
        return {names[0]: text.removesuffix("\n").removesuffix("\r")}
    values = values_in(text)
    if not values:
        raise click.UsageError("stdin holds no NAME=value line")
    return values
