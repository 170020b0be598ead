"""What to do about a path that hides a project, or the Python that runs it, from the service."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from enuf.install.plan_site import unreadable_hint


def test_a_folder_that_hides_enufs_python_is_not_to_be_moved() -> None:
    python = os.path.realpath(sys.executable)
    for hiding in (python, *map(str, Path(python).parents[:-1])):
        hint = unreadable_hint(hiding)
        assert python in hint and "/usr/bin/python3" in hint and "move it" not in hint


def test_any_other_path_is_to_be_moved() -> None:
    assert unreadable_hint("/srv/shop/secret").startswith("move it")
