"""The two uWSGI files of the lecture notes: one to try uWSGI alone, one for the service behind nginx."""

from __future__ import annotations

import shlex

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.plan import ConfigFile
from enuf.render.plain_values import NGINX_GROUP, STATS, PlainValues
from enuf.syntax.uwsgi_ini import Heading, IniOption, Line, Remark, escape, magic, option, to_text

TRIAL_INI = "wsgi.ini"
SERVICE_INI = "nginx-wsgi.ini"
_PROJECT = "%(project)"


def trial_ini(values: PlainValues) -> ConfigFile:
    """Return `wsgi.ini`: uWSGI alone, on a port of its own, with a stats port."""
    return _file(TRIAL_INI, [_trial_head(values), *_common(values), *_trial(values)])


def service_ini(values: PlainValues) -> ConfigFile:
    """Return `nginx-wsgi.ini`: uWSGI in the background behind nginx."""
    lines = [_service_head(values), *_common(values), *_socket(values)]
    return _file(SERVICE_INI, [*lines, *_limits(values), *_background(values)])


def _file(name: str, lines: list[Line]) -> ConfigFile:
    return ConfigFile(name=name, reader="server", text=to_text(lines))


# -- the head: how to start, inspect, reload and stop the server


def _trial_head(values: PlainValues) -> Remark:
    ini, at = values.typed(values.path(TRIAL_INI)), _trial_address(values)
    return Remark(
        f"uWSGI alone, to try it: no nginx, it speaks HTTP itself.\n{values.where}"
        f"  once:   mkdir -p -m 750 {values.typed(values.run)}\n"
        f"  start:  uwsgi --ini {ini}\n"
        f"  look:   curl {at}    curl http://{STATS}\n"
        "  stop:   Ctrl-C\n"
        "uWSGI is pip's (`pip install pyuwsgi`; `uswgi` in the notes is a misspelling that anybody may have\n"
        "taken) or Debian's (uwsgi-core and uwsgi-plugin-python3). Both read this file.\n"
        "A comment needs a line of its own: uWSGI takes everything after `=` as the value."
    )


def _trial_address(values: PlainValues) -> str:
    trial = values.trial
    return trial.url() if isinstance(trial, TcpAddress) else f"--unix-socket {trial.path} http://localhost"


def _service_head(values: PlainValues) -> Remark:
    ini, run = values.typed(values.path(SERVICE_INI)), values.typed(values.run)
    owner = f"{values.user}:{NGINX_GROUP}"
    return Remark(
        f"uWSGI in the background, for the nginx site {values.site_name}. Where it differs from the lecture\n"
        "notes, the comment says why. A comment needs a line of its own: uWSGI has no inline comments.\n"
        f"{values.where}"
        f"  once:   mkdir -p -m 750 {run}\n"
        f"          chown {owner} {run}    (as root only)\n"
        f"  start:  uwsgi --ini {ini}\n"
        f"  reload: uwsgi --reload {run}/uwsgi.pid    (new code that cannot be imported is its end)\n"
        f"  stop:   uwsgi --stop {run}/uwsgi.pid    (only while it runs: it ends whoever has that number)\n"
        f"  log:    {run}/uwsgi.log\n"
        f"With Debian's nginx start it as root; it becomes {values.user} by itself. Without root run a nginx of\n"
        "your own: nginx.conf beside this file."
    )


# -- the common beginning of both files


def _common(values: PlainValues) -> list[Line]:
    return [
        _project(values),
        option("strict", True, "Refuse an option that uWSGI does not know: otherwise it ignores a typo."),
        *_python(values),
        Heading("The app"),
        magic("chdir", _PROJECT, "Without it `module` depends on the folder that uWSGI is started in."),
        *_app(values),
        option("need-app", True, "End when the app cannot be imported, instead of answering 500 for ever."),
        option("enable-threads", True, "Threads that the app starts may run."),
        Heading(_at_once(values)),
        option("processes", values.processes),
        option("threads", values.threads),
        *_loading(values),
        option(
            "master",
            True,
            "One process watches the others. The notes have none: then one crash ends the site,\n"
            "and --stop leaves workers behind that keep the port.",
        ),
        option(
            "die-on-term",
            True,
            "TERM means stop. The notes write `true # ...` on one line: all of that is the value, and it\n"
            "works only because uWSGI takes everything but false, off, no and 0 for true.",
        ),
    ]


def _project(values: PlainValues) -> IniOption:
    """Return the line that the paths in the project begin with."""
    if values.is_in_project:
        why = "The project's folder with a / at its end: %d is the folder of this file, wherever that lies."
        return magic("set-placeholder", "project=%d", why)
    why = "The project's folder: the one path to change when you copy this file."
    return magic("set-placeholder", f"project={escape(values.project)}", why)


def _python(values: PlainValues) -> list[Line]:
    lines: list[Line] = [
        Heading("Python"),
        *_when_plugin(
            "if-plugin",
            magic("binary-path", _below(values, values.python)),
            "pip's uWSGI (pyuwsgi) has Python inside. To reload, it starts itself anew: without this line as a\n"
            "Python that knows nothing of the virtualenv, and all ends.",
        ),
        *_when_plugin(
            "if-not-plugin",
            IniOption("plugins", "python3"),
            "Debian's has it in a plugin, and ignores `module` without it. The notes load `python3_plugin.so`\n"
            "from `./`, where there is none: `UNABLE to load uWSGI plugin`.",
        ),
    ]
    if values.virtualenv:
        why = (
            "The virtualenv's folder. The notes name its bin/python, a file: Debian's uWSGI then ends with\n"
            "`No module named 'encodings'`. pip's lives in a virtualenv already and ignores this line."
        )
        lines.append(magic("virtualenv", _below(values, values.virtualenv), why))
    return lines


