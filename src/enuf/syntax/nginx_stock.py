"""The files that every nginx package puts beside nginx.conf, for a site that is read without them."""

from __future__ import annotations

_UWSGI_PARAMS = {
    "QUERY_STRING": "$query_string",
    "REQUEST_METHOD": "$request_method",
    "CONTENT_TYPE": "$content_type",
    "CONTENT_LENGTH": "$content_length",
    "REQUEST_URI": "$request_uri",
    "PATH_INFO": "$document_uri",
    "DOCUMENT_ROOT": "$document_root",
    "SERVER_PROTOCOL": "$server_protocol",
    "REQUEST_SCHEME": "$scheme",
    "HTTPS": "$https if_not_empty",
    "REMOTE_ADDR": "$remote_addr",
    "REMOTE_PORT": "$remote_port",
    "SERVER_PORT": "$server_port",
    "SERVER_NAME": "$server_name",
}
_PROXY_HEADERS = {
    "Host": "$http_host",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$proxy_add_x_forwarded_for",
    "X-Forwarded-Proto": "$scheme",
}

STOCK = {
    "uwsgi_params": "\n".join(f"uwsgi_param {name} {value};" for name, value in _UWSGI_PARAMS.items()),
    "proxy_params": "\n".join(f"proxy_set_header {name} {value};" for name, value in _PROXY_HEADERS.items()),
    **dict.fromkeys(
        ("fastcgi_params", "scgi_params", "mime.types", "fastcgi.conf", "koi-win", "koi-utf", "win-utf"), ""
    ),
}
"""Their texts, as far as a rule needs them.

Debian's newest uwsgi_params also sets HTTP_HOST (F148), which is left out here.
"""
