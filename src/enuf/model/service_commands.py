"""The commands that a person types to control a service and read its log, as hints show them."""

from __future__ import annotations

import msgspec


class ServiceCommands(msgspec.Struct, frozen=True, kw_only=True):
    """The command templates of one service manager."""

    control_template: str
    log_template: str
    override_template: str

    def control(self, action: str, service: str) -> str:
        """Return the command that starts, stops, restarts, reloads or describes (`status`) a service."""
        return self.control_template.format(action=action, service=service)

    def log(self, service: str) -> str:
        """Return the command that prints the log of a service."""
        return self.log_template.format(service=service)

    def override(self, service: str) -> str:
        """Return the command that edits the administrator's own lines of a service definition."""
        return self.override_template.format(service=service)


SYSTEMD = ServiceCommands(
    control_template="systemctl {action} {service}",
    log_template="journalctl -u {service}",
    override_template="systemctl edit {service}",
)
