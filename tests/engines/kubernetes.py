"""Kubernetes on hosts of this machine: a control plane on one, kubelets on three more.

Debian has Kubernetes as source alone: `scripts/build-kubernetes` builds its programs, once, into a folder of the user's cache.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.support.stack import until

from .commands import Refused, answer
from .docker import DockerHost
from .hosts import NETWORK, Host, Switch, cgroup_folders

VERSION = "1.20.2"
PROGRAMS = ("kubectl", "etcd", "containerd", "ctr", "runc", "catatonit", "openssl")
NODES = (11, 12, 13)
"""Their numbers in the network of the hosts; the builder has a lower one."""
CONTROL_NUMBER = 100
PAUSE = "localhost/pause:1"
READY_S = 240
_BUILT = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
_SERVICES, _PODS = "10.96.0.0/16", "10.244.0.0/16"
_SYSCTLS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops")
"""What a kubelet sets for the whole machine."""
_PLUGGED = "until ip -4 address show eth0 2>/dev/null | grep -q inet; do sleep 0.1; done"
_CONTROL = """
{plugged}
etcd --data-dir /run/etcd --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster default=http://127.0.0.1:2380 --unsafe-no-fsync --log-level warn &
{built}/kube-apiserver --etcd-servers http://127.0.0.1:2379 --advertise-address {address} --bind-address 0.0.0.0 --secure-port 6443 \
  --client-ca-file {keys}/ca.crt --tls-cert-file {keys}/server.crt --tls-private-key-file {keys}/server.key \
  --service-account-key-file {keys}/tokens.pub --service-account-signing-key-file {keys}/tokens.key \
  --service-account-issuer https://kubernetes.default.svc --service-cluster-ip-range {services} \
  --authorization-mode RBAC --allow-privileged=true --kubelet-client-certificate {keys}/admin.crt \
  --kubelet-client-key {keys}/admin.key --kubelet-preferred-address-types InternalIP --cert-dir /run/apiserver &
until curl -skfo /dev/null https://127.0.0.1:6443/readyz; do sleep 0.5; done
{built}/kube-controller-manager --kubeconfig {keys}/kubeconfig --service-account-private-key-file {keys}/tokens.key \
  --root-ca-file {keys}/ca.crt --use-service-account-credentials --leader-elect=false \
  --node-monitor-grace-period 16s --node-monitor-period 2s &
{built}/kube-scheduler --kubeconfig {keys}/kubeconfig --leader-elect=false &
wait
"""
_NODE = """
{plugged}
containerd --config {folder}/containerd.toml &
until ctr -a /run/containerd/containerd.sock version > /dev/null 2>&1; do sleep 0.2; done
{built}/kube-proxy --kubeconfig {keys}/kubeconfig --proxy-mode iptables --cluster-cidr {pods} --hostname-override {name} \
  --conntrack-max-per-core 0 --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0 \
  --metrics-bind-address 127.0.0.1:10249 &
{built}/kubelet --kubeconfig {keys}/kubeconfig --config {folder}/kubelet.yaml --container-runtime remote \
  --container-runtime-endpoint unix:///run/containerd/containerd.sock --hostname-override {name} --node-ip {address} \
  --root-dir /var/lib/kubelet --cgroup-root /{group} --pod-infra-container-image {pause} &
wait
"""
_CONTAINERD = """\
version = 2
root = "{folder}/data/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
disable_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{folder}/cni"
"""
_KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1",
    "kind": "KubeletConfiguration",
    "authorization": {"mode": "AlwaysAllow"},
    "cgroupDriver": "cgroupfs",
    "failSwapOn": False,
    "enforceNodeAllocatable": [],
    "nodeStatusUpdateFrequency": "4s",
    "evictionHard": {"memory.available": "50Mi"},
}
_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "pods",
    "type": "bridge",
    "bridge": "pods",
    "isGateway": True,
    "hairpinMode": True,
}


def built() -> Path:
    """Return the folder that the programs of Kubernetes are built into."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "enuf-engines", f"kubernetes-{VERSION}")


