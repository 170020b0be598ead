"""Write the generated parts of the reference pages, and the manual pages. The exit status is 1 if a text is missing or not used."""

from __future__ import annotations

import sys

from scripts.reference.pages import pages
from scripts.reference.texts import ROOT


def main() -> int:
    """Write the pages. Return 1 if a text is missing or unused, else 0."""
    made, problems = pages()
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
