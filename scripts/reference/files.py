"""The tables of the files that enuf writes and reads back."""

from __future__ import annotations

import re
import typing

from scripts.reference.structs import all_types, reachable, struct_table
from scripts.reference.texts import Texts, table

from enuf.install.journal import JournalEntry
from enuf.model.site import Installed
from enuf.run.state import State
from enuf.syntax.access_log import JSON_FORMAT, TEXT_FORMAT


def access_log(texts: Texts) -> str:
    """Return the table of the access log's fields in both formats."""
    in_json = dict(re.findall(r'"(\w+)":"?\$(\w+)"?', "".join(JSON_FORMAT)))
    text = "".join(TEXT_FORMAT)
    rows = []
    for name, variable in in_json.items():
        match = re.search(rf"(?:(\w+)=)?(\"?\[?)\${variable}\b", text)
        assert match, f"the text format of the access log has no ${variable}"
        shown = f"`{match[1]}=`" if match[1] else ""
        rows.append((f"`{name}`", shown, f"`${variable}`", texts.of("access_log", name)))
    words = texts.words
    return f"```text\n{text}\n```\n\n" + table(
        (words["key"], words["text"], words["nginx"], words["means"]), rows
    )


def state(texts: Texts) -> str:
    """Return the table of state.json."""
    return all_types(texts, [State])


def site_record(texts: Texts) -> str:
    """Return the table of the record of an installed site."""
    return all_types(texts, [Installed])


def journal(texts: Texts) -> str:
    """Return the tables of the entries in an install's journal."""
    steps = list(typing.get_args(JournalEntry))
    inside = [kind for kind in reachable(steps) if kind not in steps]
    return "\n".join(f"### {kind.__name__}\n\n{struct_table(texts, kind)}" for kind in (*steps, *inside))
