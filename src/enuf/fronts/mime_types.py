"""The MIME types for nginx, whose wheel has no mime.types (F12)."""

from __future__ import annotations

from enuf.syntax.nginx import Block, Directive

_TYPES = {
    "text/html": "html htm shtml",
    "text/css": "css",
    "text/csv": "csv",
    "text/javascript": "js mjs",
    "text/markdown": "md",
    "text/plain": "txt log",
    "text/xml": "xml",
    "text/calendar": "ics",
    "text/vtt": "vtt",
    "application/atom+xml": "atom",
    "application/gzip": "gz",
    "application/json": "json map",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/msword": "doc",
    "application/octet-stream": "bin exe dll deb dmg iso img msi",
    "application/pdf": "pdf",
    "application/rss+xml": "rss",
    "application/rtf": "rtf",
    "application/sql": "sql",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-fontobject": "eot",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/hwp+zip": "hwpx",
    "application/x-hwp": "hwp",
    "application/x-tar": "tar",
    "application/xhtml+xml": "xhtml",
    "application/zip": "zip",
    "audio/midi": "mid midi",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg oga opus",
    "audio/wav": "wav",
    "audio/webm": "weba",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpeg jpg",
    "image/png": "png apng",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/webp": "webp",
    "image/x-icon": "ico",
    "video/3gpp": "3gp",
    "video/mp2t": "ts",
    "video/mp4": "mp4 m4v",
    "video/mpeg": "mpeg mpg",
    "video/ogg": "ogv",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-msvideo": "avi",
}

TEXTS = (
    *(
        kind for kind in _TYPES if kind.startswith("text/") and kind != "text/html"
    ),  # that one is always a text
    *(kind for kind in _TYPES if kind.endswith("+xml")),
    "application/sql",
)
"""The types to which Flask adds `charset=utf-8`, too."""

MIME_TYPES = Block(
    "types",
    (),
    tuple(Directive(kind, tuple(endings.split())) for kind, endings in _TYPES.items()),
    "Which Content-Type a file name means (IANA media types).",
)
