"""`enuf completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from enuf.cli.terminal.output import print_json
from enuf.cli.verb import current, verb

SHELLS = ("bash", "zsh", "fish")


@verb("completion", example="enuf completion bash")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> int:
    """Print the script that completes verbs, flags and values in a shell.

    In ~/.bashrc: eval "$(enuf completion bash)"; in ~/.zshrc with zsh. For fish:
    enuf completion fish > ~/.config/fish/completions/enuf.fish
    """
    from enuf.cli.root import root

    script_class = get_completion_class(shell)
    assert script_class is not None  # click knows these three
    script = script_class(root, {}, "enuf", "_ENUF_COMPLETE").source()
    if current().json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
    return 0
