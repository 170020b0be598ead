"""The keys that docker compose knows in the parts of a compose file (compose-spec, schema/compose-spec.json)."""

from __future__ import annotations

from collections.abc import Mapping

_NAMED = "name driver driver_opts external labels"
COMPOSE_KEYS: Mapping[str, frozenset[str]] = {
    part: frozenset(keys.split())
    for part, keys in {
        "file": "configs include models name networks secrets services version volumes",
        "service": """annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
            cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec
            depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file
            environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation
            label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models
            network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start pre_stop
            privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt
            shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user
            userns_mode uts volumes volumes_from working_dir""",
        "build": """additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts
            isolation labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size ssh
            tags target ulimits""",
        "healthcheck": "disable interval retries start_interval start_period test timeout",
        "deploy": "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config",
        "logging": "driver options",
        "ports": "app_protocol host_ip mode name protocol published target",
        "volumes": "bind consistency image read_only source target tmpfs type volume",
        "depends_on": "condition required restart",
        "file.networks": f"{_NAMED} attachable enable_ipv4 enable_ipv6 internal ipam",
        "file.volumes": _NAMED,
    }.items()
}
"""By part; keys that begin with `x-` are allowed in each part."""
