"""The program of an installed site's supervisor, `python -m enuf.cli.service_program FILE`.

`enuf serve` becomes this program: see `enuf.start.handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys

from enuf.system.own_code import guard_imports_or_refuse


def become_service() -> int:
    """Run the service whose start is in the file with this descriptor. Return the exit code."""
    guard_imports_or_refuse(os.environ)
    from enuf.start.handover import ServiceHandover
    from enuf.start.supervisor_image import take_signals, taken_over

    handover = taken_over(ServiceHandover)
    from enuf.run.process.acl_listeners import AclListeners
    from enuf.start.service_run import run_service

    listeners = AclListeners(handover.guest)
    handover.listeners.move_into(listeners)
    take_signals()
    try:
        run_service(handover, listeners, handover.stack_lock)
    except (Exception, KeyboardInterrupt) as error:
        from enuf.cli.errors import report

        return report(error, sys.argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(become_service())
