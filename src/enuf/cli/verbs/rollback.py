"""`enuf rollback`."""

from __future__ import annotations

import click

from enuf.cli.terminal.output import note, print_json, say
from enuf.cli.verb import current, verb


@verb("rollback", example="enuf rollback")
@click.argument("release", required=False, default="")
def command(release: str) -> int:
    """Go back to the release that served before, or to RELEASE, without losing a request.

    RELEASE is a folder beside the present release (`current -> releases/7`), or a revision of git. The link or the
    checkout is moved, and a reload takes the code that is there then. Where that does not load, it is put back and the
    present version serves on (exit 7). The commands of reload.before are not run: the database stays as it is.
    """
    import msgspec

    from enuf.cli.stack import located_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.rollback import roll_back

    with Progress("rolling back", quiet=current().quiet) as progress:
        done = roll_back(located_stack(), release, progress.step)
    reply = done.reply
    if current().json:
        shown = {"state": "serving", "generation": reply.generation, "url": reply.url, "note": reply.note}
        print_json(
            {**shown, "release": msgspec.to_builtins(done.now), "before": msgspec.to_builtins(done.before)}
        )
        return 0
    note(done.moved)
    before = "" if done.before.is_code_of(done.now) else f"; before: {done.before.text}"
    say(f"{done.now.text} serves again at {reply.url}, generation {reply.generation}{before}")
    if reply.note:
        note(reply.note)
    return 0
