"""The options of real uWSGI builds. Written by scripts/uwsgi_option_table.py; do not edit."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FLAGS = _words("""
abstract-socket alarm-cheap alarm-list alarms-list auto-procname auto-weight autoload cache-no-expire
cache-report-freed-items cache-use-last-modified carbon-name-resolve carbon-no-workers carbon-resolve-names
carbon-use-metrics catch-exceptions cgi-close-stdin-on-eof cgi-do-not-kill-on-error cgi-from-docroot cgi-mode
cgi-optimize cgi-optimized cgi-path-info cheap cheaper-algo-list cheaper-algos-list cheaper-busyness-verbose
cheaper-list check-static-docroot clock-list clocks-list close-on-exec close-on-exec2 command-mode
daemons-honour-stdin die-on-idle die-on-term disable-sendfile disable-write-exception drop-after-apps drop-after-init
dump-options early-emperor emperor-graceful-shutdown emperor-magic-exec emperor-no-blacklist emperor-nofollow
emperor-tyrant emperor-tyrant-nofollow enable-metrics enable-proxy-protocol enable-threads exit-on-reload
fastrouter-cheap fastrouter-fallback-on-no-key fastrouter-quiet force-gateway forkptyrouter-cheap freebind
gevent-early-monkey-patch gevent-monkey-patch gevent-wait-for-hub harakiri-no-arh harakiri-verbose honour-range
honour-stdin http-auto-chunked http-auto-gzip http-cheap http-chunked-input http-enable-proxy-protocol
http-manage-rtsp http-manage-source http-quiet http-raw-body http-server-name-as-http-host http-websockets
https-export-cert ignore-script-name ignore-sigpipe ignore-write-errors imperial-monitor-list imperial-monitors-list
jailed lazy lazy-apps log-4xx log-5xx log-format-strftime log-ioerror log-master log-master-req-stream
log-master-stream log-micros log-reopen log-sendfile log-truncate log-x-forwarded-for log-zero logfile-chown
logformat-strftime logger-list loggers-list loop-list loops-list manage-script-name master master-as-root
memory-report metric-dir-restore metrics-dir-restore metrics-no-cores nagios need-app never-swap no-default-app
no-defer-accept no-fd-passing no-harakiri-after-req-hook no-harakiri-arh no-initgroups no-orphans no-server no-site
no-threads-wait notfound-log paste-logger persistent-ipcsem plugin-list plugins-list propagate-touch pty-input pty-log
pty-no-isig py-call-osafterfork py-call-uwsgi-fork-hooks rawrouter-cheap rawrouter-quiet rawrouter-xclient re-fork
re-fork-as-root re-fork-post-jail reaper refork refork-as-root refork-post-jail reload-on-exception reload-os-env
reuse-port router-list routers-list rsyslog-split-messages setns-preopen show-config shutdown-sockets
single-interpreter skip-atexit skip-atexit-teardown skip-zero so-keepalive spooler-ordered spooler-quiet
ssl-enable-sslv3 ssl-enable-tlsv1 ssl-enable3 ssl-verbose sslrouter-cheap sslrouter-quiet sslrouter-sni
start-unsubscribed start_response-nodelay static-gzip-all stats-http stats-min stats-minified stats-no-cores
stats-no-metrics strict subscription-dotsplit subscriptions-use-credentials symcall-use-next tcp-fast-open-client
tcp-fastopen-client tcp-nodelay threaded-logger thunder-lock ugreen unsubscribe-on-graceful-reload use-abort vacuum
vhost vhost-host write-errors-exception-only wsgi-accept-buffer wsgi-accept-buffers wsgi-disable-file-wrapper
wsgi-strict zerg-fallback
""")
"""On unless the value is false, off, no or 0."""

NUMBERS = _words("""
alarm-freq alarm-msg-size async backtrace-depth body-read-warning buffer-size cache cache-blocksize cache-expire-freq
cache-store-sync carbon-freq carbon-max-retry carbon-retry-delay carbon-timeout cgi-async-max-attempts cgi-buffer-size
cgi-timeout cheaper cheaper-busyness-backlog-alert cheaper-busyness-backlog-multiplier
cheaper-busyness-backlog-nonzero cheaper-busyness-backlog-step cheaper-busyness-max cheaper-busyness-min
cheaper-busyness-multiplier cheaper-busyness-penalty cheaper-initial cheaper-overload cheaper-rss-limit-hard
cheaper-rss-limit-soft cheaper-step check-interval chunked-input-limit chunked-input-timeout cpu-affinity
cron-harakiri emperor-broodlord emperor-curse-tolerance emperor-freq emperor-max-throttle emperor-required-heartbeat
emperor-throttle evil-reload-on-as evil-reload-on-rss fastcgi-modifier1 fastcgi-modifier2 fastrouter-buffer-size
fastrouter-events fastrouter-gracetime fastrouter-harakiri fastrouter-post-buffering fastrouter-processes
fastrouter-timeout fastrouter-workers forkbomb-delay forkptyrouter-cols forkptyrouter-events forkptyrouter-harakiri
forkptyrouter-processes forkptyrouter-rows forkptyrouter-timeout forkptyrouter-workers harakiri
harakiri-graceful-signal harakiri-graceful-timeout harakiri-queue-threshold heartbeat http-buffer-size
http-connect-timeout http-events http-gracetime http-harakiri http-headers-timeout http-keepalive http-manage-expect
http-modifier1 http-modifier2 http-processes http-socket-modifier1 http-socket-modifier2 http-timeout http-workers
https-socket-modifier1 https-socket-modifier2 idle ksm legion-death-on-lord-error legion-freq
legion-scroll-list-max-size legion-scroll-max-size legion-skew-tolerance legion-tolerance limit-as limit-nproc
limit-post listen locks log-big log-master-bufsize log-maxsize log-slow max-apps max-fd max-requests
max-requests-delta max-worker-lifetime max-worker-lifetime-delta mem-collector-freq min-worker-lifetime mule-harakiri
mule-msg-size mule-reload-mercy multicast-loop multicast-ttl offload-thread offload-threads optimize ping-timeout
post-buffering post-buffering-bufsize prio processes py-auto-reload py-autoreload python-auto-reload python-autoreload
queue queue-blocksize queue-store-sync raw-modifier1 raw-modifier2 rawrouter-buffer-size rawrouter-events
rawrouter-gracetime rawrouter-harakiri rawrouter-max-retries rawrouter-processes rawrouter-timeout rawrouter-workers
reload-mercy reload-on-as reload-on-rss response-headers-limit rpc-max rrdtool-freq rsyslog-packet-size scgi-modifier1
scgi-modifier2 signal-bufsize signals-bufsize so-send-timeout so-write-timeout socket-rcvbuf socket-send-timeout
socket-sndbuf socket-timeout socket-write-timeout spooler-freq spooler-frequency spooler-harakiri spooler-max-tasks
spooler-processes ssl-verify-depth sslrouter-buffer-size sslrouter-events sslrouter-gracetime sslrouter-harakiri
sslrouter-max-retries sslrouter-processes sslrouter-timeout sslrouter-workers static-cache-paths
stats-pusher-default-freq stats-pushers-default-freq subscribe-freq subscription-tolerance
subscriptions-sign-check-tolerance tcp-fast-open tcp-fastopen thread-stack-size thread-stacksize threads
threads-stack-size threads-stacksize ugreen-stacksize vassal-sos vassal-sos-backlog wait-for-fs-timeout
wait-for-iface-timeout wait-for-interface-timeout wait-for-socket-timeout wait-iface-timeout wait-interface-timeout
websocket-max-size websocket-ping-freq websocket-pong-tolerance websockets-max-size websockets-ping-freq
websockets-pong-tolerance weight worker-reload-mercy workers write-errors-tolerance
""")
"""Read with atoi."""

SWITCHES = _words("""
cflags config-py disable-logging dot-h end-blacklist end-whitelist help if-not-reload if-reload pcre-jit
python-version ssl-option usage version
""")
"""Take no value on a command line, and are not flags."""

OPTIONAL = _words("""
check-cache chmod chmod-socket end-for end-if endfor endif exit fastrouter-use-cache fastrouter-use-socket
http-use-cache http-use-socket log-date log-prefix log-syslog logdate mule pyshell pyshell-oneshot rawrouter-use-cache
rawrouter-use-socket snmp sslrouter-use-cache sslrouter-use-socket tuntap-use-credentials
""")
"""May stand without a value on a command line."""

TEXTS = _words("""
add-cache-item add-gid add-header after-request-call after-request-hook alarm alarm-backlog alarm-fd
alarm-listen-queue alarm-log alarm-lq alarm-metric alarm-segfault allowed-modifiers attach-control-daemon
attach-daemon attach-daemon2 backlog-alarm binary-append-data binary-path binsh blacklist brutal-reload-on-fd
build-plugin cache-store cache-sync cache-udp-node cache-udp-server cache2 call-as-emperor call-as-emperor1
call-as-emperor2 call-as-emperor4 call-as-root call-as-user call-as-user-atexit call-as-vassal call-as-vassal1
call-as-vassal3 call-asap call-in-jail call-post-app call-post-jail call-pre-app call-pre-jail callable cap carbon
carbon-hostname-dots carbon-id carbon-idle-avg carbon-root cgi-allowed-ext cgi-index cgi-loadlib cgi-safe cgi-unset
cgroup cgroup-dir-mode cgroup-opt chdir chdir2 cheaper-algo check-mount check-mountpoint check-static chown-socket
chroot clock collect-header config connect-and-read cron cron-legion cron2 daemonize daemonize2 declare-option
declare-option2 del-header dlopen early-envdir emperor emperor-cap emperor-extra-ext emperor-extra-extension
emperor-on-demand-dir emperor-on-demand-directory emperor-on-demand-exec emperor-on-demand-ext
emperor-on-demand-extension emperor-pidfile emperor-procname emperor-proxy-socket emperor-stats emperor-stats-server
emperor-use-clone emperor-wrapper emperor-wrapper-fallback emperor-wrapper-override env envdir error-page-403
error-page-404 error-page-500 error-route error-route-host error-route-if error-route-if-not error-route-label
error-route-qs error-route-referer error-route-remote-addr error-route-remote-user error-route-run error-route-status
error-route-uri error-route-user-agent eval exception-handler exec-as-emperor exec-as-root exec-as-user
exec-as-user-atexit exec-as-vassal exec-asap exec-in-jail exec-post-app exec-post-jail exec-pre-app exec-pre-jail
extract fallback-config farm fastcgi-nph-socket fastcgi-socket fastrouter fastrouter-fallback fastrouter-gid
fastrouter-post-buffering-dir fastrouter-resubscribe fastrouter-resubscribe-bind fastrouter-ss fastrouter-stats
fastrouter-stats-server fastrouter-subscription-fallback-key fastrouter-subscription-server
fastrouter-subscription-slot fastrouter-to fastrouter-uid fastrouter-use-base fastrouter-use-code-string
fastrouter-use-pattern fastrouter-zerg fd-safe file file-serve-mode file-write fileserve-mode final-route
final-route-host final-route-if final-route-if-not final-route-label final-route-qs final-route-referer
final-route-remote-addr final-route-remote-user final-route-run final-route-status final-route-uri
final-route-user-agent flock flock-wait flock-wait2 flock2 for for-glob for-readline for-times force-cwd
forkpty-router forkpty-router-cmd forkpty-router-command forkptyrouter forkptyrouter-cmd forkptyrouter-command
forkptyrouter-fallback forkptyrouter-ss forkptyrouter-stats forkptyrouter-stats-server forkptyrouter-zerg
fs-brutal-reload fs-reload fs-signal ftok get gid home hook-accepting hook-accepting-once hook-accepting1
hook-accepting1-once hook-as-emperor hook-as-gateway hook-as-mule hook-as-root hook-as-user hook-as-user-atexit
hook-as-vassal hook-asap hook-emperor-lost hook-emperor-reload hook-emperor-start hook-emperor-stop hook-in-jail
hook-master-start hook-post-app hook-post-fork hook-post-jail hook-pre-app hook-pre-jail hook-touch http http-fallback
http-gid http-resubscribe http-socket http-ss http-stats http-stats-server http-stud-prefix
http-subscription-fallback-key http-subscription-server http-to http-to-https http-uid http-use-base
http-use-code-string http-use-pattern http-var http-zerg http11-socket httprouter https https-session-context
https-socket https2 if-dir if-directory if-env if-exists if-file if-hostname if-hostname-match if-not-dir if-not-env
if-not-exists if-not-file if-not-hostname if-not-hostname-match if-not-opt if-not-plugin if-opt if-plugin ifdir ifenv
ifexists ifplugin immediate-gid immediate-uid import include inherit ini ini-paste ini-paste-logged inject-after
inject-before iprint js json legion legion-attach-daemon legion-cron legion-death legion-join legion-lord legion-mcast
legion-node legion-node-joined legion-node-left legion-quorum legion-scroll legion-setup legion-smart-attach-daemon
legion-smart-attach-daemon2 legion-unlord listen-queue-alarm load-file-in-cache load-file-in-cache-gzip lock-engine
log-alarm log-backupname log-drain log-encoder log-filter log-format log-req-encoder log-req-route log-route
log-socket log-zeromq logfile-chmod logformat logger logger-req logto logto2 loop lq-alarm map-socket master-fifo
max-vars metric metric-alarm metric-dir metric-threshold metrics-dir mime-file mimefile mode module mongrel2 mount
mount-as-emperor mount-as-root mount-as-vassal mount-asap mount-check mount-in-jail mount-post-jail mount-pre-jail
mountpoint-check mules multicast namespace namespace-keep-mount namespace-net need-plugin need-plugins not-alarm-log
not-log-alarm notify-socket ns ns-net pam pam-user paste pause pecan pidfile pidfile2 ping pivot-root pivot_root
plugin plugin-dir plugins plugins-dir post-pymodule-alias pp print print-sym print-symbol privileged-binary-patch
privileged-binary-patch-arg procname procname-append procname-master procname-prefix procname-prefix-spaced profiler
protocol pty-connect pty-exec pty-socket pty-uconnect pull-header pump puwsgi-socket py py-auto-reload-ignore
py-executable py-import py-program-name py-programname py-sharedarea py-sys-executable py-tracebacker pyargv pyhome
pyimport pymodule-alias pyrun python python-import python-path python-raw python-worker-override pythonpath
queue-store raw-socket rawrouter rawrouter-fallback rawrouter-ss rawrouter-stats rawrouter-stats-server
rawrouter-subscription-server rawrouter-subscription-slot rawrouter-to rawrouter-use-base rawrouter-use-code-string
rawrouter-use-pattern rawrouter-zerg rbtimer reload reload-on-exception-repr reload-on-exception-type
reload-on-exception-value reload-on-fd rem-header remap-modifier req-logger resolve response-header-collect
response-route response-route-host response-route-if response-route-if-not response-route-label response-route-qs
response-route-referer response-route-remote-addr response-route-remote-user response-route-run response-route-status
response-route-uri response-route-user-agent resume route route-host route-if route-if-not route-label route-qs
route-referer route-remote-addr route-remote-user route-run route-uri route-user-agent rrdtool rrdtool-lib safe-fd
safe-pidfile safe-pidfile2 scgi-nph-socket scgi-socket segfault-alarm set set-ph set-placeholder setns setns-skip
setns-socket setns-socket-skip shared-import shared-py-import shared-pyimport shared-python-import shared-socket
sharedarea signal signal-rbtimer signal-timer smart-attach-daemon smart-attach-daemon2 sni sni-dir sni-dir-ciphers
sni-regexp snmp-community socket socket-protocol spooler spooler-chdir spooler-external spooler-import
spooler-py-import spooler-pyimport spooler-python-import ssl-socket ssl-tmp-dir sslrouter-fallback
sslrouter-session-context sslrouter-ss sslrouter-stats sslrouter-stats-server sslrouter-subscription-server
sslrouter-to sslrouter-use-base sslrouter-use-code-string sslrouter-use-pattern sslrouter-zerg st
static-cache-paths-name static-check static-expires static-expires-mtime static-expires-path-info
static-expires-path-info-mtime static-expires-type static-expires-type-mtime static-expires-uri
static-expires-uri-mtime static-gzip static-gzip-dir static-gzip-ext static-gzip-prefix static-gzip-suffix
static-index static-map static-map2 static-safe static-skip-ext stats stats-push stats-server stop subscribe
subscribe-to subscribe-with-modifier1 subscribe2 subscription-algo subscription-notify-socket
subscriptions-credentials-check subscriptions-sign-check subscriptions-sign-skip-uid suspend suwsgi-socket symcall
symcall-post-fork symcall-register-rpc test timer touch-chain-reload touch-exec touch-logreopen touch-logrotate
touch-mules-reload touch-reload touch-signal touch-spoolers-reload touch-workers-reload tuntap-device
tuntap-device-rule tuntap-router tuntap-router-firewall-in tuntap-router-firewall-out tuntap-router-route
tuntap-router-stats udp uid umask umount-as-emperor umount-as-root umount-as-vassal umount-asap umount-in-jail
umount-post-jail umount-pre-jail undeferred-shared-socket unenv unique-cron unique-cron-legion unique-legion-cron
unprivileged-binary-patch unprivileged-binary-patch-arg unshare unshare2 upload-progress uwsgi-socket vassal-cap
vassal-set vassals-cap vassals-include vassals-include-before vassals-inherit vassals-inherit-before vassals-set
vassals-start-hook vassals-stop-hook venv virtualenv wait-for-dir wait-for-file wait-for-fs wait-for-iface
wait-for-interface wait-for-mountpoint wait-for-socket wait-iface wait-interface web3 webdav-add-collection-prop
webdav-add-collection-prop-comp webdav-add-collection-prop-href webdav-add-object-prop webdav-add-object-prop-comp
webdav-add-object-prop-href webdav-add-option webdav-add-prop webdav-add-prop-comp webdav-add-prop-href
webdav-add-rtype-collection-prop webdav-add-rtype-object-prop webdav-add-rtype-prop webdav-class-directory webdav-css
webdav-div webdav-javascript webdav-js webdav-lock-cache webdav-mount webdav-principal-base webdav-skip-prop whitelist
worker-exec worker-exec2 worker-mount wsgi wsgi-env-behavior wsgi-env-behaviour wsgi-file wsgi-lite xml xmlconfig yaml
yml zerg zerg-pool zerg-server zergpool zeromq zeromq-socket zmq zmq-socket
""")
"""Take a text."""

IMPLY_MASTER = _words("""
alarm alarm-backlog alarm-fd alarm-listen-queue alarm-log alarm-lq alarm-metric alarm-segfault attach-control-daemon
attach-daemon attach-daemon2 backlog-alarm brutal-reload-on-fd cache-store cache-udp-node cache-udp-server carbon
cheap cheaper cheaper-algo cheaper-initial cheaper-overload cheaper-rss-limit-hard cheaper-rss-limit-soft cheaper-step
check-interval check-mount check-mountpoint cron cron-legion cron2 daemons-honour-stdin enable-metrics
evil-reload-on-as evil-reload-on-rss exception-handler farm forkbomb-delay fs-brutal-reload fs-reload fs-signal idle
legion legion-attach-daemon legion-cron legion-death legion-death-on-lord-error legion-freq legion-join legion-lord
legion-mcast legion-node legion-node-joined legion-node-left legion-quorum legion-scroll legion-setup
legion-skew-tolerance legion-smart-attach-daemon legion-smart-attach-daemon2 legion-tolerance legion-unlord
listen-queue-alarm log-alarm log-drain log-encoder log-filter log-master log-maxsize log-req-encoder log-req-route
log-route log-socket log-syslog log-zeromq logger logger-req lq-alarm master-fifo metric metric-alarm metric-dir
metric-dir-restore metric-threshold metrics-dir metrics-dir-restore metrics-no-cores mount-check mountpoint-check mule
mule-msg-size mules multicast not-alarm-log not-log-alarm notify-socket py-auto-reload py-auto-reload-ignore
py-autoreload py-tracebacker python-auto-reload python-autoreload queue-store rbtimer reload-on-fd req-logger rrdtool
segfault-alarm setns-socket signal-rbtimer signal-timer smart-attach-daemon smart-attach-daemon2 spooler
spooler-external st static-cache-paths static-cache-paths-name stats stats-http stats-min stats-minified
stats-no-cores stats-no-metrics stats-push stats-pusher-default-freq stats-pushers-default-freq stats-server subscribe
subscribe-to subscribe-with-modifier1 subscribe2 subscription-notify-socket subscriptions-credentials-check
subscriptions-sign-check subscriptions-sign-check-tolerance subscriptions-sign-skip-uid threaded-logger timer
touch-chain-reload touch-exec touch-logreopen touch-logrotate touch-mules-reload touch-reload touch-signal
touch-spoolers-reload touch-workers-reload udp unique-cron unique-cron-legion unique-legion-cron zerg-server
""")
"""Start a master by themselves."""

IMPLY_THREADS = _words("""
py-auto-reload py-auto-reload-ignore py-autoreload py-tracebacker python-auto-reload python-autoreload
thread-stack-size thread-stacksize threads threads-stack-size threads-stacksize
""")
"""Turn Python's threads on by themselves."""

