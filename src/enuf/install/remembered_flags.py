"""The flags of an install, which its record keeps where everybody may read them: secrets are refused there."""

from __future__ import annotations

from enuf.errors import SettingsInvalid
from enuf.settings.load import Loaded
from enuf.settings.masking import SECRETS


def refuse_remembered_secrets(loaded: Loaded) -> None:
    """Raise SettingsInvalid for a secret setting that a flag has named."""
    for key in sorted(SECRETS):
        if loaded.origins[key].kind == "flag":
            raise SettingsInvalid(
                f"{key} is a secret, and an install remembers its flags in a file that everybody may read",
                "write it into enuf.toml, readable for the user of the service alone",
            )
