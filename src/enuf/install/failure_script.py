"""The program that looks after a failed site: root tries the service again, and has the failure told. Pure.

It is a shell script of root's own, and no part of enuf: whoever may write the project's virtualenv could change that.
"""

from __future__ import annotations

import shlex

from enuf.model.site import Site

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2, 240
ALERT_AFTER_S = 20
LONGEST_START_S = 60
"""So long, in seconds, a service that was told to start may be inactive on a busy machine."""
WISH = "retry"
"""A file in the folder of the site's logs: whoever may write there asks for a try at once by touching the file."""
TRIES = "tries"
"""The file in the folder of the service that holds how often the site was tried again."""
ABOUT = "about"
"""The file in the folder of the service that holds what systemd says about the failure."""


def failure_script(site: Site, *, alerts: bool) -> str:
    """Return the text of the script. With `alerts`, the failure and its end are told."""
    values = {
        "unit": site.unit,
        "folder": site.failed_folder,
        "wish": f"{site.log}/{WISH}",
        "alert": site.alert_template.partition("@")[0] if alerts else "",
    }
    lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
    return _HEAD.format(name=site.name, unit=site.failed_unit) + lines + _BODY


_HEAD = """\
#!/bin/sh
# Tries the failed site {name} again until it serves, and has the failure told; {unit} runs it as root.
# Written by `enuf install`; `enuf uninstall` removes it.
"""
_BODY = f"""\
set -u
mkdir -p "$folder" && cd "$folder" || exit 1
state() {{ systemctl show --property=ActiveState --value "$unit"; }}
tell() {{ [ -z "$alert" ] || systemctl start --no-block "$alert@$1.service"; }}
note() {{ systemctl show --property=Result,ExecMainCode,ExecMainStatus "$unit" > {ABOUT}; }}
now() {{ cut -d . -f 1 /proc/uptime; }}

if [ "${{1:-}}" = served ]; then  # the site serves
    [ ! -e told ] || tell serving
    rm -f {TRIES} pause began told
    exit 0
fi
note  # before the first try, which resets it
# systemd stops this script with each failed start, and starts it again: the files say how far it was.
[ -e began ] || now > began
tries=$(cat {TRIES} 2>/dev/null || echo 0) pause=$(cat pause 2>/dev/null || echo {FIRST_PAUSE_S}) waited=0
while sleep 1; do
    waited=$((waited + 1))
    case "$(state)" in
        failed)
            if [ ! -e told ] && [ $(($(now) - $(cat began))) -ge {ALERT_AFTER_S} ]; then
                : > told
                tell failed
            fi
            if [ "$waited" -ge "$pause" ] || [ "$wish" -nt {ABOUT} ]; then
                note
                tries=$((tries + 1)) pause=$((pause * 2)) waited=0
                [ "$pause" -le {LONGEST_PAUSE_S} ] || pause={LONGEST_PAUSE_S}
                echo "$tries" > {TRIES}
                echo "$pause" > pause
                systemctl reset-failed "$unit"
                systemctl start --no-block "$unit"
            fi ;;
        active | reloading) exit 0 ;;
        activating | deactivating) ;;
        *)  # inactive: its start is about to begin; a stop would have stopped this script, too
            [ "$waited" -lt {LONGEST_START_S} ] || exit 0 ;;
    esac
done
"""
