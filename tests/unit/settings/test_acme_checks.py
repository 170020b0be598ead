"""What tls.mode = "acme" cannot order is refused with its reason, and what it can order is not."""

from __future__ import annotations

import pytest
from tests.support.parts import settings

from enuf.settings.contradictions import setting_contradictions
from enuf.settings.masking import masked_value

GOOD: dict[str, object] = {
    "tls.mode": "acme",
    "serve.listen": "0.0.0.0:443",
    "serve.hosts": ["example.com", "www.example.com"],
}
OWN = {"tls.directory": "https://ca.internal/acme/acme/directory"}
EAB = {
    "tls.eab_kid": "kid-1",
    "tls.eab_key": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W",
}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"serve.hosts": []}, "needs the public name of the site"),
        ({"serve.hosts": ["~^shop[0-9]+[.]example[.]com$"]}, "needs the public name of the site"),
        ({"serve.hosts": ["*.example.com"]}, "HTTP-01 proves single names"),
        ({"serve.hosts": [".example.com"]}, "HTTP-01 proves single names"),
        ({**OWN, "tls.names": ["*.shop.internal"]}, "HTTP-01 proves single names"),
        ({"serve.hosts": ["192.0.2.7"]}, 'use tls.mode = "local" for an IP address'),
        ({"tls.names": ["[2001:db8::1]"]}, 'use tls.mode = "local" for an IP address'),
        ({"serve.hosts": ["localhost"]}, "public names only"),
        ({"serve.hosts": ["shop"]}, "public names only"),
        ({"serve.hosts": ["shop.test"]}, "public names only"),
        ({"serve.hosts": ["box.home.arpa"]}, "public names only"),
        ({"serve.hosts": ["Shop.LOCAL"]}, "public names only"),
        ({"tls.http": "off"}, "at port 80 of the name"),
        ({"serve.listen": "0.0.0.0:8443"}, "at port 80 of the name"),
        ({"tls.directory": "http://ca.example/dir"}, "no https:// URL"),
        ({"tls.directory": "https://"}, "no https:// URL"),
        ({"tls.directory": "https://[x/dir"}, "no https:// URL"),
        ({**OWN, "tls.staging": True}, "remove one"),
        ({"tls.eab_kid": "kid-1"}, "tls.eab_key is missing"),
        ({"tls.eab_key": EAB["tls.eab_key"]}, "tls.eab_kid is missing"),
        ({**EAB, "tls.eab_key": "not base64url!"}, "no key in base64url"),
        ({**EAB, "tls.eab_key": "AAAA"}, "no key in base64url"),
        ({"tls.email": "admin"}, "no e-mail address"),
        ({"tls.email": "a@b, c@d"}, "no e-mail address"),
    ],
)
def test_what_cannot_be_ordered_is_named_once(values: dict[str, object], sentence: str) -> None:
    (found,) = setting_contradictions(settings({**GOOD, **values}), {})
    assert sentence in found
    assert "zWNDZM6e" not in found and "not base64url!" not in found, "the key is a secret"


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"serve.listen": "0.0.0.0:8443", "tls.http": "0.0.0.0:8080"},
        {**OWN, "serve.hosts": ["shop.internal", "shop"]},
        {"serve.hosts": ["example.com", "~^shop[0-9]+[.]example[.]com$"]},
        {"tls.email": "admin@example.com", "tls.staging": True},
        EAB,
    ],
)
def test_what_can_be_ordered_is_not_refused(values: dict[str, object]) -> None:
    assert setting_contradictions(settings({**GOOD, **values}), {}) == []


def test_the_key_of_the_account_binding_is_never_shown() -> None:
    assert masked_value("tls.eab_key", EAB["tls.eab_key"]) == "***"
    assert masked_value("tls.eab_key", "") == ""
