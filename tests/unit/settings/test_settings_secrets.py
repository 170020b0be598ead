"""The variables of secret settings are named twice: in the schema, and where no schema is loaded."""

from __future__ import annotations

from enuf.model.secrets import SECRET_VARIABLES
from enuf.settings.fields import variable_of
from enuf.settings.masking import SECRETS


def test_a_server_inherits_no_variable_of_a_secret_setting() -> None:
    assert set(SECRET_VARIABLES) == set(map(variable_of, SECRETS))
