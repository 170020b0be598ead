"""The keys that systemd knows in the sections of a service unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

UNIT_KEYS: Mapping[str, Sequence[str]] = {
    "Unit": """Description Documentation Requires Requisite Wants BindsTo PartOf Upholds Conflicts Before After OnFailure OnSuccess
        StartLimitInterval StartLimitIntervalSec StartLimitBurst StartLimitAction DefaultDependencies RefuseManualStart
        RefuseManualStop AllowIsolate StopWhenUnneeded SourcePath JoinsNamespaceOf RequiresMountsFor""".split(),  # noqa: SIM905
    "Install": ["Alias", "WantedBy", "RequiredBy", "Also", "DefaultInstance", "UpheldBy"],
    "Service": """Type ExitType RemainAfterExit GuessMainPID PIDFile BusName ExecStart ExecStartPre ExecStartPost ExecCondition
        ExecReload ExecReloadPost ExecStop ExecStopPost RestartSec RestartSteps RestartMaxDelaySec RestartMode TimeoutSec
        TimeoutStartSec TimeoutStopSec TimeoutAbortSec RuntimeMaxSec WatchdogSec Restart SuccessExitStatus RestartPreventExitStatus
        RestartForceExitStatus NotifyAccess Sockets User Group DynamicUser SupplementaryGroups WorkingDirectory RootDirectory
        RootImage Environment EnvironmentFile PassEnvironment UnsetEnvironment UMask Nice OOMScoreAdjust OOMPolicy
        StandardInput StandardOutput StandardError SyslogIdentifier SyslogFacility SyslogLevel LimitNOFILE LimitNPROC LimitCORE
        LimitCPU LimitFSIZE LimitMEMLOCK LimitAS MemoryMax MemoryHigh MemoryLow MemoryMin MemoryLimit MemoryAccounting CPUQuota
        CPUAccounting CPUWeight CPUShares CPUAffinity TasksMax TasksAccounting IOAccounting IOWeight RuntimeDirectory
        RuntimeDirectoryMode RuntimeDirectoryPreserve StateDirectory StateDirectoryMode CacheDirectory CacheDirectoryMode
        LogsDirectory LogsDirectoryMode ConfigurationDirectory ConfigurationDirectoryMode PrivateTmp PrivateDevices PrivateNetwork
        PrivateUsers PrivateMounts PrivateIPC ProtectSystem ProtectHome ProtectKernelTunables ProtectKernelModules
        ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname ProtectProc NoNewPrivileges ReadWritePaths ReadOnlyPaths
        InaccessiblePaths ExecPaths NoExecPaths CapabilityBoundingSet AmbientCapabilities RestrictAddressFamilies RestrictNamespaces
        RestrictRealtime RestrictSUIDSGID SystemCallFilter SystemCallArchitectures LockPersonality MemoryDenyWriteExecute
        KillMode KillSignal RestartKillSignal SendSIGKILL SendSIGHUP FinalKillSignal PermissionsStartOnly RootDirectoryStartOnly
        StartLimitInterval StartLimitBurst StartLimitAction Slice Delegate LoadCredential SetCredential BindPaths
        BindReadOnlyPaths TemporaryFileSystem ReloadSignal IPAddressAllow IPAddressDeny LogLevelMax LogRateLimitBurst
        LogRateLimitIntervalSec TTYPath UtmpIdentifier FileDescriptorStoreMax NonBlocking DevicePolicy DeviceAllow""".split(),  # noqa: SIM905
}
