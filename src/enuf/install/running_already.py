"""App servers of the project that run beside the one which an install starts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from enuf.discover.running_servers import running_servers
from enuf.install.requests import InstallRequest
from enuf.install.target_host import TargetHost


def running_already(request: InstallRequest, host: TargetHost) -> Iterator[str]:
    """Yield a warning for each uWSGI and gunicorn that serves the project by hand, at its first install."""
    if request.old is not None or request.replaces or not host.tree.is_this_host:
        return
    for server in running_servers(Path(os.path.realpath(request.invocation.project))):
        yield (
            f"a server of this project runs already: {server.words_of_message}. It stays as it is; "
            "enuf adopt takes its site over"
        )
