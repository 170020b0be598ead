"""The group of all verbs, with names and one-line helps, so that `enuf --help` imports no verb."""

from __future__ import annotations

import importlib
from typing import Any

import click

from enuf import __version__
from enuf.cli.help import SpokenContext
from enuf.cli.verb import current, global_options, naming_the_verb
from enuf.language.spoken import translated

VERBS = {
    "up": "Serve the app: nginx, a unix socket, uWSGI. Ctrl-C stops the stack.",
    "down": "Finish the requests in flight and stop; leave no process or socket.",
    "reload": "Take new code and settings without losing a request.",
    "rollback": "Go back to the release or the revision that served before.",
    "restart": "Stop and start again; drops the requests of that moment.",
    "maintenance": "Close the site for visitors with a page, and open it again.",
    "ps": "List the running stacks: project, state, address.",
    "sites": "List the installed sites of this host: state, version, user, certificate.",
    "status": "Show what runs, where, and in which state, on one screen.",
    "top": "Show threads, queue, rates and slow requests, live.",
    "dash": "Print the address of the dashboard, or open it.",
    "logs": "Show the logs of all layers in one stream.",
    "doctor": "Find faults in nginx sites, uwsgi.ini, units and apps, and fix them.",
    "explain": "Print the page of a code or an error; list and search them.",
    "plan": "Show what would run, in full; start nothing.",
    "render": "Write every config file, ready to run without enuf.",
    "export": "Write files for Docker, Swarm or Kubernetes, when one machine is not enough.",
    "bench": "Compare ways to serve the app: CPU, latency, memory, failed requests.",
    "cert": "Show the certificates; let browsers trust the local authority.",
    "init": "Write a small enuf.toml from the files of the project.",
    "config": "Show every setting in force, and where its value came from.",
    "install": "Install the app on this host: an nginx site and a systemd service.",
    "env": "Keep the secrets of an installed site: set, unset, list.",
    "adopt": "Take over a site that was made by hand, without losing a request.",
    "uninstall": "Remove the installed app from this host, without a trace.",
    "clean": "Remove what a killed stack has left, and the folders of projects that are gone.",
    "completion": "Print the script that completes words in bash, zsh or fish.",
    "help": "Show all verbs, or the help of one.",
}
HIDDEN = ("serve",)
"""Verbs that only service units call."""
ALIASES: dict[str, tuple[str, list[str]]] = {
    "start": ("up", ["-d"]),
    "run": ("up", []),
    "stop": ("down", []),
    "ls": ("ps", []),
    "list": ("ps", []),
}


class Verbs(click.Group):
    """Loads a verb's module when the verb is used."""

    context_class = SpokenContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words before the verb."""
        with naming_the_verb(ctx):
            return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order in which people need them; aliases are hidden."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the verb; None for an unknown name."""
        if cmd_name not in (*VERBS, *HIDDEN):
            return None
        command: click.Command = importlib.import_module(f"enuf.cli.verbs.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a verb and its arguments; `start`, `run` and `stop` mean up -d, up and down.

        `serve` without a site, and `version`, are words that people try.
        """
        if args[0] in ALIASES:
            verb, flags = ALIASES[args[0]]
            args = [verb, *flags, *args[1:]]
        if args in (["version"], ["version", "--json"]):
            _show_version()
            ctx.exit()
        if args == ["serve"]:
            ctx.fail("`enuf serve` is for the service of an installed site; to serve the app here: enuf up")
        if args[0] not in (*VERBS, *HIDDEN):
            ctx.fail(f"there is no verb {args[0]!r}{_right_verb(args[0])}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of verbs."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))
        names = ", ".join(f"{alias} ({' '.join((verb, *flags))})" for alias, (verb, flags) in ALIASES.items())
        formatter.write_paragraph()
        formatter.write_text(f"Other names: {names}.")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, and where the documentation is."""
        from enuf.cli.documentation import documentation_lines

        super().format_epilog(ctx, formatter)
        formatter.write("\n" + "".join(f"  {line}\n" for line in documentation_lines()))


def _right_verb(word: str) -> str:
    """Return what to type in place of an unknown verb; empty when nothing is near."""
    import difflib

    from enuf.cli import foreign_words

    if word in foreign_words.VERBS:
        return f": use {foreign_words.VERBS[word]}"
    near = difflib.get_close_matches(word, [*VERBS, *ALIASES], n=1)
    return f", did you mean {near[0]}?" if near else ""


def _end_with_version(ctx: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    """Print the version and end the command when the flag is given."""
    if is_wanted and not ctx.resilient_parsing:
        _show_version()
        ctx.exit()


def _show_version() -> None:
    """Print the version, as a document under --json."""
    from enuf.cli.terminal.output import print_json

    if current().json:
        print_json({"version": __version__})
    else:
        click.echo(translated(f"enuf, version {__version__}"))


@click.group(
    "enuf",
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: enuf up app.py",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_end_with_version,
    help="Show the version and exit.",
)  # fmt: skip
@global_options
def root(**_: Any) -> None:
    """Embedded nginx + uWSGI + Flask: the whole production stack in one command."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        ctx.fail("name what to do: `enuf up` serves the app that is here")
