"""Bring the catalogue of Korean messages up to date with the source; or check it, or list what is not translated."""

from __future__ import annotations

import argparse
import sys

from scripts.messages.catalogue_file import PATH, brought_up_to_date, problems, read, untranslated


def main(arguments: list[str]) -> int:
    """Write, check or list. Return 1 for a catalogue that does not fit the source."""
    parser = argparse.ArgumentParser(prog="python -m scripts.messages", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 for a problem")
    parser.add_argument(
        "--untranslated",
        nargs="*",
        metavar="PREFIX",
        help="list what has no Korean: all, or of files that begin so",
    )
    wishes = parser.parse_args(arguments)
    known = read()
    if wishes.untranslated is not None:
        for entry in untranslated(known, wishes.untranslated):
            print(entry)
        return 0
    if not wishes.check:
        brought_up_to_date(known).save(str(PATH))
        known = read()
    found = list(problems(known, all_translated=wishes.check))
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
