"""A line of a unit that systemd ignores: outside of every section, or with a key that it does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitSetting

_KEYS = {
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
_CLOSE = 0.82
_NEEDED = ("ExecStart", "User", "WorkingDirectory", "Restart", "WantedBy")
"""Keys whose loss changes how the service runs."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every line before the first section, and every key that is close to one that systemd knows."""
    for unit in services(evidence):
        for setting in unit.settings:
            if has_placeholder(setting):
                continue
            if not setting.section:
                section = next((name for name, keys in _KEYS.items() if setting.name in keys), "Unit")
                yield at_setting(
                    setting,
                    f"{setting.name} stands outside of every section: systemd ignores the line",
                    severity="warning" if setting.name in (*_NEEDED, "After", "Requires") else "advice",
                    hint=f"[{section}]   on a line before this one",
                )
            elif near := _near(setting):
                yield at_setting(
                    setting,
                    f"systemd knows no key {setting.name} in [{setting.section}] and ignores the line",
                    hint=f"{near}={setting.value}",
                )


def _near(setting: UnitSetting) -> str:
    """Return the key that an unknown one is close to, empty if the key is known or resembles none."""
    known = _KEYS.get(setting.section, [])
    if setting.name in known or setting.name.startswith("X-"):
        return ""
    wrong_case = [key for key in known if key.lower() == setting.name.lower()]
    return next(iter(wrong_case or difflib.get_close_matches(setting.name, known, 1, _CLOSE)), "")


RULE = Rule("S049", "unit-line-ignored", "warning", check)