def not_built() -> str:
    """Return why there is no Kubernetes, and what to type; an empty text when there is one."""
    lacking = [name for name in _BUILT if not (built() / name).is_file()]
    return f"no {', '.join(lacking)} in {built()}: scripts/build-kubernetes" if lacking else ""


class Cluster:
    """A control plane, and hosts with a kubelet each."""

    def __init__(self, control: Host, nodes: Sequence[Node], switch: Switch, keys: Path) -> None:
        self.control = control
        self.nodes = nodes
        self.switch = switch
        self._keys = keys

    def kubectl(self, *words: str, given: str = "") -> str:
        """Run kubectl in the network of the hosts, with this text as its input. Raise Refused."""
        path = self.control.folder / "given"
        path.write_text(given)
        command = ("kubectl", "--kubeconfig", str(self._keys / "kubeconfig"), *words)
        return self.control.run("sh", "-c", 'exec "$@" < "$0"', str(path), *command)

    def found(self, *words: str) -> Any:
        """Return what the server knows, as `kubectl get` says in JSON."""
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def knows(self, document: Mapping[str, Any]) -> bool:
        """Return True when this old server has the kind of a manifest in the version that the manifest names."""
        return document["apiVersion"] in self.kubectl("api-versions").split()

    def apply(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Apply manifests."""
        self.kubectl("apply", "-f", "-", given=yaml.safe_dump_all(documents))

    def until_ready(self, name: str) -> None:
        """Wait until the last change of a deployment is rolled out."""
        self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={READY_S}s")

    def pods(self) -> list[Any]:
        """Return the pods."""
        items: list[Any] = self.found("pods")["items"]
        return items

    def state(self) -> str:
        """Return what the cluster tells of its pods, for the message of a failure."""
        told = [self.kubectl("get", "pods", "-o", "wide"), self.kubectl("describe", "pods")[-6000:]]
        for pod in self.pods():
            with contextlib.suppress(Refused):
                told.append(self.kubectl("logs", pod["metadata"]["name"], "--all-containers", "--tail=15"))
        return "\n".join(told)

    def address_of(self, service: str) -> str:
        """Return the address of a service in the cluster."""
        return str(self.found("service", service)["spec"]["clusterIP"])


class Node(Host):
    """A host with a kubelet."""

    def begin(self, switch: Switch, keys: Path, images: Sequence[Path]) -> None:
        """Start containerd, kubelet and kube-proxy, connect the host, and give it images."""
        self._write_configuration(keys)
        for top in cgroup_folders():
            if (top / "cgroup.procs").exists():
                (top / self.group).mkdir()
        script = _NODE.format(
            plugged=_PLUGGED, built=built(), folder=self.folder, keys=keys, pods=_PODS, name=self.name,
            address=self.address, group=self.group, pause=PAUSE,
        )  # fmt: skip
        memory = " ".join(
            f"mkdir -p {each}; mount -t tmpfs tmpfs {each};"
            for each in (self.folder / "data", "/var/lib/kubelet", "/var/lib/cni")
        )
        self.start("sh", "-c", script, prepare=f"{memory} mount --make-rshared /")
        switch.plug(self)
        for number in NODES:
            if number != self.number:
                self.run(*f"ip route add 10.244.{number}.0/24 via {NETWORK}.{number}".split())
        until(self._has_runtime, what=f"containerd: {self.log[-2000:]}")
        for image in images:
            self._ctr("images", "import", str(image))

    def _write_configuration(self, keys: Path) -> None:
        network = {
            **_NETWORK,
            "ipam": {
                "type": "host-local",
                "ranges": [[{"subnet": f"10.244.{self.number}.0/24"}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        (self.folder / "cni").mkdir()
        (self.folder / "cni/10-pods.conf").write_text(json.dumps(network))
        (self.folder / "containerd.toml").write_text(_CONTAINERD.format(folder=self.folder, pause=PAUSE))
        trusted = {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": f"{keys}/ca.crt"},
        }
        (self.folder / "kubelet.yaml").write_text(yaml.safe_dump({**_KUBELET, "authentication": trusted}))

    def _ctr(self, *words: str) -> str:
        return answer("nsenter", f"--target={self.pid}", "--mount", "--pid", "ctr", "-n", "k8s.io", *words)

    def _has_runtime(self) -> bool:
        with contextlib.suppress(Refused):
            return bool(self._ctr("version"))
        return not self.pid  # fails with the log of a host that has ended


def write_keys(folder: Path) -> None:
    """Make the authority, the certificates of the server and of the administrator, and the kubeconfig of both."""
    folder.mkdir(mode=0o700)
    address = f"{NETWORK}.{CONTROL_NUMBER}"
    names = f"subjectAltName=IP:{address},IP:127.0.0.1,IP:10.96.0.1,DNS:kubernetes.default.svc"
    new = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    signed = ("-CA", folder / "ca.crt", "-CAkey", folder / "ca.key")
    answer(*new, "-subj", "/CN=authority", "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    for name, subject, more in (
        ("server", "/CN=server", ("-addext", names)),
        ("admin", "/O=system:masters/CN=admin", ()),
    ):
        answer(
            *new,
            *signed,
            "-subj",
            subject,
            *more,
            "-keyout",
            folder / f"{name}.key",
            "-out",
            folder / f"{name}.crt",
        )
    answer("openssl", "genrsa", "-out", folder / "tokens.key", "2048")
    answer("openssl", "rsa", "-in", folder / "tokens.key", "-pubout", "-out", folder / "tokens.pub")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {
                "name": "test",
                "cluster": {"server": f"https://{address}:6443", "certificate-authority": f"{folder}/ca.crt"},
            }
        ],
        "users": [
            {
                "name": "admin",
                "user": {"client-certificate": f"{folder}/admin.crt", "client-key": f"{folder}/admin.key"},
            }
        ],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
    (folder / "kubeconfig").write_text(yaml.safe_dump(config))


def saved(builder: DockerHost, name: str, folder: Path) -> Path:
    """Return a file with an image of the builder's."""
    path = folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
    builder.docker("save", "-o", path, name)
    return path


def make_pause(builder: DockerHost, folder: Path) -> None:
    """Make the image of the process that holds the namespaces of a pod."""
    root = folder / "pause"
    root.mkdir()
    shutil.copy("/usr/bin/catatonit", root / "pause")
    answer("tar", "-C", root, "-cf", folder / "pause-root.tar", ".")
    builder.docker("import", "--change", 'ENTRYPOINT ["/pause","-P"]', folder / "pause-root.tar", PAUSE)


@contextlib.contextmanager
def machine_settings_kept() -> Iterator[None]:
    """Put back at the end what kubelets set for the whole machine."""
    paths = [Path("/proc/sys", name) for name in _SYSCTLS]
    before = [path.read_text() for path in paths]
    try:
        yield
    finally:
        for path, text in zip(paths, before, strict=True):
            path.write_text(text)


@contextlib.contextmanager
def cluster_with(images: Sequence[Path], folder: Path, switch: Switch) -> Iterator[Cluster]:
    """Yield a cluster whose nodes have these images."""
    keys = folder / "keys"
    write_keys(keys)
    control = Host(folder, "control", CONTROL_NUMBER)
    nodes = [Node(folder, f"node{number}", number) for number in NODES]
    with contextlib.ExitStack() as ending:
        ending.enter_context(machine_settings_kept())
        for host in (control, *nodes):
            ending.callback(host.end)
        control.start(
            "sh", "-c",
            _CONTROL.format(plugged=_PLUGGED, built=built(), address=control.address, keys=keys, services=_SERVICES),
        )  # fmt: skip
        switch.plug(control)
        for node in nodes:
            node.begin(switch, keys, images)
        made = Cluster(control, nodes, switch, keys)
        until(
            lambda: _ready_nodes(made) == len(NODES),
            timeout=READY_S,
            what=f"nodes that are ready: {nodes[0].log[-3000:]}",
        )
        yield made


def _ready_nodes(cluster: Cluster) -> int:
    with contextlib.suppress(Refused, subprocess.TimeoutExpired):
        nodes = cluster.found("nodes")["items"]
        return sum(is_ready(node) for node in nodes)
    return 0


def is_ready(found: Mapping[str, Any]) -> bool:
    """Return True when a node or a pod says that it is ready."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in found["status"]["conditions"])
