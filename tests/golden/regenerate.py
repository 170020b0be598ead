"""Write the golden files anew: `python -m tests.golden.regenerate`, then read the diff."""

from __future__ import annotations

from tests.golden.cases import CASES, TYPES, kept, rendered, types
from tests.golden.toy import TOY, plain_toy


def main() -> None:
    """Every case."""
    for case in CASES:
        for name, text in rendered(case).items():
            kept(case, name).write_text(text, encoding="utf-8")
        print(case)
    TYPES.write_text(types(), encoding="utf-8")
    for name, text in plain_toy().items():
        (TOY / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
