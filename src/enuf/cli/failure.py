"""How a run ends badly: two lines on stderr, one JSON document, and the exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from enuf.errors import EnufError

INTERRUPTED = 130


def run(command: click.Command, arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; nothing is raised."""
    as_json, debug = "--json" in arguments, "--debug" in arguments
    try:
        code: Any = command.main(list(arguments), prog_name="enuf", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except EnufError as error:
        if debug:
            _traceback()
        tell(error, as_json=as_json)
        return error.exit_code
    except click.UsageError as error:
        usage = EnufError(error.format_message(), _help_for(error), slug="usage")
        usage.exit_code = 2
        tell(usage, as_json=as_json)
        return 2
    except click.exceptions.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; Python would complain when it flushes
        return 0
    except Exception as error:
        if debug:
            _traceback()
        tell(
            EnufError(
                f"a bug in enuf: {type(error).__name__}: {error}",
                "run it again with --debug and report what it prints",
            ),
            as_json=as_json,
        )
        return EnufError.exit_code


def tell(error: EnufError, *, as_json: bool) -> None:
    """Print the error for people on stderr and, when asked for, as the one JSON document on stdout."""
    if error.detail:
        click.echo(error.detail.rstrip("\n"), err=True)
    click.echo(f"{_red('error:')} {error.summary}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)
    if as_json:
        from enuf.cli.output import print_json

        print_json(
            {
                "error": {
                    "slug": error.slug,
                    "exit_code": error.exit_code,
                    "summary": error.summary,
                    "hint": error.hint,
                    "detail": error.detail,
                }
            }
        )


def _red(text: str) -> str:
    from enuf.cli.output import styled

    return styled(text, sys.stderr, fg="red", bold=True)


def _help_for(error: click.UsageError) -> str:
    return f"{error.ctx.command_path} --help" if error.ctx else "enuf --help"


def _traceback() -> None:
    import traceback

    click.echo(traceback.format_exc(), err=True)
