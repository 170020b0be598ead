"""The program by which root takes a renewed certificate. Pure.

It is a shell script of root's own, and no part of enuf: whoever may write the project's virtualenv could change that.
"""

from __future__ import annotations

import shlex

import msgspec

from enuf.model.site import LIBRARY, ORDER_ISSUED, ORDER_PROBLEM, Site, SiteTls

LARGEST_BYTES = 1 << 18
"""Of each of the two files."""


class CertificateJob(msgspec.Struct, frozen=True, kw_only=True):
    """What the script works on."""

    site: Site
    tls: SiteTls
    owner: str = ""
    """`uid:gid` of the user with whose rights the two files are read; empty for root."""


def joined_pair(certificate: bytes, key: bytes) -> str:
    """Return the text of the file that nginx reads: the certificate and its chain, then the key.

    Raise UnicodeDecodeError for bytes that are no text.
    """
    return f"{certificate.decode()}\n{key.decode()}"


def public_part(pair: str) -> str:
    """Return the certificates of a pair, as the script writes them for everybody."""
    kept, inside = list[str](), False
    for line in pair.splitlines():
        inside = inside or _BEGIN in line
        if inside:
            kept.append(f"{line}\n")
        inside = inside and _END not in line
    return "".join(kept)


_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def script_text(job: CertificateJob) -> str:
    """Return the text of the script."""
    site, tls = job.site, job.tls
    is_ordered = tls.mode == "acme"
    values = {
        "certificate": tls.certificate.removeprefix(f"{site.orders}/"),
        "key": tls.key.removeprefix(f"{site.orders}/"),
        "owner": job.owner,
        "orders": site.orders if is_ordered else "",
        "wish": site.order_wish,
        "plain": site.plain_http,
        "pair": site.certificate,
        "public": site.public_certificate,
        "problem": site.certificate_problem,
        "nginx": site.nginx.program,
        "pid_file": site.nginx.pid_file,
        "library": LIBRARY,
    }
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return _HEAD.format(name=site.name, unit=site.certificate_unit) + lines + _BODY


_HEAD = """\
#!/bin/sh
# Gives nginx the certificate of the site {name} when its files have changed; {unit} runs it as root.
# A pair that nginx refuses is not taken: the one before stays in force, and `enuf status` says why.
# Written by `enuf install`; `enuf uninstall` removes it.
"""
_BODY = f"""\
set -eu
umask 077

# With the rights of the user who may change the files: a link of theirs leads to nothing that only root may read.
content_of() {{
    if [ -n "$owner" ]; then
        setpriv --reuid="${{owner%:*}}" --regid="${{owner#*:}}" --clear-groups -- head -c {LARGEST_BYTES} -- "$1"
    else
        head -c {LARGEST_BYTES} -- "$1"
    fi
}}
rm -f "$wish"
refuse() {{
    rm -f "$pair.new"
    printf '%s\\n' "$1" >&2  # echo would make escape sequences of an authority's or a user's text
    (umask 022; printf '%s\\n' "$1" > "$problem.new")
    mv -f "$problem.new" "$problem"
    exit 1
}}
old_workers_serve() {{
    for worker in $before; do
        case $(tr '\\0' ' ' < "/proc/$worker/cmdline" 2> /dev/null) in
            *"shutting down"*) ;;
            *"worker process"*) return 0 ;;
        esac
    done
    return 1
}}
certificates_of() {{
    sed -n '/{_BEGIN}/,/{_END}/p' "$1"
}}

if [ -n "$orders" ]; then
    # The folder is the orderer's own, and only root may be able to go there.
    cd "$orders"
    owner=$(stat -c %u:%g .)
    said=$(content_of {ORDER_PROBLEM} | head -c 2000 | tr -d '\\000-\\037\\177')
    if [ "$(content_of {ORDER_ISSUED})" != yes ]; then
        refuse "${{said:-no certificate was ordered}}"
    fi
fi
{{ content_of "$certificate" && echo && content_of "$key"; }} > "$pair.new" || refuse "the certificate is not taken, and the one before serves on: $certificate or $key cannot be read"
if cmp -s "$pair.new" "$pair"; then
    rm -f "$pair.new" "$problem" "$plain"
    [ -z "${{said:-}}" ] || refuse "$said"
    exit 0
fi
if command -v openssl > /dev/null && ! openssl x509 -in "$pair.new" -noout -checkend 0 > /dev/null 2>&1; then
    refuse "the certificate is not taken, and the one before serves on: $certificate holds none, or one that has expired"
fi
exec 9< "$library"
flock -w 60 9 || refuse "enuf has been changing this host for a minute"

ln -f "$pair" "$pair.old"
mv -f "$pair.new" "$pair"
if ! answer=$("$nginx" -t -q 2>&1); then
    mv -f "$pair.old" "$pair"
    refuse "the certificate is not taken, and the one before serves on: nginx refuses $certificate with $key, or another part of its configuration: $(echo "$answer" | tail -n 3)"
fi
rm -f "$pair.old"
(umask 022; certificates_of "$pair" > "$public.new")
mv -f "$public.new" "$public"
rm -f "$problem"
if pid=$(cat "$pid_file" 2> /dev/null) && kill -0 "$pid" 2> /dev/null; then
    before=$(cat "/proc/$pid/task/$pid/children")
    "$nginx" -s reload
    # Done when the old workers take no more visitors; nginx says that in their titles.
    tries=0
    while old_workers_serve && [ "$tries" -lt 200 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
fi
rm -f "$plain"  # plain HTTP leads to HTTPS from now on, and not while the stand-in may still answer there
echo "nginx serves the certificate that $certificate holds now"
"""
