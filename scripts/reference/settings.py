"""The tables of settings."""

from __future__ import annotations

from collections.abc import Iterable

from scripts.reference.texts import Texts, table

from enuf.settings.fields import FieldInfo, dotted_keys, sections
from enuf.settings.shapes import spelled


def settings(texts: Texts) -> str:
    """Return one table for each section."""
    shown = dotted_keys().values()
    parts = [
        f"## {texts.words['top']}\n\n",
        _settings_table(texts, [field for field in shown if not field.section]),
    ]
    for section, title in sections().items():
        fields = [field for field in shown if field.section == section]
        if fields:
            about = texts.of("sections", section, title.splitlines()[0])
            parts.append(f"\n## [{section}]\n\n{about}\n\n{_settings_table(texts, fields)}")
    return "".join(parts)


def _settings_table(texts: Texts, fields: Iterable[FieldInfo]) -> str:
    words = texts.words
    heads = (words["key"], words["default"], words["variable"], words["what"])
    return table(heads, (_setting(texts, field) for field in fields))


def _setting(texts: Texts, field: FieldInfo) -> tuple[str, ...]:
    about = texts.of("settings", field.key, field.description)
    flag = f" {texts.words['flag']}: `{field.flag}`." if field.flag else ""
    return f"`{field.name}`", f"`{spelled(field.default)}`", f"`{field.env}`", about + flag
