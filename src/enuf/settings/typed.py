"""The types of single settings: the Python type of a value, and its written format."""

from __future__ import annotations

from typing import Annotated

from enuf.model.address import (
    Address,
    TcpAddress,
    parse_address,
    parse_tcp_address,
    refuse_together,
)
from enuf.settings import formats, values
from enuf.settings.kinds import FormattedText, Text
from enuf.settings.shapes import OneOrMore, SpacedItems
from enuf.settings.values import Duration, ProcessRange, Rotate, Size

Time = Annotated[Duration, FormattedText(values.parse_duration, 'a duration like "30s"', takes_numbers=True)]
Bytes = Annotated[Size, FormattedText(values.parse_size, 'a size like "16m"', takes_numbers=True)]
Rotation = Annotated[Rotate, FormattedText(values.parse_rotate, 'a rotation like "50m x 5"')]
Rate = Annotated[values.Rate, FormattedText(values.parse_rate, 'a rate like "10/s"')]
Scale = Annotated[ProcessRange, FormattedText(values.parse_process_range, 'a range like "2..8"')]
Listen = Annotated[
    Address, FormattedText(parse_address, 'an address like "127.0.0.1:8000"', takes_numbers=True)
]
Listens = Annotated[
    Address | tuple[Address, ...],
    OneOrMore(
        FormattedText(parse_address, 'an address like "127.0.0.1:8000"', takes_numbers=True), refuse_together
    ),
]
LinkAddress = Annotated[
    TcpAddress, FormattedText(parse_tcp_address, 'an address like "127.0.0.1:3031"', takes_numbers=True)
]
Host = Annotated[str, FormattedText(formats.host_name, 'a host name like "example.com"')]
Network = Annotated[str, FormattedText(formats.network, 'an IP address or network like "10.0.0.0/8"')]
Networks = Annotated[
    tuple[str, ...],
    SpacedItems(FormattedText(formats.client_network, 'an IP address or network like "10.0.0.0/8"')),
]
Prefix = Annotated[str, FormattedText(formats.url_prefix, 'a URL prefix like "/shop"')]
UrlFolder = Annotated[str, FormattedText(formats.url_folder, 'the URL of a folder like "/media/"')]
UrlOfSite = Annotated[
    str, FormattedText(formats.url_folder_or_site, 'the URL of a folder like "/admin/", or "/"')
]
Origin = Annotated[str, FormattedText(formats.origin, 'an origin like "https://app.example.com"')]
SitePath = Annotated[str, FormattedText(formats.site_path, 'a path like "/admin"')]
AskedPath = Annotated[str, FormattedText(formats.health_url_path, 'a path like "/health"')]
HealthPath = Annotated[str, FormattedText(formats.health_path, 'a path like "/health"')]
CommandLine = Annotated[str, FormattedText(formats.command_line, 'a command like "flask db upgrade"')]
OptionalCommand = Annotated[
    str, FormattedText(formats.optional_command, 'a command like "/usr/local/bin/page-me"')
]
UnitName = Annotated[str, FormattedText(formats.unit_name, 'a unit like "postgresql.service"')]
User = Annotated[str, FormattedText(formats.user_name, 'a user name like "www-data"')]
ToolChoice = Annotated[str, FormattedText(formats.tool_choice, "a program in quotes")]
OptionName = Annotated[str, FormattedText(formats.option_name, "the name of an option")]
Folder = Annotated[str, FormattedText(formats.folder, 'a folder like "./media"')]
Page = Annotated[str, FormattedText(formats.html_page, 'an HTML file like "./errors/502.html"')]
PageOrNone = Annotated[
    str, FormattedText(formats.html_page_or_none, 'an HTML file like "./errors/maintenance.html"')
]
Lines = Annotated[str, Text(lines=True)]
WebAddress = Annotated[str, FormattedText(formats.web_address, "an address that begins with https://")]
