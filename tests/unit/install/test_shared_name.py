"""A second app below a path of another site's name: refused with the commands and lines that join the two."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from enuf.errors import Conflict
from enuf.install.shared_name import refuse_part_of_another
from enuf.install.tree import HostTree
from enuf.model.address import TcpAddress
from enuf.model.site import Installed, Site, VisitorRequest
from tests.support.parts import HOST_NGINX, settings

API = {"serve.hosts": ["shop.example"], "serve.prefix": "/api", "serve.listen": "0.0.0.0:80"}


def tree(folder: Path, port: int = 80) -> HostTree:
    record = Installed(
        site=Site(name="shop", nginx=HOST_NGINX), project="/srv/shop", target=None, flags={}, user="alice",
        domains=("shop.example", "www.shop.example"),
        visitor=VisitorRequest(
            address=TcpAddress("127.0.0.1", port), host="shop.example", path="/", over_tls=False, digest=""
        ),
    )  # fmt: skip
    file = folder / "var/lib/enuf/sites/shop.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(msgspec.json.encode(record))
    return HostTree(folder)


@pytest.mark.parametrize(
    ("port", "listen"), [(80, "0.0.0.0:80"), (443, "0.0.0.0:80"), (80, "0.0.0.0:443"), (8080, "0.0.0.0:8080")]
)
def test_a_part_of_another_sites_name_is_refused_with_what_joins_them(
    tmp_path: Path, port: int, listen: str
) -> None:
    with pytest.raises(Conflict) as error:
        refuse_part_of_another(
            settings({**API, "serve.listen": listen}), "api", "/srv/my api", tree(tmp_path, port)
        )
    assert "is the site shop of /srv/shop" in error.value.summary
    for words in (
        "enuf --project '/srv/my api' install --domain shop.example --set serve.prefix=/api --listen 127.0.0.1:8100",
        "/etc/enuf/shop/server.conf",
        "enuf --project /srv/shop install",
    ):
        assert words in error.value.hint
    assert "location ^~ /api/ {\n    proxy_pass http://127.0.0.1:8100;" in error.value.detail


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("shop", {}),
        ("api", {"serve.prefix": ""}),
        ("api", {"serve.hosts": ["api.example"]}),
        ("api", {"serve.listen": "127.0.0.1:8100"}),
    ],
)
def test_a_site_of_its_own_is_not_refused(tmp_path: Path, name: str, more: dict[str, object]) -> None:
    refuse_part_of_another(settings({**API, **more}), name, "/srv/api", tree(tmp_path))
