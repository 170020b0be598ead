"""The program that looks after a failed site: root tries the service again, and has the failure told. Pure.

It is a shell script of root's own, and no part of enuf: whoever may write the project's virtualenv could change that.
"""

from __future__ import annotations

import shlex

from enuf.model.site import Site

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2, 240
ALERT_AFTER_S = 20
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
about="$RUNTIME_DIRECTORY/{ABOUT}"
state() {{ systemctl show --property=ActiveState --value "$unit"; }}
tell() {{ [ -z "$alert" ] || systemctl start --no-block "$alert@$1.service"; }}

# Kept before the first try, which resets it.
systemctl show --property=Result,ExecMainCode,ExecMainStatus "$unit" > "$about"
pause={FIRST_PAUSE_S} waited=0 elapsed=0 told= tries=0
while sleep 1; do
    waited=$((waited + 1)) elapsed=$((elapsed + 1))
    case "$(state)" in
        failed)
            if [ -z "$told" ] && [ "$elapsed" -ge {ALERT_AFTER_S} ]; then
                told=yes
                tell failed
            fi
            if [ "$waited" -ge "$pause" ] || [ "$wish" -nt "$about" ]; then
                systemctl show --property=Result,ExecMainCode,ExecMainStatus "$unit" > "$about"
                tries=$((tries + 1))
                echo "$tries" > "$RUNTIME_DIRECTORY/{TRIES}"
                systemctl reset-failed "$unit"
                systemctl start --no-block "$unit"
                waited=0
                [ "$pause" -ge {LONGEST_PAUSE_S} ] || pause=$((pause * 2))
            fi ;;
        activating) ;;
        active | reloading)
            [ -z "$told" ] || tell serving
            exit 0 ;;
        *) exit 0 ;;
    esac
done
"""
