"""The lines by which a site of the host's nginx passes a part of its URLs on to another site of this host."""

from __future__ import annotations

_LINES = """location = {prefix} {{ return 308 {prefix}/$is_args$args; }}
location ^~ {prefix}/ {{
    proxy_pass http://127.0.0.1:{port};
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_request_buffering off;
    client_max_body_size 0;
}}
"""


def part_lines(prefix: str, port: int) -> str:
    """Return the lines for the first site's server block. The site at this port has the limits, as it has the URLs."""
    return _LINES.format(prefix=prefix, port=port)
