"""`enuf sites`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from enuf.cli.terminal.output import note, print_json, printable, say_as_is
from enuf.cli.verb import current, verb
from enuf.cli.widths import aligned
from enuf.errors import AnswerIsNo
from enuf.language.spoken import SPOKEN, translated

if TYPE_CHECKING:
    from enuf.sites.report import SiteReport

_HEAD = ("NAME", "STATE", "DOMAINS", "ENUF", "USER", "CERTIFICATE", "DASHBOARD")
MOST_DOMAINS = 2


@verb("sites", example="enuf sites")
def command() -> int:
    """List the installed sites of this host: name, state, domains, version of enuf, user, certificate, dashboard.

    Below each stand its processes and scheduled commands, with their pids, restarts and next runs.

    Every user sees every site; only root, and the user who runs a site, see what its supervisor alone knows. Exit 1
    when a site has failed. A name from this list is what other verbs take: `enuf status shop`.
    """
    import msgspec

    from enuf.cli.terminal.progress import Progress
    from enuf.sites.report import site_reports

    with Progress("asking the sites", quiet=current().quiet):
        reports = site_reports()
    if current().json:
        print_json({"sites": [msgspec.to_builtins(report) for report in reports]})
    elif not reports:
        note("no site is installed on this host; install one with: enuf install")
    else:
        say_as_is("\n".join(_lines(reports)))
    return AnswerIsNo.exit_code if any(report.state == "failed" for report in reports) else 0


def _lines(reports: list[SiteReport]) -> list[str]:
    """Return a line for each site, and below each what runs beside its app, and of a failed one the reason."""
    from enuf.observe.live.beside_texts import job_text, process_text

    head, *lines = aligned([_HEAD, *map(_row, reports)])
    shown = [head]
    for report, line in zip(reports, lines, strict=True):
        shown.append(line)
        if report.reason:
            shown.append(f"  {translated(printable(report.reason.partition(chr(10))[0]))}")
        shown += (f"  {printable(process_text(each, SPOKEN))}" for each in report.beside)
        shown += (f"  {printable(job_text(each, SPOKEN))}" for each in report.jobs)
    return shown


def _row(report: SiteReport) -> tuple[str, ...]:
    more = len(report.domains) - MOST_DOMAINS
    domains = ", ".join(report.domains[:MOST_DOMAINS]) + (f" and {more} more" if more > 0 else "")
    certificate = f"{report.certificate.days_left} days" if report.certificate else ""
    cells = (report.name, report.state, domains, report.enuf, report.user, certificate, report.dashboard)
    return tuple(printable(cell) or "-" for cell in cells)
