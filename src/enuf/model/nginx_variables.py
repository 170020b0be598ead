"""Names that a setting may not give to a part of a regular expression: nginx has variables of these names already."""

from __future__ import annotations

import re

NGINX_VARIABLES = frozenset(
    """args binary_remote_addr body_bytes_sent bytes_sent connection connection_requests connection_time content_length content_type
    date_gmt date_local document_root document_uri fastcgi_path_info fastcgi_script_name gzip_ratio host hostname http2 http3 https
    invalid_referer is_args is_request_port limit_conn_status limit_rate limit_req_status msec nginx_version pid pipe
    proxy_add_x_forwarded_for proxy_host proxy_internal_chunked proxy_port proxy_protocol_addr proxy_protocol_port
    proxy_protocol_server_addr proxy_protocol_server_port query_string realip_remote_addr realip_remote_port realpath_root
    remote_addr remote_port remote_user request request_body request_body_file request_completion request_filename request_id
    request_length request_method request_port request_time request_uri scheme secure_link secure_link_expires server_addr
    server_name server_port server_protocol status time_iso8601 time_local uid_got uid_set uri""".split()  # noqa: SIM905 - a hundred quotes less
)
"""The variables of nginx 1.22 to 1.31 that a configuration may not define, or that change the request."""
_PREFIXES = (
    "arg_", "cookie_", "enuf_", "http_", "jwt_", "sent_http_", "sent_trailer_", "ssl_", "tcpinfo_", "upstream_",
)  # fmt: skip
_GROUP = re.compile(r"\(\?P?<([A-Za-z_]\w*)>|\(\?'([A-Za-z_]\w*)'")


def taken_name(expression: str) -> str:
    """Return the first named part of a regular expression whose name is a variable of nginx or of enuf, else empty."""
    names = (match[1] or match[2] for match in _GROUP.finditer(expression))
    return next(filter(is_nginx_variable, names), "")


def is_nginx_variable(name: str) -> bool:
    """Return True for the name of a variable of nginx or of enuf, without its `$`."""
    return name in NGINX_VARIABLES or name.startswith(_PREFIXES)
