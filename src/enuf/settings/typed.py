"""The types of single settings: the Python type of a value, and its written format."""

from __future__ import annotations

from typing import Annotated

from enuf.model.address import Address, TcpAddress, parse_address, parse_tcp_address
from enuf.settings import formats, values
from enuf.settings.kinds import Text, Written
from enuf.settings.values import Duration, ProcessRange, Rotate, Size

Time = Annotated[Duration, Written(values.parse_duration, 'a duration like "30s"', takes_numbers=True)]
Bytes = Annotated[Size, Written(values.parse_size, 'a size like "16m"', takes_numbers=True)]
Rotation = Annotated[Rotate, Written(values.parse_rotate, 'a rotation like "50m x 5"')]
Scale = Annotated[ProcessRange, Written(values.parse_process_range, 'a range like "2..8"')]
Listen = Annotated[Address, Written(parse_address, 'an address like "127.0.0.1:8000"', takes_numbers=True)]
LinkAddress = Annotated[
    TcpAddress, Written(parse_tcp_address, 'an address like "127.0.0.1:3031"', takes_numbers=True)
]
Host = Annotated[str, Written(formats.host_name, 'a host name like "example.com"')]
Network = Annotated[str, Written(formats.network, 'an IP address or network like "10.0.0.0/8"')]
Prefix = Annotated[str, Written(formats.url_prefix, 'a URL prefix like "/shop"')]
UrlFolder = Annotated[str, Written(formats.url_folder, 'the URL of a folder like "/media/"')]
HealthPath = Annotated[str, Written(formats.health_path, 'a path like "/health"')]
User = Annotated[str, Written(formats.user_name, 'a user name like "www-data"')]
ToolChoice = Annotated[str, Written(formats.tool_choice, "a program in quotes")]
OptionName = Annotated[str, Written(formats.option_name, "the name of an option")]
Folder = Annotated[str, Written(formats.folder, 'a folder like "./media"')]
Lines = Annotated[str, Text(lines=True)]
