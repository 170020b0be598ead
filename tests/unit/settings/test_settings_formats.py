"""Host names, networks, prefixes and other texts that end up in a server's configuration."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from enuf.settings import formats


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("example.com", "example.com"),
        ("Example.COM", "example.com"),
        ("*.example.com", "*.example.com"),
        ("한국.kr", "xn--3e0b707e.kr"),
        ("*.한국.kr", "*.xn--3e0b707e.kr"),
        ("my_host", "my_host"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        (".Example.com", ".example.com"),
        ("www.example.*", "www.example.*"),
        (r"~^(?<branch>[a-z]+)\.example\.com$", r"~^(?<branch>[a-z]+)\.example\.com$"),
        (r"~(?<!x)\.test$", r"~(?<!x)\.test$"),
        ("[::0001]", "[::1]"),
        (f"{'a' * 60}.{'b' * 60}.test", f"{'a' * 60}.{'b' * 60}.test"),
    ],
)
def test_a_host_name_is_kept_as_browsers_send_it(text: str, kept: str) -> None:
    assert formats.host_name(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "*.",
        "a b",
        "a;b",
        "a\nb",
        "a{b",
        "a.*.b",
        "example.com:80",
        "http://a",
        "a..b",
        "-a",
        "a/",
        "..a",
        "*.a.*",
        "a*.b",
        "한 국",
        "가" * 300,
        "a" * 64,
        "\udc80",
    ],
)
def test_what_is_no_host_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a host name"):
        formats.host_name(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("_", "is no host name but a habit"),
        ("~", "has no regular expression"),
        ("~(", "is not a regular expression"),
        ("~\\N{DEGREE SIGN}", "not a regular expression of nginx's"),
        ("~(?a)x", "not a regular expression of nginx's"),
        ("~a{70000}", "not a regular expression of nginx's"),
        ("~^(?<uri>.*)$", "names a part 'uri', and nginx has a variable of that name"),
        ("~^(?P<args>.*)$", "names a part 'args'"),
        ("~^(?<http_host>.*)$", "names a part 'http_host'"),
        ("~^(?<enuf_port>.*)$", "names a part 'enuf_port'"),
        ("_", "answers to any name"),
        ("[::1", "is not an IPv6 address"),
        ("[x]", "is not an IPv6 address"),
        ("[::1]:80", "is not an IPv6 address"),
    ],
)
def test_so_is_a_broken_expression_or_address(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        formats.host_name(text)


@pytest.mark.parametrize("text", ["10.0.0.0/8", "192.168.1.7", "::1", "fd00::/8"])
def test_a_trusted_proxy_is_an_address_or_a_network(text: str) -> None:
    assert formats.network(text) == text


@pytest.mark.parametrize("text", ["", "proxy.local", "10.0.0.0/99", "10.0.0.0/8; x", "fe80::1%eth0", "*"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an IP address or network"):
        formats.network(text)


def test_a_network_with_the_bits_of_one_machine_gets_both_readings() -> None:
    with pytest.raises(ValueError, match=r'write "10.0.0.0/8" or "10.1.2.3"'):
        formats.network("10.1.2.3/8")


@pytest.mark.parametrize("text", ["", "/shop", "/a/b", "/한국"])
def test_a_prefix_is_kept(text: str) -> None:
    assert formats.url_prefix(text) == text


@pytest.mark.parametrize(
    "text",
    ["shop", "/", "/shop/", "/a b", "/a;b", "/a{", "/$uri", "/a//b", "/a/../b", "/a\nb", "/a?b", '/a"'],
)
def test_a_bad_prefix_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        formats.url_prefix(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("/", "hide the whole app"),
        ("media/", "start and end"),
        ("/media", "start and end"),
        ("/a b/", "that a URL prefix cannot have"),
    ],
)
def test_a_bad_static_url_is_refused(text: str, advice: str) -> None:
    with pytest.raises(ValueError, match=advice):
        formats.url_folder(text)


@pytest.mark.parametrize("text", ["", ".", "./", "..", "../..", "/", "media/.."])
def test_a_static_folder_that_is_the_project_itself_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="publish the whole project"):
        formats.folder(text)


@pytest.mark.parametrize("text", ["./media", "media", "../shared/media", "/srv/media"])
def test_a_static_folder_is_kept(text: str) -> None:
    assert formats.folder(text) == text


@pytest.mark.parametrize("text", ["health", "/a b", "/a\r\nX: y", "/한국", "", "/a\x7f"])
def test_a_bad_health_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        formats.health_path(text)


@pytest.mark.parametrize("text", ["nginx", "./nginx", "", "Embedded"])
def test_a_tool_is_embedded_system_or_an_absolute_path(text: str) -> None:
    assert formats.tool_choice("/usr/sbin/nginx") == "/usr/sbin/nginx"
    with pytest.raises(ValueError, match="embedded"):
        formats.tool_choice(text)


@pytest.mark.parametrize("text", ["", "a b", "a;", "-a", "a\n", "사용자"])
def test_what_is_no_user_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a user name"):
        formats.user_name(text)


@pytest.mark.parametrize("text", ["", "a = b", "a\nsocket", "[uwsgi]"])
def test_what_is_no_uwsgi_option_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a uWSGI option"):
        formats.option_name(text)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "a\x1bb", "a\x7fb"])
def test_text_on_one_line_holds_no_control_character(text: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        formats.one_line(text)


@pytest.mark.parametrize("check", [formats.one_line, formats.any_lines])
def test_text_that_no_file_can_hold_is_refused(check: Callable[[str], str]) -> None:
    assert check("값") == "값"
    with pytest.raises(ValueError, match=r"NUL|control"):
        check("a\0b")
    with pytest.raises(ValueError, match="is not UTF-8"):
        check("a\udc80")
