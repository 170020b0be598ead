"""What logrotate does with the logs that nginx writes for a site; the service rotates its own."""

from __future__ import annotations

from enuf.model.site import HostNginx, Site
from enuf.settings.values import Rotate

FOLDER = "/etc/logrotate.d"

_RULE = """\
# What nginx logs for the site {name}. Written by `enuf install`; `enuf uninstall` removes it.
{folder}/*.log {{
    size {size}
    rotate {keep}
    missingok
    notifempty
    create 0640 {owner} {group}
    sharedscripts
    postrotate
        {program} -s reopen
    endscript
}}
"""


def rotation_text(site: Site, rotate: Rotate, group: str) -> str:
    """The rule, from log.rotate."""
    nginx: HostNginx = site.nginx
    return _RULE.format(
        name=site.name,
        folder=site.nginx_log,
        size=rotate.size.bytes,
        keep=rotate.keep,
        owner=nginx.user,
        group=group,
        program=nginx.program,
    )