ONLY_PYUWSGI = _words("""
gevent-early-monkey-patch gevent-monkey-patch gevent-wait-for-hub harakiri-graceful-signal harakiri-graceful-timeout
harakiri-queue-threshold max-requests-delta
""")
"""Known to pyuwsgi 2.0.30, not to Debian's 2.0.21 with all its plugins."""

ONLY_DEBIAN = _words("""
cap cgi-allowed-ext cgi-async-max-attempts cgi-buffer-size cgi-close-stdin-on-eof cgi-do-not-kill-on-error
cgi-from-docroot cgi-index cgi-loadlib cgi-optimize cgi-optimized cgi-path-info cgi-safe cgi-timeout cgi-unset
cron-legion emperor-cap forkpty-router forkpty-router-cmd forkpty-router-command forkptyrouter forkptyrouter-cheap
forkptyrouter-cmd forkptyrouter-cols forkptyrouter-command forkptyrouter-events forkptyrouter-fallback
forkptyrouter-harakiri forkptyrouter-processes forkptyrouter-rows forkptyrouter-ss forkptyrouter-stats
forkptyrouter-stats-server forkptyrouter-timeout forkptyrouter-workers forkptyrouter-zerg http-to-https https
https-export-cert https-session-context https-socket https-socket-modifier1 https-socket-modifier2 https2 legion
legion-attach-daemon legion-cron legion-death legion-death-on-lord-error legion-freq legion-join legion-lord
legion-mcast legion-node legion-node-joined legion-node-left legion-quorum legion-scroll legion-scroll-list-max-size
legion-scroll-max-size legion-setup legion-skew-tolerance legion-smart-attach-daemon legion-smart-attach-daemon2
legion-tolerance legion-unlord log-zeromq mongrel2 notfound-log pam pam-user pty-connect pty-exec pty-input pty-log
pty-no-isig pty-socket pty-uconnect sni sni-dir sni-dir-ciphers sni-regexp ssl-enable-sslv3 ssl-enable-tlsv1
ssl-enable3 ssl-option ssl-socket ssl-tmp-dir ssl-verbose ssl-verify-depth sslrouter-buffer-size sslrouter-cheap
sslrouter-events sslrouter-fallback sslrouter-gracetime sslrouter-harakiri sslrouter-max-retries sslrouter-processes
sslrouter-quiet sslrouter-session-context sslrouter-sni sslrouter-ss sslrouter-stats sslrouter-stats-server
sslrouter-subscription-server sslrouter-timeout sslrouter-to sslrouter-use-base sslrouter-use-cache
sslrouter-use-code-string sslrouter-use-pattern sslrouter-use-socket sslrouter-workers sslrouter-zerg
subscriptions-sign-check subscriptions-sign-check-tolerance subscriptions-sign-skip-uid suwsgi-socket tuntap-device
tuntap-device-rule tuntap-router tuntap-router-firewall-in tuntap-router-firewall-out tuntap-router-route
tuntap-router-stats tuntap-use-credentials unique-cron-legion unique-legion-cron vassal-cap vassals-cap
webdav-add-collection-prop webdav-add-collection-prop-comp webdav-add-collection-prop-href webdav-add-object-prop
webdav-add-object-prop-comp webdav-add-object-prop-href webdav-add-option webdav-add-prop webdav-add-prop-comp
webdav-add-prop-href webdav-add-rtype-collection-prop webdav-add-rtype-object-prop webdav-add-rtype-prop
webdav-class-directory webdav-css webdav-div webdav-javascript webdav-js webdav-lock-cache webdav-mount
webdav-principal-base webdav-skip-prop zeromq zeromq-socket zmq zmq-socket
""")
"""Known to Debian's 2.0.21 with its plugins, not to pyuwsgi 2.0.30."""
