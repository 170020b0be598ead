"""The printed result of `enuf install`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import click

from enuf.cli.terminal.output import print_json, remark, say, say_as_is, what_to_type
from enuf.cli.terminal.progress import Progress
from enuf.cli.verb import current
from enuf.install.actions import (
    InstallResult,
    OperationReporter,
    ShownChange,
    install_site,
    refuse_unable,
    show_install,
)
from enuf.install.ordering import awaits_certificate
from enuf.install.requests import InstallOptions
from enuf.language.spoken import translated
from enuf.start.invocation import Invocation


def run_install(invocation: Invocation, options: InstallOptions) -> int:
    """Install the site, or show the change. Return the exit status. Raise EnufError."""
    refuse_unable(options.root, dry_run=options.dry_run)
    with Progress("installing", quiet=current().quiet) as progress:
        if options.dry_run:
            change = show_install(invocation, options)
            show_change(change, order=change.action)
            return 0
        result = install_site(
            invocation, options, OperationReporter(progress.step, warn, partial(confirm_cut, progress))
        )
    print_install(result)
    return 0


def confirm_cut(progress: Progress, question: str) -> bool:
    """Return the answer to a yes-or-no question; False where no terminal can ask."""
    if current().json or current().quiet or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    progress.end()
    return click.confirm(question, err=True)


def warn(text: str) -> None:
    """Print a warning."""
    remark("warning", text, fg="yellow")


def show_change(change: ShownChange, **document: object) -> None:
    """Print a planned change. `document` has the keys of the JSON document that only some changes have."""
    if current().json:
        print_json({"site": change.site, "diff": change.diff, **document, "warnings": list(change.warnings)})
        return
    for warning in change.warnings:
        warn(warning)
    say_as_is(change.diff.rstrip("\n") or translated("nothing to change"))


def print_install(result: InstallResult) -> None:
    """Print what an install has done, with its warnings."""
    if current().json:
        print_json(install_document(result))
        return
    for warning in (*result.job.warnings, *_proof_warnings(result)):
        warn(warning)
    if not result.changed:
        say(f"{result.job.site.record.site.name} is installed like this already: nothing to change")
        return
    say_as_is("\n".join(_summary(result)))


def install_document(result: InstallResult) -> dict[str, object]:
    """Return the JSON document of an install."""
    record = result.job.site.record
    return {
        "state": "installed",
        "site": record.site.name,
        "url": _url(result),
        "unit": record.site.unit,
        "files": [str(result.host.tree.local_path(file.path)) for file in record.files],
        "warnings": [*result.job.warnings, *_proof_warnings(result)],
    }


def _proof_warnings(result: InstallResult) -> Iterator[str]:
    if result.proof and result.proof.warning:
        yield result.proof.warning
    if result.order_problem:
        yield f"{result.order_problem}. A timer tries again; at once: enuf cert renew {result.job.site.record.site.name}"
        if _is_plain(result):
            yield "plain HTTP serves the site until there is a certificate, and leads to HTTPS then"


def _is_plain(result: InstallResult) -> bool:
    return awaits_certificate(result.job.site.record.site, result.host.tree)


def _url(result: InstallResult) -> str:
    """Return where visitors find the site now."""
    url = result.job.plan.url
    return (
        f"http://{result.job.plan.health.host}" if result.host.servers.are_live and _is_plain(result) else url
    )


def _summary(result: InstallResult) -> Iterator[str]:
    job, host, record = result.job, result.host, result.job.site.record
    commands = host.servers.services.format.commands
    name = record.site.name
    reload = commands.control("reload", record.site.full_name)
    if host.servers.are_live:
        yield translated(f"{name} is installed, and served at {_url(result)}")
    else:
        yield translated(f"{name} stands in {host.tree.root}, for {job.plan.url}")
    yield translated(f"  service {record.site.unit}, as {record.user}; it starts at boot")
    yield f"  nginx   {job.site.site_path}"
    own = (f"{record.site.state} ($STATE_DIRECTORY)", f"{record.site.cache} ($CACHE_DIRECTORY)")
    yield translated(f"  it may write {', '.join((*own, *job.writable))}")
    next_words = {
        "look": "enuf status",
        "new code": reload,
        "take it back": f"enuf uninstall{host.tree.root_option}",
    }
    yield f"  {what_to_type(next_words)}"
