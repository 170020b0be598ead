"""Write the golden files anew: `python -m tests.golden.regenerate`, then read the diff."""

from __future__ import annotations

from tests.golden.cases import CASES, TYPES, kept, rendered, types
from tests.golden.exports import EXPORTS, export_of, kept_export
from tests.golden.toy import TOY, plain_toy


def main() -> None:
    """Every case."""
    for case in CASES:
        for name, text in rendered(case).items():
            kept(case, name).write_text(text, encoding="utf-8")
        print(case)
    for target in EXPORTS:
        for name, text in export_of(target).items():
            kept_export(target, name).parent.mkdir(parents=True, exist_ok=True)
            kept_export(target, name).write_text(text, encoding="utf-8")
    TYPES.write_text(types(), encoding="utf-8")
    for name, text in plain_toy().items():
        (TOY / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
