"""The words of gunicorn's command line."""

from __future__ import annotations

import pytest

from enuf.discover.gunicorn_settings import read_gunicorn_words
from enuf.syntax.gunicorn_options import flag_and_value, has_value_behind


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("--workers=3", ("--workers", "3")),
        ("--workers", ("--workers", None)),
        ("--bind=", ("--bind", "")),
        ("-w3", ("-w", "3")),
        ("-w=3", ("-w", "3")),
        ("-w", ("-w", None)),
    ],
)
def test_a_word_holds_a_flag_and_perhaps_its_value(word: str, found: tuple[str, str | None]) -> None:
    assert flag_and_value(word) == found


def test_the_flag_of_the_proxy_protocol_takes_a_mode_and_never_the_app() -> None:
    assert has_value_behind("proxy_protocol", ["v2", "wsgi:app"])
    assert not has_value_behind("proxy_protocol", ["wsgi:app"])
    assert not has_value_behind("proxy_protocol", [])


def test_a_setting_has_its_own_name_whatever_its_flag_is_called() -> None:
    words = "--log-syslog-to udp://logs:514 --no-sendfile --keep-alive 5 --access-logformat %(h)s wsgi:app"
    found = read_gunicorn_words(words.split(), "")
    assert [*found] == ["syslog_addr", "sendfile", "keepalive", "access_log_format", "wsgi_app"]