def _when_plugin(condition: str, line: IniOption, comment: str) -> tuple[Line, ...]:
    return Remark(comment), IniOption(condition, "python"), line, IniOption("endif", "")


def _app(values: PlainValues) -> list[Line]:
    app, lines = values.app, list[Line]()
    if app.directory != values.project:
        lines.append(magic("pythonpath", _below(values, app.directory), "Imports start here."))
    if values.env_files:
        files = " ".join(shlex.quote(path) for path in values.env_files)
        lines.append(
            Remark(f"enuf also gives the app the variables of {files}; by hand you export them first.")
        )
    call = "" if app.call is None else "()"
    return [
        *lines,
        option("module", app.module),
        option(
            "callable", f"{app.attribute}{call}", "Flask's object in it. uWSGI's default is `application`."
        ),
    ]


def _loading(values: PlainValues) -> list[Line]:
    """Return the line for an app that must not be forked after its import."""
    if not values.loading.lazy:
        return []
    why = f"Every worker imports the app for itself, not the master for all: {values.loading.why}."
    return [option("lazy-apps", True, why)]


def _at_once(values: PlainValues) -> str:
    slots = values.processes * values.threads
    return f"{values.processes} processes x {values.threads} threads = {slots} requests at once, the next one waits"


# -- wsgi.ini


def _trial(values: PlainValues) -> list[Line]:
    return [
        Heading("The port"),
        option(
            "http-socket",
            _spelled(values.trial),
            "Here it answers HTTP. The notes open 0.0.0.0, that is everybody; but with no nginx in front,\n"
            "one slow client holds a thread.",
        ),
        option(
            "buffer-size",
            65535,
            "Room for the headers: with the default of 4096 a large cookie ends in silence.",
        ),
        Heading("Look inside"),
        option(
            "stats",
            str(STATS),
            "What every worker does, as JSON. It shows the cookies of running requests to every user of\n"
            "this machine: good for learning, nothing for a service.\n"
            "enuf: ignore[U044]",
        ),
        option("stats-http", True, "Without it the port speaks no HTTP, and a browser shows nothing."),
        magic("logto", _below(values, f"{values.run}/wsgi.log"), "A file instead of the terminal."),
        option(
            "log-maxsize", 10_000_000, "Start a new file at 10 MB, or the log grows until the disk is full."
        ),
        option("vacuum", True, "Remove what it made at the end."),
    ]


# -- nginx-wsgi.ini


def _socket(values: PlainValues) -> list[Line]:
    lines: list[Line] = [
        Heading("The socket to nginx"),
        magic(
            "socket",
            _socket_value(values),
            "It speaks uwsgi, not HTTP, and it stores nothing: two programs talk through it. The notes put\n"
            "it into /tmp, where a private /tmp hides it and everybody can reach it.",
        ),
    ]
    if isinstance(values.upstream, UnixAddress):
        why = (
            "The notes write 666. But whoever may write to this socket can make uWSGI run any code: so it is\n"
            "for our user and the group of nginx, and for nobody else."
        )
        lines.append(option("chmod-socket", 660, why))
    return [
        *lines,
        option(
            "uid", values.user, "When root starts it, the app runs as this user. The notes let it stay root."
        ),
        option("gid", NGINX_GROUP),
    ]


def _socket_value(values: PlainValues) -> str:
    upstream = values.upstream
    return _below(values, upstream.path) if isinstance(upstream, UnixAddress) else escape(_spelled(upstream))


def _limits(values: PlainValues) -> list[Line]:
    return [
        Heading("Limits"),
        option(
            "harakiri", values.timeout_s, "End a worker whose request takes longer; nginx waits 5 s more."
        ),
        option(
            "buffer-size", 65535, "Room for the headers: with the default of 4096 a large cookie is a 502."
        ),
        option(
            "post-buffering", 8192, "Read the body also when the app does not, or its early answer is a 502."
        ),
    ]


def _background(values: PlainValues) -> list[Line]:
    return [
        Heading("In the background"),
        magic(
            "daemonize2",
            _below(values, f"{values.run}/uwsgi.log"),
            "Go to the background, with this log, when everything else went well. The notes' `daemonize`\n"
            "goes first: the command returns 0, and nothing runs. Their `./` is the folder of the start.",
        ),
        option("umask", "022", "With `daemonize` it becomes 0, and everybody may write to log and pid file."),
        option(
            "log-maxsize", 10_000_000, "Start a new file at 10 MB, or the log grows until the disk is full."
        ),
        magic(
            "pidfile2",
            _below(values, f"{values.run}/uwsgi.pid"),
            "The number of the master, for --reload and --stop. The notes' `pidfile` is written by root, and\n"
            "then the user above may not write the number that it has in the background.",
        ),
        option("vacuum", True, "Remove socket and pid file at the end."),
    ]


# -- paths


def _below(values: PlainValues, path: str) -> str:
    """Return a path for a uWSGI file: relative to the project's placeholder if the path is in the project."""
    if path == values.project or path.startswith(f"{values.project}/"):
        rest = path[len(values.project) :]
        return _PROJECT + escape(rest.removeprefix("/") if values.is_in_project else rest)
    return escape(path)


def _spelled(address: object) -> str:
    return str(address).removeprefix("unix:")
