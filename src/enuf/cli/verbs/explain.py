"""`enuf explain`."""

from __future__ import annotations

import difflib
import os

import click

from enuf.cli.verb import current, verb


@verb("explain", example="enuf explain U020 --lang ko")
@click.argument("code", metavar="CODE")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the page (default: that of LANG).")
def command(code: str, lang: str | None) -> int:
    """Print the page of a doctor code: what happens, why, and how to cure it."""
    from enuf.cli.terminal.output import print_json
    from enuf.doctor.engine import all_rules
    from enuf.doctor.pages import codes, page

    names = {rule.name: rule.code for rule in all_rules()}
    wanted = names.get(code.lower(), code.upper())
    language = lang or _language()
    text = page(wanted, language) if wanted in codes() else None
    if text is None:
        near = difflib.get_close_matches(code.lower(), [*names, *map(str.lower, codes())], n=1)
        hint = f", did you mean {names.get(near[0], near[0].upper())}?" if near else ""
        raise click.UsageError(f"there is no page for {code!r}{hint}")
    if current().json:
        print_json({"code": wanted, "lang": language, "page": text})
    else:
        click.echo(text.rstrip("\n"))
    return 0


def _language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ko" if os.environ[name].startswith("ko") else "en"
    return "en"
