"""`enuf doctor`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from enuf.cli.naming import name_site
from enuf.cli.site_names import names_of_sites
from enuf.cli.verb import current, verb

if TYPE_CHECKING:
    from enuf.cli.terminal.live_view import Diagnosed
    from enuf.doctor.live.engine import Diagnosis

_CODE = re.compile(r"[A-Z]\d{3}")
_AFTER_FIX = "enuf.doctor.after_fix"
"""The words that click took for values of --fix and that are arguments."""


def _paths_and_site(
    ctx: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[Path, ...]:
    """Return the paths among the words; note the installed site that another word names.

    A path that exists is meant as a path, unless it is the project of the site of that name.
    """
    from enuf.system.sites import site_named

    paths = []
    for word in (*ctx.meta.get(_AFTER_FIX, ()), *words):
        site = site_named(word)
        if site and (not os.path.exists(word) or os.path.realpath(word) == os.path.realpath(site.project)):  # noqa: PTH110
            name_site(word)
        else:
            paths.append(Path(os.fsdecode(click.Path(exists=True).convert(word, parameter, ctx))))
    return tuple(paths)


def _complete(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    names = map(CompletionItem, names_of_sites(ctx, parameter, typed))
    return [*names, *click.Path().shell_complete(ctx, parameter, typed)]


def _codes_and_paths(
    ctx: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Return the codes among the values of --fix; None without the option.

    A value that is no code is the next argument of the command, as in `--fix uwsgi.ini`.
    """
    if not words:
        return None
    codes: list[str] = []
    for word in words:
        parts = [part.strip().upper() for part in word.split(",")]
        if all(map(_CODE.fullmatch, parts)) and not os.path.exists(word):  # noqa: PTH110
            codes += parts
        elif word:
            ctx.meta.setdefault(_AFTER_FIX, []).append(word)
    _refuse_unknown(codes, ctx, parameter)
    return tuple(dict.fromkeys(codes))


def _refuse_unknown(codes: list[str], ctx: click.Context, parameter: click.Parameter) -> None:
    from enuf.doctor.pages import codes as known_codes

    unknown = sorted(set(codes) - set(known_codes()))
    if unknown:
        raise click.BadParameter(f"no rule has the code {', '.join(unknown)}", ctx=ctx, param=parameter)


def _live(
    url: str | None, save: Path | None, paths: tuple[Path, ...], *, is_fixing: bool
) -> Diagnosed | None:
    """Return the diagnosis of a running stack, or of one that was saved; None where none is asked for."""
    if url is None and save is not None:
        raise click.UsageError("--save goes with --live: it writes what was seen of a running stack")
    if url is not None and is_fixing:
        raise click.UsageError("--fix changes files, and --live looks at a running stack: keep one of them")
    if url is None and len(paths) != 1:
        return None
    from enuf.cli.terminal.live_view import diagnose_live, save_evidence, saved_diagnosis

    if url is None:
        return saved_diagnosis(paths[0])
    diagnosed = diagnose_live(url, paths)
    if save is not None:
        save_evidence(diagnosed.evidence, save)
    return diagnosed


def _of_running(url: str) -> Diagnosis | None:
    """Return the diagnosis of a stack of enuf's own that runs at this URL; None without a URL."""
    if not url:
        return None
    from enuf.cli.terminal.live_view import diagnose_live

    return diagnose_live(url, ()).diagnosis


@verb("doctor", example="enuf doctor site.conf uwsgi.ini --fix --diff")
@click.argument(
    "paths", nargs=-1, metavar="[PATH|SITE]...", callback=_paths_and_site, shell_complete=_complete
)
@click.option(
    "--live",
    "url",
    metavar="URL",
    help="Find out why this URL of this machine is not served: look at nginx, sockets, processes and logs.",
)
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="With --live: write what was seen to a file, without secrets, for `enuf doctor FILE` elsewhere.",
)
@click.option(
    "--fix",
    is_flag=False,
    flag_value="",
    multiple=True,
    metavar="[CODE]",
    is_eager=True,
    callback=_codes_and_paths,
    help="Apply the safe fixes of errors and warnings, or those of CODE; a copy of each file is kept.",
)
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "advice"]),
    default="error",
    show_default=True,
    help="Exit 1 from this severity on, also with -q, which prints no findings.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How to print the findings.",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Leave out the findings that this file knows.",
)
@click.option(
    "--write-baseline",
    is_flag=True,
    help="Write all findings to the file of --baseline (doctor-baseline.json).",
)
@click.option("--stats", is_flag=True, help="Print rules, files and times, too.")
def command(
    paths: tuple[Path, ...], url: str | None, save: Path | None, fix: tuple[str, ...] | None, **options: Any
) -> int:
    """Find faults in nginx sites, uWSGI configurations, units and apps, and say how to cure them.

    PATH is a file or a folder (default: the project and its installed files), SITE the name of an installed site. Where no other server is described, an app is
    examined as enuf would serve it. The doctor only reads: it starts and
    imports nothing. Only of a running stack does it ask the URL, once: that of the project, or that of --live. A comment `# enuf: ignore[U003]` on the line, or on the line
    above it, suppresses that code there.
    """  # fmt: skip
    flags = current()
    style = "json" if flags.json else options["style"]
    if (diagnosed := _live(url, save, paths, is_fixing=fix is not None)) is not None:
        from enuf.cli.terminal.live_view import show_diagnosed

        return show_diagnosed(diagnosed, style, options["fail_on"])
    from enuf.cli.terminal.doctor_view import Examined, Wanted, diagnose
    from enuf.start.own_server import is_enufs, own_server, running_url
    from enuf.system.sites import files_of_site

    is_named = bool(flags.site or flags.project)
    project = flags.folder if not paths or is_named else Path(os.path.realpath(os.curdir))
    chosen = (*paths, project, *files_of_site(project)) if flags.site or not paths else paths
    is_among = any(os.path.realpath(path) == str(project) for path in chosen)
    return diagnose(
        Examined(
            paths=chosen,
            project=str(project) if is_among else "",
            is_enufs=is_enufs(project),
            find_own=lambda: own_server(project, os.environ),
            find_live=lambda: _of_running(running_url(project)) if flags.site or not paths else None,
        ),
        Wanted(
            fix=fix is not None,
            codes=fix or (),
            **{**options, "style": style},
        ),
    )
