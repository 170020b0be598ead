"""daemonize sets the umask to 0: the files that uWSGI makes can be written by all."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Rule, Sign, add_options, at_option, write_value


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every daemonize without an umask, and with one that takes nothing away."""
    for server in evidence.servers:
        option = server.config.last("daemonize", "daemonize2")
        umask = server.config.last("umask")
        if option is None or not server.config.is_whole or (umask and umask.value.strip("0")):
            continue
        yield at_option(
            umask or option,
            "a uWSGI that daemonizes makes its pid file and log with mode 0666: "
            "who may write the pid file chooses which process `uwsgi --stop` ends",
            hint="umask = 027",
            fix=write_value(umask, "027") if umask else add_options(server.config, "umask = 027"),
        )


RULE = Rule("U038", "daemonize-world-writable-files", "warning", check)
