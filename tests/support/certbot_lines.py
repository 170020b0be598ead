"""The edit of `certbot install --nginx --redirect` (certbot 5) in a site's file."""

from __future__ import annotations

import re

_OF_HTTPS = """
    listen [::]:443 ssl ipv6only=on; # managed by Certbot
    listen 443 ssl; # managed by Certbot
    ssl_certificate {certificate}; # managed by Certbot
    ssl_certificate_key {key}; # managed by Certbot
    include /etc/letsencrypt/options-ssl-nginx.conf; # managed by Certbot
    ssl_dhparam /etc/letsencrypt/ssl-dhparams.pem; # managed by Certbot

}}


server {{
    if ($host = {name}) {{
        return 301 https://$host$request_uri;
    }} # managed by Certbot


    listen 80;
    listen [::]:80;
    server_name {name};
    return 404; # managed by Certbot


}}"""


def edited_by_certbot(text: str, name: str, certificate: str, key: str) -> str:
    """Return the text of a site with one name after certbot has given HTTPS to that name."""
    begin = f"    listen 80;\n    listen [::]:80;\n    server_name {name};\n"
    before, found, after = text.rstrip("\n").rpartition(begin)
    assert found and after.endswith("\n}")
    own = re.sub(r"\n}$", "\n", after)
    return f"{before}    server_name {name};\n{own}" + _OF_HTTPS.format(
        name=name, certificate=certificate, key=key
    )
