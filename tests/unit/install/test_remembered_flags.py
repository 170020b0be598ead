"""A secret that a flag names is refused by an install, whose record everybody may read; a file may name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.install.remembered_flags import refuse_remembered_secrets
from enuf.settings import masking
from enuf.settings.load import survey

SECRETS = {
    "alert.webhook": "https://hooks.example.com/s3cret",
    "tls.eab_key": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
}


@pytest.mark.parametrize("key", sorted(masking.SECRETS))
def test_a_secret_in_a_flag_is_refused_whatever_else_the_settings_say(tmp_path: Path, key: str) -> None:
    flags = {key: ("--set", SECRETS[key])}
    loaded = survey(tmp_path, flags=flags, environ={}, topologies=()).accepted()
    with pytest.raises(SettingsInvalid, match=f"{key} is a secret") as refused:
        refuse_remembered_secrets(loaded)
    assert SECRETS[key] not in f"{refused.value.summary}{refused.value.hint}"


def test_a_secret_in_a_file_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "enuf.toml").write_text(f'[alert]\nwebhook = "{SECRETS["alert.webhook"]}"\n')
    refuse_remembered_secrets(survey(tmp_path, flags={}, environ={}, topologies=()).accepted())
