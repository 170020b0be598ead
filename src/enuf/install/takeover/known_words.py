"""The words of uWSGI, gunicorn, nginx and a shell whose work enuf does in its own way, or that need no translation."""

from __future__ import annotations

UWSGI_OWN_WAY = frozenset(
    """
    abstract-socket auto-procname autoload binary-path buffer-size catch-exceptions chdir chmod-socket
    chown-socket config daemonize daemonize2 die-on-term disable-logging disable-write-exception enable-threads
    gid harakiri-verbose http-auto-chunked http-keepalive http-timeout ignore-sigpipe ignore-write-errors ini
    inherit include listen log-4xx log-5xx log-date log-encoder log-format log-maxsize log-master
    log-master-bufsize log-micros log-prefix log-reopen log-slow log-backupname log-truncate log-x-forwarded-for
    log-zero logdate logfile-chmod logfile-chown logger logger-list logto logto2 manage-script-name master
    master-fifo max-fd max-vars max-worker-lifetime-delta memory-report min-worker-lifetime module need-app
    no-orphans offload-threads optimize pidfile pidfile2 plugin plugins plugins-dir post-buffering procname
    procname-append procname-master procname-prefix procname-prefix-spaced protocol py-auto-reload py-tracebacker
    reload-mercy req-logger safe-pidfile safe-pidfile2 set set-ph set-placeholder show-config single-interpreter
    so-keepalive socket-timeout stats stats-http stats-minified strict thread-stacksize threaded-logger
    threads-stacksize thunder-lock touch-chain-reload touch-reload touch-workers-reload uid umask unsetenv vacuum
    wsgi-file callable worker-reload-mercy xml yaml json
    """.split()  # noqa: SIM905 - a hundred quotes less
)
"""Options without a setting whose work enuf does in its own way, or that only order the configuration."""
GUNICORN_OWN_WAY = frozenset(
    """
    access_log_format accesslog backlog bind capture_output chdir check_config config daemon
    disable_redirect_access_to_syslog do_handshake_on_connect enable_stdio_inheritance errorlog
    forwarded_allow_ips graceful_timeout group initgroups keepalive limit_request_field_size limit_request_fields
    limit_request_line logconfig loglevel max_requests_jitter pidfile preload_app print_config
    proc_name proxy_allow_ips proxy_protocol reload reload_engine reload_extra_files reuse_port
    secure_scheme_headers sendfile spew suppress_ragged_eofs tmp_upload_dir umask user worker_tmp_dir wsgi_app
    """.split()  # noqa: SIM905 - a hundred quotes less
)
"""Settings whose work enuf does in its own way."""
GUNICORN_SETTINGS = frozenset(
    """
    ca_certs cert_reqs certfile ciphers dogstatsd_tags header_map keyfile keyfile_password paste
    permit_obsolete_folding permit_unconventional_http_method permit_unconventional_http_version pythonpath
    raw_env raw_paste_global_conf ssl_context ssl_version statsd_host statsd_prefix strip_header_spaces
    syslog syslog_addr syslog_facility syslog_prefix worker_class worker_connections casefold_http_method
    on_starting on_reload when_ready pre_fork post_fork post_worker_init worker_int worker_abort pre_exec
    pre_request post_request child_exit worker_exit nworkers_changed on_exit
    """.split()  # noqa: SIM905 - a hundred quotes less
)
"""Settings, and hooks, that mean something to gunicorn; any other name is a variable of the file."""
NGINX_OWN_WAY = frozenset(
    """
    access_log autoindex_localtime charset client_body_buffer_size client_body_timeout client_header_buffer_size
    client_header_timeout default_type error_log etag gzip gzip_buffers gzip_comp_level gzip_disable
    gzip_http_version gzip_min_length gzip_proxied gzip_types gzip_vary http2 index keepalive_requests
    keepalive_timeout large_client_header_buffers listen log_not_found open_file_cache open_file_cache_errors
    open_file_cache_min_uses open_file_cache_valid port_in_redirect proxy_buffer_size proxy_buffering
    proxy_buffers proxy_busy_buffers_size proxy_connect_timeout proxy_headers_hash_bucket_size
    proxy_headers_hash_max_size proxy_http_version proxy_max_temp_file_size proxy_next_upstream proxy_pass
    proxy_redirect proxy_request_buffering proxy_send_timeout recursive_error_pages resolver resolver_timeout root
    send_timeout sendfile server_name server_tokens ssl ssl_buffer_size ssl_certificate ssl_certificate_key
    ssl_ciphers ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_prefer_server_ciphers ssl_protocols
    ssl_session_cache ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_verify
    ssl_trusted_certificate tcp_nodelay tcp_nopush try_files types types_hash_max_size uwsgi_buffer_size
    uwsgi_buffering uwsgi_buffers uwsgi_busy_buffers_size uwsgi_connect_timeout uwsgi_max_temp_file_size
    uwsgi_modifier1 uwsgi_next_upstream uwsgi_pass uwsgi_request_buffering uwsgi_send_timeout
    """.split()  # noqa: SIM905 - a hundred quotes less
)
"""Directives whose work enuf does in its own way."""
USUAL_HEADERS = frozenset(
    """
    accept-encoding connection forwarded host transfer-encoding upgrade x-client-ip x-forwarded-for
    x-forwarded-host x-forwarded-port x-forwarded-prefix x-forwarded-proto x-forwarded-protocol x-forwarded-server
    x-forwarded-ssl x-real-ip x-request-id x-scheme x-script-name x-url-scheme
    """.split()  # noqa: SIM905 - a hundred quotes less
)
"""Headers that tell the app about the visitor: enuf sets what the app needs."""
USUAL_PARAMS = frozenset(
    """
    CONTENT_LENGTH CONTENT_TYPE DOCUMENT_ROOT HTTPS HTTP_PROXY PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_PORT
    REQUEST_METHOD REQUEST_SCHEME REQUEST_URI SCRIPT_NAME SERVER_ADDR SERVER_NAME SERVER_PORT SERVER_PROTOCOL
    UWSGI_SCHEME UWSGI_SCRIPT
    """.split()  # noqa: SIM905 - a hundred quotes less
)
SHELLS_VARIABLES = frozenset(
    """
    PATH LANG LANGUAGE VIRTUAL_ENV PYTHONUNBUFFERED PYTHONDONTWRITEBYTECODE HOME USER LOGNAME SHELL PWD OLDPWD SHLVL
    _ TERM TERMINFO COLORTERM MAIL EDITOR VISUAL PAGER DISPLAY HOSTNAME HOSTTYPE MACHTYPE OSTYPE TMUX TMUX_PANE STY
    WINDOW WEB_CONCURRENCY GUNICORN_CMD_ARGS GUNICORN_PID SERVER_SOFTWARE INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID
    NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES MEMORY_PRESSURE_WATCH MEMORY_PRESSURE_WRITE PS1 MOTD_SHOWN
    """.split()  # noqa: SIM905 - half a hundred quotes less
)
"""Names that belong to a shell, a service manager or the old server, and not to the app."""
