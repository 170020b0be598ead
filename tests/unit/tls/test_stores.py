"""What becomes of the authorities in the stores of the system and of browsers, said in words."""

from __future__ import annotations

from pathlib import Path

from enuf.system.user import User
from enuf.tls.stores import change_stores


def test_who_has_no_browser_is_not_asked_to_start_one_before_an_untrust(tmp_path: Path) -> None:
    nobody = User(name="nobody-61999", uid=61_999, gid=61_999, home=str(tmp_path))
    system, browsers = change_stores(None, nobody, trust=False)
    assert (system.outcome, browsers.outcome) == ("nothing to do", "nothing to do")
    assert browsers.why == "this user has no profile of Firefox or Chromium yet"
