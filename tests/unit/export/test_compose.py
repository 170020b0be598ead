"""Docker Compose: one service with its secrets, its check and its volumes."""

from __future__ import annotations

from typing import Any

from tests.support.exports import UPLOADS, documents, exported, facts


def web(values: dict[str, object] | None = None, **rest: Any) -> Any:
    """The one service."""
    (document,) = documents(exported("compose", values, **rest), "compose.yaml")
    return document["services"]["web"]


def test_the_image_is_built_from_the_project_whatever_folder_the_files_lie_in() -> None:
    assert web()["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert web()["image"] == "shop:${TAG:-1}"


def test_the_secrets_are_variables_that_no_file_holds() -> None:
    files = exported("compose")
    assert web()["env_file"] == ["../.env"]
    assert "env_file" not in web(env_files=())
    assert not [name for name in files if "env" in name and not name.startswith("conf/enuf")]


def test_nothing_of_the_image_can_be_changed_and_data_outlives_the_container() -> None:
    (document,) = documents(exported("compose", facts=facts(UPLOADS)), "compose.yaml")
    service = document["services"]["web"]
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert service["volumes"] == ["uploads:/app/uploads"]
    assert document["volumes"] == {"uploads": {}}


def test_one_number_says_how_long_an_end_may_take() -> None:
    assert web({"serve.timeout": "2m"})["stop_grace_period"] == "140s"


def test_the_port_is_open_on_this_machine_alone() -> None:
    assert web()["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]


def test_the_check_asks_the_app() -> None:
    assert web()["healthcheck"]["test"] == ["CMD", "python", "/etc/enuf/conf/probe.py"]
    assert "healthcheck" not in web({"reload.health": "off"})
