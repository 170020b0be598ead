"""The engine as a process: `python -m enuf.tls.acme FOLDER [--now | --force]`.

It prints one line of JSON. Exit status: 0 = the certificate is good, new or not due; 1 = the last attempt failed;
75 = another process is at it; 70 = there is no order in the folder, or a bug.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

STATUS = {"issued": 0, "not-due": 0, "failed": 1, "busy": 75}
NO_ORDER = 70


def main(arguments: list[str]) -> int:
    """Make one attempt in the folder. Return the exit status."""
    from enuf.tls.acme.engine import Wish, attempt
    from enuf.tls.acme.folder import AcmeFolder

    wishes: dict[str, Wish] = {"--now": "now", "--force": "force"}
    folders = [word for word in arguments if word not in wishes]
    wish: Wish = next((wishes[word] for word in arguments if word in wishes), "when-due")
    if len(folders) != 1:
        sys.stderr.write("usage: python -m enuf.tls.acme FOLDER [--now | --force]\n")
        return NO_ORDER
    os.umask(0o022)
    try:
        outcome = attempt(AcmeFolder(Path(folders[0])), wish)
    except (OSError, msgspec.MsgspecError) as error:
        sys.stderr.write(f"error: {folders[0]}: {error}\n")
        return NO_ORDER
    sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return STATUS[outcome.outcome]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
