"""The options of real uWSGI builds. Written by scripts/uwsgi_option_table.py; do not edit."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALIASES = _words("""
after-request-call=after-request-hook alarm-listen-queue=alarm-backlog alarm-log=log-alarm alarm-lq=alarm-backlog
alarm-metric=metric-threshold alarms-list=alarm-list backlog-alarm=alarm-backlog
carbon-resolve-names=carbon-name-resolve cgi-optimized=cgi-optimize cheaper-algos-list=cheaper-algo-list
cheaper-list=cheaper-algo-list check-mount=check-mountpoint clocks-list=clock-list del-header=rem-header
emperor-extra-ext=emperor-extra-extension emperor-on-demand-dir=emperor-on-demand-directory
emperor-on-demand-ext=emperor-on-demand-extension emperor-stats-server=emperor-stats error-route-host=route-host
error-route-if-not=route-if-not error-route-if=route-if error-route-qs=route-qs error-route-referer=route-referer
error-route-remote-addr=route-remote-addr error-route-remote-user=route-remote-user error-route-run=route-run
error-route-status=final-route-status error-route-uri=route-uri error-route-user-agent=route-user-agent
error-route=route fastrouter-ss=fastrouter-stats fastrouter-stats-server=fastrouter-stats
fastrouter-workers=fastrouter-processes file=wsgi-file final-route-host=route-host final-route-if-not=route-if-not
final-route-if=route-if final-route-qs=route-qs final-route-referer=route-referer
final-route-remote-addr=route-remote-addr final-route-remote-user=route-remote-user final-route-run=route-run
final-route-uri=route-uri final-route-user-agent=route-user-agent final-route=route
forkpty-router-cmd=forkptyrouter-command forkpty-router-command=forkptyrouter-command forkpty-router=forkptyrouter
forkptyrouter-cmd=forkptyrouter-command forkptyrouter-ss=forkptyrouter-stats
forkptyrouter-stats-server=forkptyrouter-stats forkptyrouter-workers=forkptyrouter-processes http-ss=http-stats
http-stats-server=http-stats http-workers=http-processes httprouter=http imperial-monitors-list=imperial-monitor-list
listen-queue-alarm=alarm-backlog log-format-strftime=logformat-strftime logformat=log-format loggers-list=logger-list
loops-list=loop-list lq-alarm=alarm-backlog metric-alarm=metric-threshold metric-dir-restore=metrics-dir-restore
metric-dir=metrics-dir mime-file=mimefile mongrel2=zeromq mount-check=check-mountpoint
mountpoint-check=check-mountpoint no-harakiri-after-req-hook=harakiri-no-arh no-harakiri-arh=harakiri-no-arh
not-alarm-log=not-log-alarm ns-net=namespace-net ns=namespace offload-thread=offload-threads pivot_root=pivot-root
plugin-dir=plugins-dir plugin-list=plugins-list py-autoreload=py-auto-reload py-import=import
py-program-name=py-programname py-sys-executable=py-executable pyhome=home pyimport=import
python-auto-reload=py-auto-reload python-autoreload=py-auto-reload python-import=import rawrouter-ss=rawrouter-stats
rawrouter-stats-server=rawrouter-stats rawrouter-subscription-slot=fastrouter-subscription-slot
rawrouter-workers=rawrouter-processes rbtimer=signal-rbtimer re-fork-as-root=refork-as-root
re-fork-post-jail=refork-post-jail re-fork=refork response-header-collect=collect-header
response-route-host=route-host response-route-if-not=route-if-not response-route-if=route-if
response-route-qs=route-qs response-route-referer=route-referer response-route-remote-addr=route-remote-addr
response-route-remote-user=route-remote-user response-route-run=route-run response-route-status=final-route-status
response-route-uri=route-uri response-route-user-agent=route-user-agent response-route=route routers-list=router-list
segfault-alarm=alarm-segfault setns-skip=setns-socket-skip shared-py-import=shared-import
shared-pyimport=shared-import shared-python-import=shared-import signals-bufsize=signal-bufsize
so-write-timeout=so-send-timeout socket-protocol=protocol socket-send-timeout=so-send-timeout
socket-write-timeout=so-send-timeout spooler-freq=spooler-frequency spooler-py-import=spooler-import
spooler-pyimport=spooler-import spooler-python-import=spooler-import ssl-enable-sslv3=ssl-enable3
ssl-socket=suwsgi-socket sslrouter-ss=sslrouter-stats sslrouter-stats-server=sslrouter-stats
sslrouter-workers=sslrouter-processes st=subscribe-to static-gzip-prefix=static-gzip-dir
static-gzip-suffix=static-gzip-ext stats-min=stats-minified stats-pushers-default-freq=stats-pusher-default-freq
stats-server=stats subscribe=subscribe-to tcp-fastopen-client=tcp-fast-open-client tcp-fastopen=tcp-fast-open
thread-stack-size=thread-stacksize threads-stack-size=thread-stacksize threads-stacksize=thread-stacksize
timer=signal-timer vassal-set=vassals-set venv=home virtualenv=home wait-for-dir=wait-for-fs wait-for-file=wait-for-fs
wait-for-iface-timeout=wait-for-interface-timeout wait-for-iface=wait-for-interface
wait-iface-timeout=wait-for-interface-timeout wait-iface=wait-for-interface
wait-interface-timeout=wait-for-interface-timeout wait-interface=wait-for-interface webdav-js=webdav-javascript
websocket-max-size=websockets-max-size websocket-ping-freq=websockets-ping-freq
websocket-pong-tolerance=websockets-pong-tolerance worker-mount=mount workers=processes
wsgi-accept-buffers=wsgi-accept-buffer wsgi-env-behavior=wsgi-env-behaviour wsgi=module zerg-pool=zergpool
zeromq-socket=zeromq zmq-socket=zeromq zmq=zeromq
""")
"""other=first"""

_SHORT_OPTIONS = _words("""
A=sharedarea C=chmod-socket H=home J=test L=disable-logging M=master O=optimize Q=spooler R=max-requests S=set
T=enable-threads a=abstract-socket b=buffer-size c=cgi-mode d=daemonize h=help i=single-interpreter j=json l=listen
m=memory-report p=processes r=reaper s=socket t=harakiri v=max-vars w=module x=xmlconfig y=yaml z=socket-timeout
""")
"""letter=name"""

ALIASES = dict(pair.split("=") for pair in _ALIASES)
"""Other names of an option, by the first name of it."""
SHORT_OPTIONS = dict(pair.split("=") for pair in _SHORT_OPTIONS)
"""Short forms on a command line."""
