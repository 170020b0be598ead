"""The printer of nginx configurations: layout and quoting, as literal text."""

from __future__ import annotations

import pytest

from enuf.syntax.nginx import Heading, Node, Remark, Verbatim, block, directive, quote, to_text


@pytest.mark.parametrize(
    ("argument", "printed"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("two words", '"two words"'),
        ("한글", "한글"),
        ("a;b", '"a;b"'),
        ("a{2}", '"a{2}"'),
        ("${name}.log", "${name}.log"),
        ("$name", "$name"),
        ("#comment", '"#comment"'),
        ('say "hi"', "'say \"hi\"'"),
        ("it's", '"it\'s"'),
        ("""both " and '""", """"both \\" and '\""""),
        (r"~\.php$", r"~\.php$"),
        (r"a \d{2}", r'"a \d{2}"'),
        (r"C:\temp", r"C:\\temp"),
        (r"ends with a \ ".strip(), '"ends with a \\\\"'),
        (r"\\", r"\\\\"),
        ("tab\there", '"tab\there"'),
    ],
)
def test_an_argument_is_bare_where_possible_and_else_in_quotes(argument: str, printed: str) -> None:
    assert quote(argument) == printed


@pytest.mark.parametrize("argument", ["a\nb", "a\rb", "a\0b"])
def test_what_no_line_can_hold_is_refused(argument: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        quote(argument)


def test_blocks_are_indented_and_set_apart() -> None:
    nodes: list[Node] = [
        Remark("Two lines\nof remark"),
        directive("daemon", "off", comment="Why."),
        directive("pid", "/run/a b.pid"),
        block("events", children=[directive("worker_connections", 512)]),
        block(
            "http",
            children=[
                Heading("A title"),
                block("map", "$a", "$b", children=[directive("default", "")], comment="A map."),
                Remark("About what follows:"),
                directive("gzip", "on"),
                directive("gzip_vary", "on"),
                Heading("Another"),
                Remark("A remark below its title."),
                directive("etag", "off"),
            ],
        ),
    ]
    assert to_text(nodes) == (
        '# Two lines\n# of remark\n\n# Why.\ndaemon off;\npid "/run/a b.pid";\n\nevents {\n    worker_connections 512;\n}\n\n'
        'http {\n    # --- A title ---\n    # A map.\n    map $a $b {\n        default "";\n    }\n\n'
        "    # About what follows:\n    gzip on;\n    gzip_vary on;\n\n"
        "    # --- Another ---\n    # A remark below its title.\n    etag off;\n}\n"
    )


def test_lines_of_the_user_are_copied_between_two_marks() -> None:
    text = to_text(
        [directive("a"), Verbatim("\nmap $x $y {\n  default 1;\n}\n", "raw.nginx_http"), directive("b")]
    )
    assert text == (
        "a;\n\n# --- raw.nginx_http: your own lines, copied as they are ---\n"
        "map $x $y {\n  default 1;\n}\n# --- end of raw.nginx_http ---\n\nb;\n"
    )


def test_a_long_list_of_words_is_wrapped() -> None:
    words = [f"type/number-{number}" for number in range(20)]
    lines = to_text([block("http", children=[directive("gzip_types", *words)])]).splitlines()
    assert max(map(len, lines)) <= 110
    assert lines[2].startswith("        type/")
    assert " ".join(lines[1:-1]).split() == ["gzip_types", *words[:-1], f"{words[-1]};"]


def test_a_comment_never_becomes_a_directive() -> None:
    for text in ("a\nb", "a\rdaemon on;", "a\u2028daemon on;", "a\x0bdaemon on;"):
        nodes: list[Node] = [
            Heading(text),
            Remark(text),
            directive("x", comment=text),
            block("y", children=[], comment=text),
        ]
        lines = [line for line in to_text(nodes).splitlines() if line and not line.startswith("#")]
        assert lines == ["x;", "y {", "}"]
