"""The logrotate rule for the logs that nginx writes for a site; the service rotates its own logs."""

from __future__ import annotations

from enuf.model.site import HostNginx, Site
from enuf.settings.values import Rotate

FOLDER = "/etc/logrotate.d"
HOST_RULE = f"{FOLDER}/nginx"
"""The rule of the distribution's own nginx."""

_RULE = """\
# What nginx logs for the site {name}. Written by `enuf install`; `enuf uninstall` removes it.
{access_log} {error_log} {{
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


def rotated_by_host(folder: str, rule: bytes) -> bool:
    """Return True when the rule of the host's nginx takes every log of the folder.

    A second rule for one of them would make logrotate skip the whole first one.
    """
    words = rule.decode("utf-8", "replace").replace("{", " ").split()
    return f"{folder}/*.log" in words or f"{folder}/*log" in words


def rotation_text(site: Site, rotate: Rotate, group: str) -> str:
    """Return the site's rule, with the sizes of log.rotate. Members of `group` may read the rotated logs."""
    nginx: HostNginx = site.nginx
    return _RULE.format(
        name=site.name,
        access_log=site.access_log,
        error_log=site.error_log,
        size=rotate.size.bytes,
        keep=rotate.keep,
        owner=nginx.user,
        group=group,
        program=nginx.program,
    )
