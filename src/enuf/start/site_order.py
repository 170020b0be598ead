"""The order of an installed site's certificate: `python -m enuf.start.site_order NAME`, as the user of its service.

It leaves a good certificate, or the reason why there is none, in the folder of the orders, from which root's script
takes them. Exit status 0 when either is there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from enuf.errors import EnufError
from enuf.model.site import ORDER_ISSUED, ORDER_PROBLEM, Installed, record_of
from enuf.start.acme import refuse_missing_library, request_of
from enuf.start.invocation import Invocation
from enuf.start.pipeline import read_settings
from enuf.system import files
from enuf.system.sites import read_record

if TYPE_CHECKING:
    from enuf.tls.acme.engine import Outcome, Wish
    from enuf.tls.acme.folder import AcmeFolder

_WISHES: dict[str, Wish] = {"now": "now", "force": "force"}


def order(name: str, environ: Mapping[str, str]) -> None:
    """Look whether a certificate is due, order it, and write down what has come of it. Raise OSError."""
    from enuf.tls.acme.folder import AcmeFolder

    record = read_record(Path(record_of(name)))
    folder = AcmeFolder(Path(os.path.realpath(record.site.orders)))  # systemd's link, for a dynamic user
    try:
        outcome = _attempted(record, folder, environ)
        problem = f"{outcome.problem}; {outcome.hint}" if outcome.hint else outcome.problem
    except EnufError as error:
        problem = f"{error.summary}; {error.hint}" if error.hint else error.summary
    pair = folder.pair()
    is_issued = pair is not None and not pair.facts.is_stand_in
    files.write_whole(folder.path / ORDER_ISSUED, "yes\n" if is_issued else "", 0o600)
    files.write_whole(folder.path / ORDER_PROBLEM, f"{problem}\n" if problem else "", 0o600)


def _attempted(record: Installed, folder: AcmeFolder, environ: Mapping[str, str]) -> Outcome:
    refuse_missing_library()
    from enuf.tls.acme.engine import attempt

    invocation = Invocation(
        project=record.project, target=record.target, flags=record.flags, site=record.site, for_site=True
    )
    settings = read_settings(invocation, environ).settings
    folder.prepare(request_of(Path(record.project), settings, record.site.webroot))
    return attempt(folder, _wish(Path(record.site.order_wish)))


def _wish(file: Path) -> Wish:
    """Return the order that root has requested; the default in the runs of the timer."""
    return _WISHES.get(files.tail(file, 20).strip(), "when-due")


if __name__ == "__main__":
    os.umask(0o022)
    order(sys.argv[1], os.environ)
