"""The keys that supervisor knows: those of a program, and those of supervisord itself."""

from __future__ import annotations

PROGRAM_KEYS = frozenset(
    """command process_name numprocs numprocs_start priority autostart startsecs startretries autorestart exitcodes stopsignal
    stopwaitsecs stopasgroup killasgroup user redirect_stderr stdout_logfile stdout_logfile_maxbytes stdout_logfile_backups
    stdout_capture_maxbytes stdout_events_enabled stdout_syslog stderr_logfile stderr_logfile_maxbytes stderr_logfile_backups
    stderr_capture_maxbytes stderr_events_enabled stderr_syslog environment directory umask serverurl""".split()  # noqa: SIM905
)
SUPERVISORD_KEYS = frozenset(
    """logfile logfile_maxbytes logfile_backups loglevel pidfile nodaemon silent minfds minprocs nocleanup childlogdir
    strip_ansi identifier""".split()  # noqa: SIM905
)
