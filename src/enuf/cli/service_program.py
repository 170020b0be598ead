"""The program of an installed site's supervisor, `python -m enuf.cli.service_program FILE`.

`enuf serve` becomes this program: see `enuf.start.handover`. Nothing else may start it.
"""

from __future__ import annotations

import os
import sys

from enuf.system.own_code import guard_imports, refuse_code


def become_service() -> int:
    """Run the service whose start is in the file with this descriptor. Return the exit code."""
    foreign = guard_imports(os.environ)
    if foreign is not None:
        refuse_code(foreign)
    from enuf.start.handover import ServiceHandover, take_over
    from enuf.start.supervisor_image import settle, take_signals

    handover = take_over(int(sys.argv[1]), ServiceHandover)
    settle(may_speak_tls=True)  # to the host's nginx, perhaps from the next reload on
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
