"""`enuf rollback`."""

from __future__ import annotations

import click

from enuf.cli.naming import name_site
from enuf.cli.site_names import is_site, names_of_sites
from enuf.cli.terminal.output import note, print_json, say
from enuf.cli.verb import current, verb


@verb("rollback", example="enuf rollback")
@click.argument("words", metavar="[SITE] [RELEASE]", nargs=-1, shell_complete=names_of_sites)
def command(words: tuple[str, ...]) -> int:
    """Go back to the release that served before, or to RELEASE, without losing a request.

    SITE names an installed site, also as the only word; without SITE, the project of this folder is meant. RELEASE is a folder beside the present release (`current -> releases/7`), or a revision of git. The link or the
    checkout is moved, and a reload takes the code that is there then. Where that does not load, it is put back and the
    present version serves on (exit 7). The commands of reload.before are not run: the database stays as it is.
    """
    import msgspec

    from enuf.cli.stack import located_stack
    from enuf.cli.terminal.progress import Progress
    from enuf.control.rollback import roll_back

    release = _release(words)
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


def _release(words: tuple[str, ...]) -> str:
    """Return the release that the words name, or an empty text; note the site that they name."""
    if len(words) > 2:
        raise click.UsageError("name one site and one release at most: enuf rollback [SITE] [RELEASE]")
    names_site = len(words) == 2 or (len(words) == 1 and not current().project and is_site(words[0]))
    if not names_site:
        return words[0] if words else ""
    name_site(words[0])
    return words[1] if len(words) == 2 else ""
