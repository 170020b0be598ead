"""The options of gunicorn, and the words of uvicorn, hypercorn, daphne and granian for the same settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

GUNICORN_FLAGS: Mapping[str, str] = {
    flag: name
    for line in """
    config -c --config | bind -b --bind | backlog --backlog | workers -w --workers | worker_class -k --worker-class
    threads --threads | worker_connections --worker-connections | max_requests --max-requests
    max_requests_jitter --max-requests-jitter | timeout -t --timeout | graceful_timeout --graceful-timeout
    keepalive --keep-alive | limit_request_line --limit-request-line | limit_request_fields --limit-request-fields
    limit_request_field_size --limit-request-field_size | reload --reload | reload_engine --reload-engine
    reload_extra_files --reload-extra-file | spew --spew | check_config --check-config | print_config --print-config
    preload_app --preload | sendfile --no-sendfile | reuse_port --reuse-port | chdir --chdir | daemon -D --daemon
    raw_env -e --env | pidfile -p --pid | worker_tmp_dir --worker-tmp-dir | user -u --user | group -g --group
    umask -m --umask | initgroups --initgroups | forwarded_allow_ips --forwarded-allow-ips
    accesslog --access-logfile | disable_redirect_access_to_syslog --disable-redirect-access-to-syslog
    access_log_format --access-logformat | errorlog --error-logfile --log-file | loglevel --log-level
    capture_output --capture-output | logger_class --logger-class | logconfig --log-config
    logconfig_json --log-config-json | syslog_addr --log-syslog-to | syslog --log-syslog
    syslog_prefix --log-syslog-prefix | syslog_facility --log-syslog-facility
    enable_stdio_inheritance -R --enable-stdio-inheritance | statsd_host --statsd-host
    dogstatsd_tags --dogstatsd-tags | statsd_prefix --statsd-prefix | enable_backlog_metric --enable-backlog-metric
    proc_name -n --name | pythonpath --pythonpath | paste --paste --paster | proxy_protocol --proxy-protocol
    proxy_allow_ips --proxy-allow-from | protocol --protocol | uwsgi_allow_ips --uwsgi-allow-from
    keyfile --keyfile | certfile --certfile | ssl_version --ssl-version | cert_reqs --cert-reqs | ca_certs --ca-certs
    suppress_ragged_eofs --suppress-ragged-eofs | do_handshake_on_connect --do-handshake-on-connect
    ciphers --ciphers | http_protocols --http-protocols | http2_cleartext --http2-cleartext
    http2_max_concurrent_streams --http2-max-concurrent-streams
    http2_initial_window_size --http2-initial-window-size | http2_max_frame_size --http2-max-frame-size
    http2_max_header_list_size --http2-max-header-list-size | raw_paste_global_conf --paste-global
    permit_obsolete_folding --permit-obsolete-folding | strip_header_spaces --strip-header-spaces
    permit_unconventional_http_method --permit-unconventional-http-method
    permit_unconventional_http_version --permit-unconventional-http-version
    casefold_http_method --casefold-http-method | forwarder_headers --forwarder-headers | header_map --header-map
    asgi_loop --asgi-loop | asgi_lifespan --asgi-lifespan
    asgi_disconnect_grace_period --asgi-disconnect-grace-period
    websocket_max_message_size --websocket-max-message-size | http_parser --http-parser | root_path --root-path
    dirty_apps --dirty-app | dirty_workers --dirty-workers | dirty_timeout --dirty-timeout
    dirty_threads --dirty-threads | dirty_graceful_timeout --dirty-graceful-timeout
    control_socket --control-socket | control_socket_mode --control-socket-mode
    control_socket_disable --no-control-socket | help -h --help | version -v --version
    """.replace("|", "\n").split("\n")
    if line.strip()
    for name, flag in ((line.split()[0], each) for each in line.split()[1:])
}  # fmt: skip
"""Each flag with the setting that it writes, as of gunicorn 27; earlier releases have fewer."""

GUNICORN_SWITCHES = frozenset(
    ("reload", "spew", "check_config", "print_config", "preload_app", "sendfile", "reuse_port", "daemon",
    "initgroups", "disable_redirect_access_to_syslog", "capture_output", "syslog", "enable_stdio_inheritance",
    "enable_backlog_metric", "suppress_ragged_eofs", "do_handshake_on_connect", "permit_obsolete_folding",
    "strip_header_spaces", "permit_unconventional_http_method", "permit_unconventional_http_version",
    "casefold_http_method", "control_socket_disable", "help", "version")
)  # fmt: skip
"""Settings whose flag has no value."""

_MODES: Mapping[str, tuple[str, ...]] = {"proxy_protocol": ("off", "v1", "v2", "auto")}
"""Values of settings whose flag may stand alone, as before gunicorn 24 it always does."""

GUNICORN_REPEATED = frozenset(
    ("bind", "raw_env", "reload_extra_files", "raw_paste_global_conf", "dirty_apps")
)

GUNICORN_FILE_NAMES = frozenset(GUNICORN_FLAGS.values()) | frozenset(
    ("wsgi_app", "tmp_upload_dir", "secure_scheme_headers", "logconfig_dict", "default_proc_name", "on_starting",
    "on_reload", "when_ready", "pre_fork", "post_fork", "post_worker_init", "worker_int", "worker_abort", "pre_exec",
    "pre_request", "post_request", "child_exit", "worker_exit", "nworkers_changed", "on_exit", "ssl_context")
)  # fmt: skip
"""Settings that a configuration file may write."""


def flag_and_value(word: str) -> tuple[str, str | None]:
    """Return the flag of a word that begins with a hyphen, and the value in the word, None if it has none."""
    if word.startswith("--"):
        flag, equals, value = word.partition("=")
        return flag, value if equals else None
    return word[:2], word[2:].removeprefix("=") or None


def has_value_behind(name: str, words: Sequence[str]) -> bool:
    """Return True if the flag of a setting of gunicorn takes the first of the words behind it."""
    modes = _MODES.get(name)
    return name not in GUNICORN_SWITCHES if modes is None else bool(words) and words[0] in modes


OTHER_FLAGS: Mapping[str, Mapping[str, str]] = {
    "uvicorn": {
        "--host": "host", "--port": "port", "--uds": "uds", "--fd": "fd", "--workers": "workers",
        "--root-path": "root_path", "--forwarded-allow-ips": "forwarded_allow_ips", "--env-file": "env_file",
        "--timeout-keep-alive": "keepalive", "--timeout-graceful-shutdown": "graceful_timeout",
        "--app-dir": "chdir", "--interface": "interface", "--log-level": "loglevel", "--loop": "loop",
        "--http": "http", "--ws": "ws", "--lifespan": "lifespan", "--log-config": "logconfig",
        "--limit-concurrency": "limit_concurrency", "--backlog": "backlog", "--limit-max-requests": "max_requests",
        "--header": "header", "--reload-dir": "reload_dir", "--reload-include": "reload_include",
        "--reload-exclude": "reload_exclude", "--ssl-keyfile": "keyfile", "--ssl-certfile": "certfile",
        "--ws-max-size": "ws_max_size", "--ws-max-queue": "ws_max_queue", "--ws-ping-interval": "ws_ping_interval",
        "--ws-ping-timeout": "ws_ping_timeout", "--h11-max-incomplete-event-size": "h11_size",
        "--reload-delay": "reload_delay", "--timeout-worker-healthcheck": "worker_healthcheck",
    },
    "hypercorn": {
        "-b": "bind", "--bind": "bind", "-w": "workers", "--workers": "workers", "-k": "worker_class",
        "--worker-class": "worker_class", "-c": "config", "--config": "config", "--keep-alive": "keepalive",
        "--graceful-timeout": "graceful_timeout", "-m": "umask", "--umask": "umask", "-u": "user", "--user": "user",
        "-g": "group", "--group": "group", "--root-path": "root_path", "-p": "pidfile", "--pid": "pidfile",
        "--log-level": "loglevel", "--access-logfile": "accesslog", "--error-logfile": "errorlog",
        "--log-file": "errorlog", "--keyfile": "keyfile", "--certfile": "certfile",
    },
    "daphne": {
        "-b": "host", "--bind": "host", "-p": "port", "--port": "port", "-u": "uds", "--unix-socket": "uds",
        "--fd": "fd", "-e": "bind_endpoint", "--endpoint": "bind_endpoint", "-v": "loglevel",
        "--verbosity": "loglevel", "-t": "http_timeout", "--http-timeout": "http_timeout",
        "--access-log": "accesslog", "--root-path": "root_path", "--websocket_timeout": "websocket_timeout",
        "--websocket_connect_timeout": "websocket_connect_timeout", "--ping-interval": "ping_interval",
        "--ping-timeout": "ping_timeout", "--application-close-timeout": "close_timeout",
        "--log-fmt": "log_format", "-s": "server_name", "--server-name": "server_name",
    },
    "granian": {
        "--host": "host", "--port": "port", "--uds": "uds", "--interface": "interface", "--workers": "workers",
        "--blocking-threads": "threads", "--runtime-threads": "runtime_threads", "--loop": "loop",
        "--runtime-mode": "runtime_mode", "--http": "http", "--working-dir": "chdir", "--log-level": "loglevel",
        "--url-path-prefix": "root_path", "--backlog": "backlog", "--backpressure": "backpressure",
        "--ssl-keyfile": "keyfile", "--ssl-certificate": "certfile", "--pid-file": "pidfile",
        "--workers-kill-timeout": "graceful_timeout", "--env-files": "env_file",
        "--static-path-route": "static_route", "--static-path-mount": "static_mount",
    },
}  # fmt: skip
"""Flags that have a value. Every other flag of these programs is a switch."""

OTHER_SWITCHES: Mapping[str, str] = {
    "--reload": "reload",
    "--factory": "factory",
    "--proxy-headers": "proxy_headers",
    "--no-proxy-headers": "no_proxy_headers",
    "--no-access-log": "no_access_log",
    "--daemon": "daemon",
    "-D": "daemon",
}
