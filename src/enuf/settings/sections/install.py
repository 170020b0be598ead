"""The settings of [install]."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from enuf.settings import typed


class Install(Struct, frozen=True, kw_only=True):
    """The service that `enuf install` makes."""

    writable: Annotated[
        tuple[str, ...],
        Meta(
            description="Files and folders that the app may write, relative to the project. The service sees the whole "
            "file system read-only, but for its logs, a /tmp of its own, and the folders `$STATE_DIRECTORY` and "
            "`$CACHE_DIRECTORY`.",
            examples=[["data", "/srv/uploads"]],
        ),
    ] = ()
    default_site: Annotated[
        bool,
        Meta(
            description="Whether the site also answers for every host name that no other site of the host's nginx has, and for its IP "
            "address (`default_server`). A port has one such site; `--domain _` says so too.",
            examples=[False, True],
        ),
    ] = False
    max_memory: Annotated[
        typed.Bytes | None,
        Meta(
            ge=16 << 20,
            description="Most memory of all processes of the service together (MemoryMax= of systemd). At the limit the kernel "
            "ends a worker, which is replaced; workers.max_memory replaces one before.",
            examples=["off", "1g"],
        ),
    ] = None
    max_cpu: Annotated[
        int | None,
        Meta(
            ge=1,
            le=100_000,
            description="Most processor time of the service, in percent of one processor (CPUQuota= of systemd).",
            examples=["off", 150],
        ),
    ] = None
    max_tasks: Annotated[
        int | None,
        Meta(
            ge=16,
            le=4_194_304,
            description="Most processes and threads of the service (TasksMax= of systemd).",
            examples=["off", 500],
        ),
    ] = None
    after: Annotated[
        tuple[typed.UnitName, ...],
        Meta(
            description="Units of systemd that start before the service where both start (After=).",
            examples=[["postgresql.service"]],
        ),
    ] = ()
    wants: Annotated[
        tuple[typed.UnitName, ...],
        Meta(
            description="Units of systemd that are started with the service, before it (Wants= and After=). Only root may say so: "
            "by a flag, or in a settings file that root alone can change.",
            examples=[["redis-server.service"]],
        ),
    ] = ()
    journal: Annotated[
        bool,
        Meta(
            description="Copy what the app and its server write into the journal of systemd too. The log files stay complete, "
            "also where the journal takes no more lines (RateLimitBurst= of journald.conf).",
            examples=[False, True],
        ),
    ] = False
