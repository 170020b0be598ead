"""Errors of the command line: two lines on stderr, one JSON document, and the exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from enuf.cli.foreign_code import run_as_owner_of_code
from enuf.cli.terminal.streams import leave_to_nobody
from enuf.cli.verb import Globals, begin_run
from enuf.errors import INTERRUPTED, EnufError, NotReady, PrivilegeNeeded, SettingsInvalid
from enuf.language.spoken import begin_language, translated, translated_headings

USAGE = 2
_WITHOUT_PAGE = ("interrupted", "usage")
"""Errors of which a page would say no more."""
_USUAL_HINTS = {
    4: "`enuf config` shows every setting in force and where it came from",
    5: "name the app: enuf up path/to/file.py:name",
    6: "`enuf plan` shows which programs would run",
    7: "`enuf logs` shows what the servers say",
    70: "run it again with --debug and report what it prints",
}


def run(command: click.Command, arguments: Sequence[str], name: str = "enuf", parent: Any = None) -> int:
    """Run the command line and return its exit code; every exception becomes one.

    `parent` is Flask's context object.
    """
    begin_language(os.environ)
    flags = begin_run(arguments)
    try:
        code = run_as_owner_of_code(arguments) if parent is None else None
        if code is not None:
            return code
        return _invoke(command, arguments, name, parent)
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        leave_to_nobody()
        return 0
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, flags)


def report(error: Exception | KeyboardInterrupt, arguments: Sequence[str]) -> int:
    """Print the error of a command line as `run` does. Return the exit code."""
    begin_language(os.environ)
    return _report(error, begin_run(arguments))


def _report(error: Exception | KeyboardInterrupt, flags: Globals) -> int:
    if flags.debug:
        _traceback()
    known = _as_error(error)
    with contextlib.suppress(OSError):  # stderr is closed: the exit code remains
        print_error(known, as_json=flags.json)
    leave_to_nobody()
    return known.exit_code


def _invoke(command: click.Command, arguments: Sequence[str], name: str, parent: Any) -> int:
    if "_ENUF_COMPLETE" in os.environ:  # a shell asks for completions: click prints them and exits
        command.main(list(arguments), prog_name=name)
    # Not click's own `main`, which ends with 1 when the reader of a pipe has gone.
    with command.make_context(name, list(arguments), obj=parent) as ctx:
        code: Any = command.invoke(ctx)
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _as_error(error: BaseException) -> EnufError:
    if isinstance(error, EnufError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _with_code(
            EnufError("interrupted", "nothing was left running", slug="interrupted"), INTERRUPTED
        )
    if isinstance(error, click.UsageError):
        where = error.ctx.command_path if error.ctx else "enuf"
        option = _without_value(error)
        summary = _needs_value(option) if option else _usage_summary(error)
        hint = (
            f"{option.opts[-1]}: {option.help} All options: {where} --help" if option else f"{where} --help"
        )
        return _with_code(EnufError(summary, hint, slug="usage"), USAGE)
    if isinstance(error, OSError) and error.errno is not None:
        return _refused_by_system(error)
    return EnufError(f"a bug in enuf: {type(error).__name__}: {error}")


def _without_value(error: click.UsageError) -> click.Option | None:
    """Return the option that was typed without its value; None for any other usage error."""
    if not isinstance(error, click.BadOptionUsage) or error.ctx is None:
        return None
    options = (each for each in error.ctx.command.params if isinstance(each, click.Option))
    return next((each for each in options if error.option_name in each.opts and not each.is_flag), None)


def _needs_value(option: click.Option) -> str:
    """Return that the option needs a value, and its values where there are only a few."""
    from enuf.cli.options import words_of_flag

    kind = option.type
    words = list(kind.choices) if isinstance(kind, click.Choice) else words_of_flag(option.name or "")
    values = f": one of {', '.join(map(str, words))}" if words else ""
    return f"{option.opts[-1]} needs a value{values}"


def _usage_summary(error: click.UsageError) -> str:
    """Return what is wrong with the words; for a flag of another program also what to type instead."""
    from enuf.cli import foreign_words

    if isinstance(error, click.NoSuchOption) and error.option_name in foreign_words.FLAGS:
        return f"there is no {error.option_name} here; instead: {foreign_words.FLAGS[error.option_name]}"
    return " ".join(error.format_message().split())  # click puts the choices on lines of their own


def _refused_by_system(error: OSError) -> EnufError:
    """Return the error for a refused system call: another user's file, a full disk, no more processes."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    hint = "the operating system refused it: run it again with --debug to see where"
    if isinstance(error, PermissionError):
        return PrivilegeNeeded(what, hint, slug="system-refused")
    return NotReady(what, hint, slug="system-refused")


def _with_code(error: EnufError, code: int) -> EnufError:
    error.exit_code = code
    return error


def print_error(error: EnufError, *, as_json: bool) -> None:
    """Print the error for people on stderr and, when asked for, as the one JSON document on stdout."""
    from enuf.cli.terminal.output import print_json, remark

    hint = error.hint or _USUAL_HINTS.get(error.exit_code, "enuf --help")
    if error.detail:
        click.echo(_detail(error).rstrip("\n"), err=True)
    remark("error", error.summary, fg="red", bold=True)
    remark("hint", hint)
    if sys.stderr.isatty() and error.slug not in _WITHOUT_PAGE:
        remark("more", f"enuf explain {error.slug}")
    if as_json:
        known = {"slug": error.slug, "exit_code": error.exit_code, "summary": error.summary}
        print_json({"error": {**known, "hint": hint, "detail": error.detail}})


def _detail(error: EnufError) -> str:
    """Return the evidence in the language of the run: problems with settings are ours, tracebacks and logs are not."""
    is_ours = isinstance(error, SettingsInvalid) or error.slug == SettingsInvalid.slug  # of a refused reload
    return translated(error.detail) if is_ours else translated_headings(error.detail)


def _traceback() -> None:
    import traceback

    click.echo(traceback.format_exc(), err=True)
