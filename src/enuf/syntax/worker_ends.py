"""The log lines of uWSGI and gunicorn about workers that end unasked."""

from __future__ import annotations

from enuf.model.process import WorkerEnds

UWSGI_ENDS = WorkerEnds(
    line=r"(?m)^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}\] - ",  # `log-date`; the app's lines have milliseconds
    died=r"DAMN ! worker (?P<worker>\d{1,9}) \(pid: (?P<pid>\d{1,9})\) (?:died|MIST)"
    r"(?:[^:\n]*killed by signal (?P<signal>\d{1,3}))? :\(",
    unstarted=r"OOPS ! failed loading app in worker (?P<worker>\d{1,9}) \(pid (?P<pid>\d{1,9})\)",
    faulted={
        "SIGSEGV": r"!!! uWSGI process (?P<pid>\d{1,9}) got Segmentation Fault !!!",
        "SIGFPE": r"!!! uWSGI process (?P<pid>\d{1,9}) got Floating Point Exception !!!",
    },
    overdue=r"\*\*\* HARAKIRI ON WORKER (?P<worker>\d{1,9}) \(pid: (?P<pid>\d{1,9})",
)
GUNICORN_ENDS = WorkerEnds(
    line=r"(?m)^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}\] \[\d+\] \[[A-Z]+\] ",  # the app's lines have another time
    died=r"Worker \(pid:(?P<pid>\d{1,9})\) (?:was sent SIG(?!TERM|INT|QUIT|HUP)(?P<signal_name>[A-Z0-9]+)!"
    r"|exited with code (?![034]\b)(?P<status>\d{1,3}))",
    unstarted=r"Worker \(pid:(?P<pid>\d{1,9})\) exited with code [34]\b",
    overdue=r"WORKER TIMEOUT \(pid:(?P<pid>\d{1,9})\)",
)
