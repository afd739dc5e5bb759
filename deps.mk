actions/action.o: actions/action.c actions/action.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h proto/power.h actions/mail_smtp.h lib/clock.h \
 actions/kinds.h
actions/action_http.o: actions/action_http.c actions/fetch.h \
 actions/transfer.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h actions/secret.h
actions/action_plugin.o: actions/action_plugin.c actions/plugin.h \
 lib/option.h lib/net.h actions/action.h conf/conf.h proto/event.h \
 proto/power.h
actions/action_run.o: actions/action_run.c actions/action.h conf/conf.h \
 lib/net.h lib/option.h proto/event.h proto/power.h
actions/action_serial.o: actions/action_serial.c actions/dialogue.h \
 lib/last_line.h lib/option.h lib/net.h actions/secret.h actions/serial.h \
 actions/action.h conf/conf.h proto/event.h proto/power.h lib/clock.h \
 lib/err.h
actions/action_webhook.o: actions/action_webhook.c actions/fetch.h \
 actions/transfer.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h actions/mail.h actions/secret.h lib/clock.h
actions/dialogue.o: actions/dialogue.c actions/dialogue.h lib/last_line.h \
 lib/option.h lib/net.h
actions/fetch.o: actions/fetch.c actions/fetch.h actions/transfer.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h actions/secret.h lib/last_line.h
actions/fetch_conf.o: actions/fetch_conf.c actions/fetch.h \
 actions/transfer.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h
actions/flows.o: actions/flows.c actions/action.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h proto/power.h
actions/mail.o: actions/mail.c actions/mail.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h actions/mail_text.h lib/log.h lib/clock.h
actions/mail_smtp.o: actions/mail_smtp.c actions/mail_smtp.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h actions/mail.h actions/secret.h actions/smtp_talk.h \
 actions/transfer.h lib/err.h
actions/mail_text.o: actions/mail_text.c actions/mail_text.h lib/log.h \
 lib/printable.h
actions/secret.o: actions/secret.c actions/secret.h
actions/serial.o: actions/serial.c actions/serial.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 lib/clock.h lib/err.h
actions/smtp_talk.o: actions/smtp_talk.c actions/smtp_talk.h
actions/spawn.o: actions/spawn.c actions/action.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h proto/power.h lib/clock.h lib/child.h \
 lib/err.h lib/last_line.h
actions/transfer.o: actions/transfer.c actions/transfer.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h lib/clock.h lib/err.h lib/must.h
conf/actions.o: conf/actions.c conf/fill.h conf/node.h lib/option.h \
 lib/net.h conf/schema.h conf/conf.h conf/uplinks.h conf/value.h
conf/clients.o: conf/clients.c conf/fill.h conf/node.h lib/option.h \
 lib/net.h conf/schema.h conf/conf.h conf/uplinks.h conf/value.h
conf/conf.o: conf/conf.c conf/conf.h lib/net.h lib/option.h conf/fill.h \
 conf/node.h conf/schema.h conf/uplinks.h conf/value.h lib/err.h
conf/fill.o: conf/fill.c conf/fill.h conf/node.h lib/option.h lib/net.h \
 conf/value.h lib/must.h
conf/mail.o: conf/mail.c conf/fill.h conf/node.h lib/option.h lib/net.h \
 conf/schema.h conf/conf.h conf/uplinks.h conf/value.h
conf/node.o: conf/node.c conf/node.h conf/conf.h lib/net.h lib/option.h
conf/print.o: conf/print.c conf/conf.h lib/net.h lib/option.h \
 conf/schema.h conf/value.h conf/node.h
conf/recovery.o: conf/recovery.c conf/fill.h conf/node.h lib/option.h \
 lib/net.h conf/schema.h conf/conf.h conf/uplinks.h conf/value.h
conf/schema.o: conf/schema.c conf/schema.h conf/conf.h lib/net.h \
 lib/option.h lib/clock.h
conf/targets.o: conf/targets.c conf/fill.h conf/node.h lib/option.h \
 lib/net.h conf/schema.h conf/conf.h conf/uplinks.h conf/value.h \
 lib/must.h
conf/uplinks.o: conf/uplinks.c conf/uplinks.h conf/conf.h lib/net.h \
 lib/option.h conf/node.h conf/fill.h conf/schema.h conf/value.h
conf/value.o: conf/value.c conf/value.h conf/node.h lib/option.h \
 lib/net.h lib/clock.h
conf/value_bytes.o: conf/value_bytes.c conf/fill.h conf/node.h \
 lib/option.h lib/net.h conf/value.h lib/clock.h
conf/value_clients.o: conf/value_clients.c conf/value.h conf/node.h \
 lib/option.h lib/net.h
conf/value_flows.o: conf/value_flows.c conf/value.h conf/node.h \
 lib/option.h lib/net.h
conf/value_host.o: conf/value_host.c conf/value.h conf/node.h \
 lib/option.h lib/net.h
conf/value_map.o: conf/value_map.c conf/fill.h conf/node.h lib/option.h \
 lib/net.h conf/value.h
conf/value_print.o: conf/value_print.c conf/value.h conf/node.h \
 lib/option.h lib/net.h lib/clock.h
dispatcher/dispatch.o: dispatcher/dispatch.c dispatcher/dispatch.h \
 actions/mail.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 dispatcher/flow_policy.h lib/clock.h routing/plan.h dispatcher/journal.h \
 actions/action.h proto/power.h dispatcher/outbox.h lib/queue.h \
 dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/err.h lib/log.h \
 lib/must.h lib/sys.h
dispatcher/dispatch_entry.o: dispatcher/dispatch_entry.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/log.h
dispatcher/dispatch_event.o: dispatcher/dispatch_event.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/err.h lib/log.h \
 lib/must.h
dispatcher/dispatch_feed.o: dispatcher/dispatch_feed.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/log.h
dispatcher/dispatch_flows.o: dispatcher/dispatch_flows.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/log.h
dispatcher/dispatch_jobs.o: dispatcher/dispatch_jobs.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/err.h lib/log.h
dispatcher/dispatch_lanes.o: dispatcher/dispatch_lanes.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h
dispatcher/dispatch_mail.o: dispatcher/dispatch_mail.c actions/mail.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h dispatcher/dispatch.h \
 dispatcher/flow_policy.h lib/clock.h routing/plan.h dispatcher/journal.h \
 actions/action.h proto/power.h dispatcher/outbox.h lib/queue.h \
 dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h dispatcher/letter.h \
 lib/log.h
dispatcher/dispatch_mail_feed.o: dispatcher/dispatch_mail_feed.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h
dispatcher/dispatch_plan.o: dispatcher/dispatch_plan.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h dispatcher/power_plan.h \
 lib/err.h lib/log.h
dispatcher/dispatch_plugin.o: dispatcher/dispatch_plugin.c \
 actions/plugin.h lib/option.h lib/net.h dispatcher/dispatch.h \
 actions/mail.h conf/conf.h proto/event.h dispatcher/flow_policy.h \
 lib/clock.h routing/plan.h dispatcher/journal.h actions/action.h \
 proto/power.h dispatcher/outbox.h lib/queue.h dispatcher/ladder.h \
 dispatcher/lane.h dispatcher/role.h dispatcher/uplink.h lib/timers.h \
 proto/zsock.h
dispatcher/dispatch_recovery.o: dispatcher/dispatch_recovery.c \
 actions/mail_text.h lib/log.h dispatcher/dispatch.h actions/mail.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h \
 dispatcher/flow_policy.h lib/clock.h routing/plan.h dispatcher/journal.h \
 actions/action.h proto/power.h dispatcher/outbox.h lib/queue.h \
 dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h
dispatcher/dispatch_spill.o: dispatcher/dispatch_spill.c \
 dispatcher/dispatch.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/flow_policy.h lib/clock.h routing/plan.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/err.h lib/log.h \
 lib/must.h
dispatcher/feed.o: dispatcher/feed.c conf/conf.h lib/net.h lib/option.h \
 dispatcher/role.h lib/clock.h lib/err.h lib/log.h lib/must.h \
 proto/event.h proto/power.h proto/zsock.h
dispatcher/flow_policy.o: dispatcher/flow_policy.c \
 dispatcher/flow_policy.h lib/clock.h lib/option.h lib/net.h \
 proto/event.h routing/plan.h conf/conf.h
dispatcher/journal.o: dispatcher/journal.c dispatcher/journal.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h dispatcher/outbox.h lib/queue.h dispatcher/journal_db.h \
 lib/clock.h lib/err.h lib/log.h lib/must.h lib/sys.h
dispatcher/journal_db.o: dispatcher/journal_db.c dispatcher/journal_db.h \
 dispatcher/journal.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h dispatcher/outbox.h lib/queue.h lib/log.h
dispatcher/journal_letter.o: dispatcher/journal_letter.c \
 dispatcher/journal_db.h dispatcher/journal.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/outbox.h lib/queue.h
dispatcher/journal_load.o: dispatcher/journal_load.c \
 dispatcher/flow_policy.h lib/clock.h lib/option.h lib/net.h \
 proto/event.h routing/plan.h conf/conf.h dispatcher/journal_db.h \
 dispatcher/journal.h actions/action.h proto/power.h dispatcher/outbox.h \
 lib/queue.h lib/log.h
dispatcher/journal_rung.o: dispatcher/journal_rung.c \
 dispatcher/journal_db.h dispatcher/journal.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/outbox.h lib/queue.h
dispatcher/ladder.o: dispatcher/ladder.c dispatcher/ladder.h conf/conf.h \
 lib/net.h lib/option.h dispatcher/journal.h actions/action.h \
 proto/event.h proto/power.h dispatcher/outbox.h lib/queue.h lib/clock.h \
 lib/must.h
dispatcher/lane.o: dispatcher/lane.c dispatcher/lane.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 lib/queue.h dispatcher/lane_queue.h lib/clock.h lib/log.h lib/must.h \
 lib/sys.h
dispatcher/lane_queue.o: dispatcher/lane_queue.c dispatcher/lane_queue.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h dispatcher/retry.h lib/clock.h lib/must.h
dispatcher/letter.o: dispatcher/letter.c dispatcher/letter.h \
 actions/mail.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 dispatcher/outbox.h actions/mail_text.h lib/log.h lib/clock.h
dispatcher/marks_keep.o: dispatcher/marks_keep.c dispatcher/marks_keep.h \
 lib/clock.h lib/sys.h lib/net.h
dispatcher/outbox.o: dispatcher/outbox.c dispatcher/outbox.h lib/option.h \
 lib/net.h proto/event.h dispatcher/retry.h lib/clock.h
dispatcher/parent.o: dispatcher/parent.c dispatcher/parent.h \
 actions/plugin.h lib/option.h lib/net.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h proto/power.h proto/event.h routing/plan.h \
 conf/conf.h dispatcher/power_plan.h dispatcher/rundir.h lib/child.h \
 lib/clock.h lib/err.h lib/must.h lib/sys.h routing/router.h
dispatcher/parent_cmd.o: dispatcher/parent_cmd.c dispatcher/parent.h \
 actions/plugin.h lib/option.h lib/net.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h proto/power.h proto/event.h routing/plan.h \
 conf/conf.h lib/child.h lib/clock.h lib/must.h
dispatcher/parent_env.o: dispatcher/parent_env.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h routing/plan.h lib/clock.h probes/probe_run.h
dispatcher/parent_flows.o: dispatcher/parent_flows.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/flow_policy.h lib/clock.h \
 proto/event.h routing/plan.h dispatcher/parent.h actions/plugin.h \
 dispatcher/role.h lib/log.h lib/timers.h lib/trust.h proto/power.h \
 lib/sys.h routing/marks.h
dispatcher/parent_kid.o: dispatcher/parent_kid.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/parent.h actions/plugin.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h proto/power.h proto/event.h \
 routing/plan.h dispatcher/rundir.h lib/child.h lib/clock.h lib/err.h \
 lib/must.h
dispatcher/parent_marks.o: dispatcher/parent_marks.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/marks_keep.h lib/clock.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h proto/power.h proto/event.h routing/plan.h \
 lib/child.h lib/err.h lib/must.h lib/sys.h routing/marks.h
dispatcher/parent_net.o: dispatcher/parent_net.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/parent.h actions/plugin.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h proto/power.h proto/event.h \
 routing/plan.h dispatcher/power_plan.h dispatcher/rundir.h lib/clock.h \
 lib/err.h lib/must.h lib/sys.h routing/router.h
dispatcher/parent_plugin.o: dispatcher/parent_plugin.c actions/plugin.h \
 lib/option.h lib/net.h conf/conf.h dispatcher/parent.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h proto/power.h proto/event.h \
 routing/plan.h dispatcher/tool.h lib/child.h lib/clock.h lib/err.h
dispatcher/parent_program.o: dispatcher/parent_program.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h routing/plan.h
dispatcher/parent_tty.o: dispatcher/parent_tty.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 actions/serial.h dispatcher/parent.h actions/plugin.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h routing/plan.h
dispatcher/retry.o: dispatcher/retry.c dispatcher/retry.h lib/clock.h
dispatcher/role.o: dispatcher/role.c dispatcher/role.h
dispatcher/rundir.o: dispatcher/rundir.c dispatcher/rundir.h lib/must.h
dispatcher/tool_flows.o: dispatcher/tool_flows.c dispatcher/tool.h \
 lib/err.h lib/sys.h lib/net.h
dispatcher/tool_nft.o: dispatcher/tool_nft.c dispatcher/tool.h lib/err.h \
 lib/sys.h lib/net.h routing/marks.h
dispatcher/tool_plugin.o: dispatcher/tool_plugin.c dispatcher/tool.h \
 lib/clock.h lib/err.h lib/log.h lib/must.h lib/option.h lib/net.h \
 lib/sys.h proto/event.h proto/uplinkd_plugin.h
dispatcher/uplink.o: dispatcher/uplink.c dispatcher/uplink.h conf/conf.h \
 lib/net.h lib/option.h proto/event.h routing/plan.h lib/clock.h \
 lib/must.h
lib/child.o: lib/child.c lib/child.h lib/keep.h lib/must.h lib/sys.h \
 lib/net.h lib/trust.h
lib/clock.o: lib/clock.c lib/clock.h lib/must.h
lib/err.o: lib/err.c lib/err.h
lib/keep.o: lib/keep.c lib/keep.h lib/sys.h lib/net.h
lib/last_line.o: lib/last_line.c lib/last_line.h
lib/log.o: lib/log.c lib/log.h lib/clock.h lib/err.h lib/printable.h
lib/must.o: lib/must.c lib/must.h lib/log.h
lib/net.o: lib/net.c lib/net.h lib/must.h
lib/printable.o: lib/printable.c lib/printable.h
lib/queue.o: lib/queue.c lib/queue.h lib/must.h
lib/timers.o: lib/timers.c lib/timers.h lib/clock.h lib/must.h
lib/trust.o: lib/trust.c lib/trust.h lib/err.h
probes/board.o: probes/board.c probes/board.h conf/conf.h lib/net.h \
 lib/option.h probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h lib/must.h
probes/dns_message.o: probes/dns_message.c probes/dns_message.h lib/net.h \
 lib/option.h
probes/flight.o: probes/flight.c probes/flight.h lib/net.h \
 probes/ping_io.h probes/ping_packet.h probes/probe.h conf/conf.h \
 lib/option.h proto/power.h proto/event.h lib/clock.h lib/err.h lib/log.h \
 lib/must.h lib/sys.h
probes/http_get.o: probes/http_get.c probes/http_get.h lib/net.h \
 probes/http_url.h lib/option.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h lib/clock.h lib/err.h lib/sys.h
probes/http_url.o: probes/http_url.c probes/http_url.h lib/option.h \
 lib/net.h
probes/judge.o: probes/judge.c probes/judge.h conf/conf.h lib/net.h \
 lib/option.h probes/probe.h proto/power.h proto/event.h probes/verdict.h \
 probes/window.h lib/clock.h lib/must.h probes/judge_part.h
probes/judge_line.o: probes/judge_line.c probes/judge_part.h lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
probes/judge_peer.o: probes/judge_peer.c probes/judge_part.h lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
probes/line_net.o: probes/line_net.c lib/clock.h lib/log.h lib/sys.h \
 lib/net.h probes/worker.h conf/conf.h lib/option.h lib/timers.h \
 probes/board.h probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h
probes/line_round.o: probes/line_round.c lib/clock.h lib/must.h \
 probes/worker.h conf/conf.h lib/net.h lib/option.h lib/log.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 proto/event.h probes/verdict.h probes/window.h probes/resolve.h \
 probes/trail.h proto/zsock.h
probes/line_sock.o: probes/line_sock.c lib/clock.h probes/worker.h \
 conf/conf.h lib/net.h lib/option.h lib/log.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h
probes/neigh.o: probes/neigh.c probes/neigh.h lib/net.h lib/option.h \
 lib/sys.h probes/probe.h conf/conf.h proto/power.h proto/event.h \
 lib/clock.h lib/log.h probes/ping_io.h probes/ping_packet.h
probes/ping_io.o: probes/ping_io.c probes/ping_io.h lib/net.h \
 probes/ping_packet.h lib/clock.h lib/must.h
probes/ping_packet.o: probes/ping_packet.c probes/ping_packet.h lib/net.h
probes/ping_table.o: probes/ping_table.c probes/ping_table.h conf/conf.h \
 lib/net.h lib/option.h lib/clock.h lib/must.h probes/verdict.h \
 proto/event.h
probes/probe.o: probes/probe.c probes/probe.h conf/conf.h lib/net.h \
 lib/option.h proto/power.h proto/event.h probes/kinds.h
probes/probe_arp.o: probes/probe_arp.c probes/neigh.h lib/net.h \
 lib/option.h lib/sys.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h
probes/probe_dns.o: probes/probe_dns.c lib/clock.h lib/err.h lib/must.h \
 probes/dns_message.h lib/net.h lib/option.h probes/flight.h \
 probes/ping_io.h probes/ping_packet.h probes/probe.h conf/conf.h \
 proto/power.h proto/event.h
probes/probe_http.o: probes/probe_http.c lib/clock.h lib/err.h lib/log.h \
 lib/must.h probes/http_get.h lib/net.h probes/http_url.h lib/option.h \
 probes/probe.h conf/conf.h proto/power.h proto/event.h
probes/probe_nd.o: probes/probe_nd.c probes/neigh.h lib/net.h \
 lib/option.h lib/sys.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h
probes/probe_ping.o: probes/probe_ping.c lib/clock.h probes/ping_io.h \
 lib/net.h probes/ping_packet.h probes/ping_table.h conf/conf.h \
 lib/option.h probes/probe.h proto/power.h proto/event.h
probes/probe_run.o: probes/probe_run.c probes/probe_run.h lib/child.h \
 lib/clock.h lib/err.h lib/last_line.h lib/log.h lib/must.h \
 probes/probe.h conf/conf.h lib/net.h lib/option.h proto/power.h \
 proto/event.h
probes/probe_tcp.o: probes/probe_tcp.c lib/err.h lib/sys.h lib/net.h \
 probes/flight.h probes/ping_io.h probes/ping_packet.h probes/probe.h \
 conf/conf.h lib/option.h proto/power.h proto/event.h
probes/probes.o: probes/probes.c probes/probes.h conf/conf.h lib/net.h \
 lib/option.h lib/err.h lib/log.h lib/must.h probes/worker.h lib/timers.h \
 probes/board.h probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h
probes/resolve.o: probes/resolve.c probes/resolve.h lib/net.h lib/clock.h \
 lib/must.h probes/resolve_ask.h
probes/resolve_ask.o: probes/resolve_ask.c probes/resolve_ask.h lib/net.h \
 lib/clock.h lib/must.h lib/sys.h
probes/trail.o: probes/trail.c probes/trail.h conf/conf.h lib/net.h \
 lib/option.h probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h lib/clock.h
probes/verdict.o: probes/verdict.c probes/verdict.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h lib/must.h
probes/window.o: probes/window.c probes/window.h lib/clock.h
probes/worker.o: probes/worker.c probes/worker.h conf/conf.h lib/net.h \
 lib/option.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h proto/event.h probes/verdict.h \
 probes/window.h probes/resolve.h probes/trail.h proto/zsock.h \
 lib/clock.h lib/must.h lib/sys.h
probes/worker_line.o: probes/worker_line.c lib/clock.h lib/log.h \
 lib/must.h probes/worker.h conf/conf.h lib/net.h lib/option.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 proto/event.h probes/verdict.h probes/window.h probes/resolve.h \
 probes/trail.h proto/zsock.h
probes/worker_look.o: probes/worker_look.c lib/clock.h lib/must.h \
 lib/sys.h lib/net.h probes/worker.h conf/conf.h lib/option.h lib/log.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 proto/event.h probes/verdict.h probes/window.h probes/resolve.h \
 probes/trail.h proto/zsock.h
probes/worker_out.o: probes/worker_out.c lib/clock.h probes/worker.h \
 conf/conf.h lib/net.h lib/option.h lib/log.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h
probes/worker_trail.o: probes/worker_trail.c lib/clock.h probes/worker.h \
 conf/conf.h lib/net.h lib/option.h lib/log.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h proto/event.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h
proto/decode.o: proto/decode.c proto/wire.h proto/event.h lib/net.h
proto/encode.o: proto/encode.c proto/wire.h proto/event.h lib/net.h
proto/event.o: proto/event.c proto/event.h lib/net.h proto/wire.h
proto/libuplink.o: proto/libuplink.c proto/libuplink.h lib/clock.h \
 lib/sys.h lib/net.h proto/event.h proto/libuplink_table.h proto/zsock.h
proto/libuplink_news.o: proto/libuplink_news.c proto/libuplink_table.h \
 proto/event.h lib/net.h proto/libuplink.h
proto/libuplink_table.o: proto/libuplink_table.c proto/libuplink_table.h \
 proto/event.h lib/net.h proto/libuplink.h
proto/power.o: proto/power.c proto/power.h proto/event.h lib/net.h \
 lib/must.h
proto/wire.o: proto/wire.c proto/wire.h proto/event.h lib/net.h
proto/zsock.o: proto/zsock.c proto/zsock.h lib/must.h proto/event.h \
 lib/net.h
routing/edit.o: routing/edit.c lib/must.h routing/want.h routing/plan.h \
 conf/conf.h lib/net.h lib/option.h
routing/marks.o: routing/marks.c routing/marks.h conf/conf.h lib/net.h \
 lib/option.h
routing/plan.o: routing/plan.c routing/plan.h conf/conf.h lib/net.h \
 lib/option.h lib/must.h
routing/router.o: routing/router.c routing/router.h conf/conf.h lib/net.h \
 lib/option.h routing/plan.h lib/clock.h lib/err.h lib/log.h lib/must.h \
 lib/sys.h routing/saved.h routing/want.h
routing/saved.o: routing/saved.c routing/saved.h routing/plan.h \
 conf/conf.h lib/net.h lib/option.h lib/clock.h
routing/view.o: routing/view.c routing/want.h routing/plan.h conf/conf.h \
 lib/net.h lib/option.h
routing/want.o: routing/want.c lib/must.h lib/sys.h lib/net.h \
 routing/want.h routing/plan.h conf/conf.h lib/option.h
routing/want_clients.o: routing/want_clients.c lib/sys.h lib/net.h \
 routing/want.h routing/plan.h conf/conf.h lib/option.h
routing/want_follow.o: routing/want_follow.c lib/net.h lib/sys.h \
 routing/want_main.h routing/want.h routing/plan.h conf/conf.h \
 lib/option.h
routing/want_gateway.o: routing/want_gateway.c lib/must.h lib/sys.h \
 lib/net.h routing/want.h routing/plan.h conf/conf.h lib/option.h
routing/want_main.o: routing/want_main.c lib/net.h lib/sys.h \
 routing/want_main.h routing/want.h routing/plan.h conf/conf.h \
 lib/option.h
routing/want_now.o: routing/want_now.c routing/want.h routing/plan.h \
 conf/conf.h lib/net.h lib/option.h
routing/want_ra.o: routing/want_ra.c lib/sys.h lib/net.h routing/want.h \
 routing/plan.h conf/conf.h lib/option.h
routing/want_rules.o: routing/want_rules.c lib/sys.h lib/net.h \
 routing/marks.h routing/want.h routing/plan.h conf/conf.h lib/option.h
lib/sys_linux.o: lib/sys_linux.c lib/sys_linux.h lib/sys.h lib/net.h
lib/sys_linux_answer.o: lib/sys_linux_answer.c lib/sys.h lib/net.h \
 lib/clock.h
lib/sys_linux_find.o: lib/sys_linux_find.c lib/sys_linux.h lib/sys.h \
 lib/net.h
lib/sys_linux_flow.o: lib/sys_linux_flow.c lib/sys.h lib/net.h
lib/sys_linux_icmp.o: lib/sys_linux_icmp.c lib/sys.h lib/net.h
lib/sys_linux_link.o: lib/sys_linux_link.c lib/sys_linux.h lib/sys.h \
 lib/net.h
lib/sys_linux_look.o: lib/sys_linux_look.c lib/sys.h lib/net.h
lib/sys_linux_neigh.o: lib/sys_linux_neigh.c lib/sys_linux.h lib/sys.h \
 lib/net.h lib/clock.h lib/must.h
lib/sys_linux_nft.o: lib/sys_linux_nft.c lib/sys_linux.h lib/sys.h \
 lib/net.h lib/must.h
lib/sys_linux_power.o: lib/sys_linux_power.c lib/sys.h lib/net.h
lib/sys_linux_proc.o: lib/sys_linux_proc.c lib/sys.h lib/net.h
lib/sys_linux_route.o: lib/sys_linux_route.c lib/sys_linux.h lib/sys.h \
 lib/net.h
lib/sys_linux_rule.o: lib/sys_linux_rule.c lib/sys_linux.h lib/sys.h \
 lib/net.h
lib/sys_linux_sock.o: lib/sys_linux_sock.c lib/sys.h lib/net.h
lib/sys_linux_watch.o: lib/sys_linux_watch.c lib/sys_linux.h lib/sys.h \
 lib/net.h lib/must.h
lib/sys_fake.o: lib/sys_fake.c lib/must.h lib/sys_fake_kernel.h lib/net.h \
 lib/sys.h lib/sys_fake.h
lib/sys_fake_fib.o: lib/sys_fake_fib.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_find.o: lib/sys_fake_find.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_flow.o: lib/sys_fake_flow.c lib/sys.h lib/net.h
lib/sys_fake_hand.o: lib/sys_fake_hand.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_link.o: lib/sys_fake_link.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_log.o: lib/sys_fake_log.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_look.o: lib/sys_fake_look.c lib/sys_fake.h lib/net.h \
 lib/sys.h
lib/sys_fake_nft.o: lib/sys_fake_nft.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_rule.o: lib/sys_fake_rule.c lib/sys_fake_kernel.h lib/net.h \
 lib/sys.h lib/sys_fake.h
lib/sys_fake_sock.o: lib/sys_fake_sock.c lib/must.h lib/sys_fake_kernel.h \
 lib/net.h lib/sys.h lib/sys_fake.h
lib/sys_fake_watch.o: lib/sys_fake_watch.c lib/must.h \
 lib/sys_fake_kernel.h lib/net.h lib/sys.h lib/sys_fake.h
tools/client.o: tools/client.c tools/client.h proto/event.h lib/net.h \
 lib/clock.h lib/err.h lib/must.h proto/zsock.h
tools/cmd_doctor.o: tools/cmd_doctor.c lib/sys.h lib/net.h \
 routing/router.h conf/conf.h lib/option.h routing/plan.h tools/client.h \
 proto/event.h tools/doctor.h
tools/cmd_export.o: tools/cmd_export.c lib/sys.h lib/net.h \
 routing/router.h conf/conf.h lib/option.h routing/plan.h tools/client.h \
 proto/event.h tools/export.h
tools/cmd_init.o: tools/cmd_init.c lib/clock.h lib/sys.h lib/net.h \
 routing/router.h conf/conf.h lib/option.h routing/plan.h tools/client.h \
 proto/event.h tools/init.h
tools/cmd_notify.o: tools/cmd_notify.c lib/clock.h tools/client.h \
 proto/event.h lib/net.h
tools/cmd_plan.o: tools/cmd_plan.c conf/conf.h lib/net.h lib/option.h \
 lib/err.h lib/sys.h routing/marks.h routing/plan.h routing/router.h \
 tools/client.h proto/event.h
tools/cmd_record.o: tools/cmd_record.c lib/clock.h lib/err.h \
 tools/client.h proto/event.h lib/net.h
tools/cmd_replay.o: tools/cmd_replay.c tools/client.h proto/event.h \
 lib/net.h tools/replay_run.h
tools/cmd_status.o: tools/cmd_status.c lib/clock.h tools/client.h \
 proto/event.h lib/net.h tools/status.h
tools/cmd_status_lanes.o: tools/cmd_status_lanes.c lib/clock.h \
 tools/status.h proto/event.h lib/net.h
tools/cmd_status_mail.o: tools/cmd_status_mail.c lib/clock.h \
 tools/status.h proto/event.h lib/net.h
tools/cmd_status_plugins.o: tools/cmd_status_plugins.c lib/clock.h \
 tools/status.h proto/event.h lib/net.h
tools/cmd_status_text.o: tools/cmd_status_text.c tools/status.h \
 proto/event.h lib/net.h
tools/cmd_watch.o: tools/cmd_watch.c lib/clock.h tools/client.h \
 proto/event.h lib/net.h
tools/ctl.o: tools/ctl.c conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h lib/err.h lib/sys.h routing/router.h routing/plan.h \
 tools/client.h
tools/doctor.o: tools/doctor.c tools/doctor.h conf/conf.h lib/net.h \
 lib/option.h routing/plan.h lib/sys.h
tools/export.o: tools/export.c tools/export.h conf/conf.h lib/net.h \
 lib/option.h routing/plan.h routing/marks.h
tools/init.o: tools/init.c tools/init.h conf/conf.h lib/net.h \
 lib/option.h routing/plan.h lib/sys.h
tools/replay.o: tools/replay.c tools/replay.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h routing/plan.h lib/clock.h lib/must.h \
 tools/replay_part.h dispatcher/uplink.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h
tools/replay_batch.o: tools/replay_batch.c lib/clock.h \
 tools/replay_part.h dispatcher/uplink.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h routing/plan.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h tools/replay.h
tools/replay_line.o: tools/replay_line.c lib/clock.h lib/must.h \
 tools/replay_part.h dispatcher/uplink.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h routing/plan.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h tools/replay.h
tools/replay_run.o: tools/replay_run.c tools/replay_run.h conf/conf.h \
 lib/net.h lib/option.h lib/clock.h lib/err.h tools/client.h \
 proto/event.h tools/replay.h routing/plan.h
tools/replay_target.o: tools/replay_target.c tools/replay_part.h \
 dispatcher/uplink.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 routing/plan.h lib/clock.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h probes/verdict.h probes/window.h \
 tools/replay.h
tests/sim/centre.o: tests/sim/centre.c lib/clock.h lib/err.h lib/must.h \
 tests/sim/sim.h conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h \
 proto/event.h routing/plan.h lib/sys.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h probes/trail.h routing/router.h
tests/sim/check.o: tests/sim/check.c lib/sys_fake.h lib/net.h lib/sys.h \
 tests/sim/sim.h conf/conf.h lib/option.h dispatcher/uplink.h \
 proto/event.h routing/plan.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h probes/verdict.h probes/window.h \
 probes/trail.h routing/router.h
tests/sim/command.o: tests/sim/command.c lib/clock.h tests/sim/sim.h \
 conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h proto/event.h \
 routing/plan.h lib/sys.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h probes/verdict.h probes/window.h \
 probes/trail.h routing/router.h
tests/sim/expect.o: tests/sim/expect.c lib/clock.h tests/sim/sim.h \
 conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h proto/event.h \
 routing/plan.h lib/sys.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h probes/verdict.h probes/window.h \
 probes/trail.h routing/router.h
tests/sim/kernel.o: tests/sim/kernel.c lib/clock.h lib/must.h \
 lib/sys_fake.h lib/net.h lib/sys.h tests/sim/sim.h conf/conf.h \
 lib/option.h dispatcher/uplink.h proto/event.h routing/plan.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 probes/verdict.h probes/window.h probes/trail.h routing/router.h
tests/sim/log.o: tests/sim/log.c lib/log.h lib/clock.h lib/err.h \
 tests/sim/sim.h conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h \
 proto/event.h routing/plan.h lib/sys.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h probes/trail.h routing/router.h
tests/sim/main.o: tests/sim/main.c tests/sim/sim.h conf/conf.h lib/net.h \
 lib/option.h dispatcher/uplink.h proto/event.h routing/plan.h lib/sys.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 probes/verdict.h probes/window.h probes/trail.h routing/router.h
tests/sim/random.o: tests/sim/random.c lib/clock.h lib/must.h \
 tests/sim/sim.h conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h \
 proto/event.h routing/plan.h lib/sys.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h probes/trail.h routing/router.h
tests/sim/record.o: tests/sim/record.c lib/clock.h lib/must.h \
 proto/event.h lib/net.h tests/sim/sim.h conf/conf.h lib/option.h \
 dispatcher/uplink.h routing/plan.h lib/sys.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h probes/trail.h routing/router.h
tests/sim/script.o: tests/sim/script.c lib/clock.h tests/sim/sim.h \
 conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h proto/event.h \
 routing/plan.h lib/sys.h lib/timers.h probes/board.h probes/judge.h \
 probes/probe.h proto/power.h probes/verdict.h probes/window.h \
 probes/trail.h routing/router.h
tests/sim/sim.o: tests/sim/sim.c tests/sim/sim.h conf/conf.h lib/net.h \
 lib/option.h dispatcher/uplink.h proto/event.h routing/plan.h lib/sys.h \
 lib/timers.h probes/board.h probes/judge.h probes/probe.h proto/power.h \
 probes/verdict.h probes/window.h probes/trail.h routing/router.h \
 dispatcher/kinds.h actions/action.h lib/clock.h lib/must.h
tests/sim/wave.o: tests/sim/wave.c lib/must.h tests/sim/sim.h conf/conf.h \
 lib/net.h lib/option.h dispatcher/uplink.h proto/event.h routing/plan.h \
 lib/sys.h lib/timers.h probes/board.h probes/judge.h probes/probe.h \
 proto/power.h probes/verdict.h probes/window.h probes/trail.h \
 routing/router.h
tests/sim/worker.o: tests/sim/worker.c lib/clock.h lib/must.h \
 tests/sim/sim.h conf/conf.h lib/net.h lib/option.h dispatcher/uplink.h \
 proto/event.h routing/plan.h lib/sys.h lib/timers.h probes/board.h \
 probes/judge.h probes/probe.h proto/power.h probes/verdict.h \
 probes/window.h probes/trail.h routing/router.h
tests/sim/report.o: tests/sim/report.c tests/sim/report.h lib/clock.h \
 proto/event.h lib/net.h
tests/sim/report_check.o: tests/sim/report_check.c tests/sim/report.h \
 lib/clock.h proto/event.h lib/net.h
tests/sim/report_line.o: tests/sim/report_line.c lib/must.h \
 tests/sim/report.h lib/clock.h proto/event.h lib/net.h
tests/sim/report_ours.o: tests/sim/report_ours.c dispatcher/kinds.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h probes/probe.h dispatcher/uplink.h routing/plan.h \
 lib/must.h probes/board.h probes/judge.h probes/verdict.h \
 probes/window.h tests/sim/report.h lib/clock.h
tests/sim/report_rivals.o: tests/sim/report_rivals.c lib/must.h \
 tests/sim/report.h lib/clock.h proto/event.h lib/net.h
tests/sim/report_run.o: tests/sim/report_run.c lib/must.h \
 tests/sim/report.h lib/clock.h proto/event.h lib/net.h
tests/sim/report_table.o: tests/sim/report_table.c tests/sim/report.h \
 lib/clock.h proto/event.h lib/net.h
tests/sim/report_try.o: tests/sim/report_try.c tests/sim/report.h \
 lib/clock.h proto/event.h lib/net.h
dispatcher/main.o: dispatcher/main.c conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/parent.h actions/plugin.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h routing/plan.h dispatcher/tool.h \
 lib/err.h lib/sys.h probes/probes.h
tools/uplinkctl.o: tools/uplinkctl.c lib/log.h tools/client.h \
 proto/event.h lib/net.h
tests/fuzz/replay.o: tests/fuzz/replay.c
lib/clock.lo: lib/clock.c lib/clock.h lib/must.h
lib/err.lo: lib/err.c lib/err.h
lib/log.lo: lib/log.c lib/log.h lib/clock.h lib/err.h lib/printable.h
lib/must.lo: lib/must.c lib/must.h lib/log.h
lib/net.lo: lib/net.c lib/net.h lib/must.h
lib/printable.lo: lib/printable.c lib/printable.h
lib/sys_linux_answer.lo: lib/sys_linux_answer.c lib/sys.h lib/net.h \
 lib/clock.h
proto/decode.lo: proto/decode.c proto/wire.h proto/event.h lib/net.h
proto/encode.lo: proto/encode.c proto/wire.h proto/event.h lib/net.h
proto/event.lo: proto/event.c proto/event.h lib/net.h proto/wire.h
proto/libuplink.lo: proto/libuplink.c proto/libuplink.h lib/clock.h \
 lib/sys.h lib/net.h proto/event.h proto/libuplink_table.h proto/zsock.h
proto/libuplink_news.lo: proto/libuplink_news.c proto/libuplink_table.h \
 proto/event.h lib/net.h proto/libuplink.h
proto/libuplink_table.lo: proto/libuplink_table.c proto/libuplink_table.h \
 proto/event.h lib/net.h proto/libuplink.h
proto/wire.lo: proto/wire.c proto/wire.h proto/event.h lib/net.h
proto/zsock.lo: proto/zsock.c proto/zsock.h lib/must.h proto/event.h \
 lib/net.h
tests/unit/test_board: tests/unit/test_board.c probes/board.h conf/conf.h \
 lib/net.h lib/option.h probes/judge.h probes/probe.h proto/power.h \
 proto/event.h probes/verdict.h probes/window.h
tests/unit/test_budget: tests/unit/test_budget.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h lib/clock.h
tests/unit/test_child: tests/unit/test_child.c lib/child.h
tests/unit/test_clock: tests/unit/test_clock.c lib/clock.h
tests/unit/test_conf: tests/unit/test_conf.c actions/action.h conf/conf.h \
 lib/net.h lib/option.h proto/event.h proto/power.h dispatcher/kinds.h \
 probes/probe.h lib/clock.h
tests/unit/test_dialogue: tests/unit/test_dialogue.c actions/dialogue.h \
 lib/last_line.h lib/option.h lib/net.h conf/conf.h dispatcher/kinds.h \
 actions/action.h proto/event.h proto/power.h probes/probe.h
tests/unit/test_dispatch: tests/unit/test_dispatch.c \
 tests/unit/test_dispatch.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/power_plan.h routing/plan.h dispatcher/role.h \
 lib/clock.h lib/log.h proto/zsock.h
tests/unit/test_dispatch_flows: tests/unit/test_dispatch_flows.c \
 tests/unit/test_dispatch.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/power_plan.h routing/plan.h dispatcher/role.h \
 lib/clock.h lib/log.h proto/zsock.h
tests/unit/test_dispatch_mail: tests/unit/test_dispatch_mail.c \
 tests/unit/test_dispatch.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/power_plan.h routing/plan.h dispatcher/role.h \
 lib/clock.h lib/log.h proto/zsock.h
tests/unit/test_dispatch_recovery: tests/unit/test_dispatch_recovery.c \
 tests/unit/test_dispatch.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/power_plan.h routing/plan.h dispatcher/role.h \
 lib/clock.h lib/log.h proto/zsock.h dispatcher/journal.h \
 dispatcher/outbox.h lib/queue.h
tests/unit/test_dispatch_spill: tests/unit/test_dispatch_spill.c \
 tests/unit/test_dispatch.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h dispatcher/power_plan.h routing/plan.h dispatcher/role.h \
 lib/clock.h lib/log.h proto/zsock.h
tests/unit/test_dns_message: tests/unit/test_dns_message.c \
 probes/dns_message.h lib/net.h lib/option.h probes/probe.h conf/conf.h \
 proto/power.h proto/event.h
tests/unit/test_doctor: tests/unit/test_doctor.c tests/unit/test_want.h \
 tests/unit/test_routing.h conf/conf.h lib/net.h lib/option.h lib/sys.h \
 routing/plan.h tools/doctor.h
tests/unit/test_err: tests/unit/test_err.c lib/err.h
tests/unit/test_event: tests/unit/test_event.c tests/unit/test_event.h \
 proto/event.h lib/net.h proto/wire.h
tests/unit/test_event_decode: tests/unit/test_event_decode.c \
 tests/unit/test_event.h proto/event.h lib/net.h proto/wire.h
tests/unit/test_event_trail: tests/unit/test_event_trail.c \
 tests/unit/test_event.h proto/event.h lib/net.h proto/wire.h
tests/unit/test_export: tests/unit/test_export.c tests/unit/test_want.h \
 tests/unit/test_routing.h conf/conf.h lib/net.h lib/option.h lib/sys.h \
 routing/plan.h tools/export.h
tests/unit/test_fetch_conf: tests/unit/test_fetch_conf.c actions/fetch.h \
 actions/transfer.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h actions/secret.h
tests/unit/test_flight_parent: tests/unit/test_flight_parent.c \
 tests/unit/test_probe_tcp.h tests/unit/test_flight.h lib/clock.h \
 lib/log.h lib/sys.h lib/net.h probes/probe.h conf/conf.h lib/option.h \
 proto/power.h proto/event.h
tests/unit/test_flow_policy: tests/unit/test_flow_policy.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/flow_policy.h lib/clock.h \
 proto/event.h routing/plan.h
tests/unit/test_http_answer: tests/unit/test_http_answer.c \
 tests/unit/test_probe_http.h lib/clock.h lib/log.h probes/http_url.h \
 lib/option.h lib/net.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h
tests/unit/test_http_url: tests/unit/test_http_url.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h probes/http_url.h
tests/unit/test_init: tests/unit/test_init.c tests/unit/test_want.h \
 tests/unit/test_routing.h conf/conf.h lib/net.h lib/option.h lib/sys.h \
 routing/plan.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h tools/init.h
tests/unit/test_journal: tests/unit/test_journal.c \
 tests/unit/test_journal.h dispatcher/journal.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/outbox.h lib/queue.h lib/clock.h lib/log.h
tests/unit/test_journal_jobs: tests/unit/test_journal_jobs.c \
 tests/unit/test_journal.h dispatcher/journal.h actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/outbox.h lib/queue.h lib/clock.h lib/log.h
tests/unit/test_judge_due: tests/unit/test_judge_due.c lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
tests/unit/test_judge_peer: tests/unit/test_judge_peer.c lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
tests/unit/test_judge_slow: tests/unit/test_judge_slow.c lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
tests/unit/test_judge_state: tests/unit/test_judge_state.c lib/clock.h \
 probes/judge.h conf/conf.h lib/net.h lib/option.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
tests/unit/test_keep: tests/unit/test_keep.c lib/child.h lib/clock.h
tests/unit/test_ladder: tests/unit/test_ladder.c tests/unit/test_ladder.h \
 dispatcher/ladder.h conf/conf.h lib/net.h lib/option.h lib/clock.h
tests/unit/test_ladder_random: tests/unit/test_ladder_random.c \
 dispatcher/journal.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h dispatcher/outbox.h lib/queue.h \
 tests/unit/test_ladder.h dispatcher/ladder.h lib/clock.h
tests/unit/test_ladder_week: tests/unit/test_ladder_week.c \
 dispatcher/journal.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h dispatcher/outbox.h lib/queue.h lib/log.h \
 tests/unit/test_ladder.h dispatcher/ladder.h lib/clock.h
tests/unit/test_lane: tests/unit/test_lane.c dispatcher/lane.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h lib/queue.h lib/clock.h
tests/unit/test_lane_durable: tests/unit/test_lane_durable.c \
 dispatcher/lane.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h lib/queue.h lib/clock.h
tests/unit/test_lane_queue: tests/unit/test_lane_queue.c \
 dispatcher/lane_queue.h actions/action.h conf/conf.h lib/net.h \
 lib/option.h proto/event.h proto/power.h lib/clock.h
tests/unit/test_lane_random: tests/unit/test_lane_random.c \
 dispatcher/lane.h actions/action.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h proto/power.h lib/queue.h lib/clock.h
tests/unit/test_last_line: tests/unit/test_last_line.c lib/last_line.h
tests/unit/test_libuplink: tests/unit/test_libuplink.c lib/clock.h \
 proto/event.h lib/net.h proto/libuplink.h proto/zsock.h
tests/unit/test_log: tests/unit/test_log.c lib/log.h lib/must.h
tests/unit/test_mail: tests/unit/test_mail.c actions/mail.h conf/conf.h \
 lib/net.h lib/option.h proto/event.h lib/clock.h
tests/unit/test_mail_flood: tests/unit/test_mail_flood.c \
 dispatcher/letter.h actions/mail.h conf/conf.h lib/net.h lib/option.h \
 proto/event.h dispatcher/outbox.h lib/clock.h
tests/unit/test_map: tests/unit/test_map.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h
tests/unit/test_marks: tests/unit/test_marks.c tests/unit/test_routing.h \
 conf/conf.h lib/net.h lib/option.h lib/sys.h routing/plan.h \
 routing/marks.h
tests/unit/test_marks_keep: tests/unit/test_marks_keep.c \
 dispatcher/marks_keep.h lib/clock.h lib/sys.h lib/net.h
tests/unit/test_neigh: tests/unit/test_neigh.c tests/unit/test_neigh.h \
 lib/clock.h lib/sys.h lib/net.h probes/neigh.h lib/option.h \
 probes/probe.h conf/conf.h proto/power.h proto/event.h
tests/unit/test_net: tests/unit/test_net.c lib/net.h
tests/unit/test_outbox: tests/unit/test_outbox.c tests/unit/test_outbox.h \
 dispatcher/outbox.h lib/option.h lib/net.h proto/event.h \
 dispatcher/retry.h lib/clock.h
tests/unit/test_outbox_turn: tests/unit/test_outbox_turn.c \
 tests/unit/test_outbox.h dispatcher/outbox.h lib/option.h lib/net.h \
 proto/event.h dispatcher/retry.h lib/clock.h
tests/unit/test_parent_cmd: tests/unit/test_parent_cmd.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h routing/plan.h lib/child.h lib/clock.h \
 lib/sys.h probes/probe_run.h routing/router.h
tests/unit/test_parent_env: tests/unit/test_parent_env.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h routing/plan.h lib/clock.h probes/probe_run.h
tests/unit/test_parent_filter: tests/unit/test_parent_filter.c \
 conf/conf.h lib/net.h lib/option.h dispatcher/parent.h actions/plugin.h \
 dispatcher/role.h lib/log.h lib/timers.h lib/trust.h proto/power.h \
 proto/event.h routing/plan.h lib/sys.h
tests/unit/test_parent_flows: tests/unit/test_parent_flows.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/parent.h actions/plugin.h \
 dispatcher/role.h lib/log.h lib/timers.h lib/trust.h proto/power.h \
 proto/event.h routing/plan.h lib/sys.h
tests/unit/test_parent_marks: tests/unit/test_parent_marks.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/marks_keep.h lib/clock.h \
 dispatcher/parent.h actions/plugin.h dispatcher/role.h lib/log.h \
 lib/timers.h lib/trust.h proto/power.h proto/event.h routing/plan.h \
 dispatcher/tool.h lib/sys.h lib/sys_fake.h routing/marks.h
tests/unit/test_parent_net: tests/unit/test_parent_net.c conf/conf.h \
 lib/net.h lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h dispatcher/parent.h actions/plugin.h \
 dispatcher/role.h lib/log.h lib/timers.h lib/trust.h routing/plan.h \
 lib/sys_fake.h lib/sys.h
tests/unit/test_parent_program: tests/unit/test_parent_program.c \
 conf/conf.h lib/net.h lib/option.h dispatcher/kinds.h actions/action.h \
 proto/event.h proto/power.h probes/probe.h dispatcher/parent.h \
 actions/plugin.h dispatcher/role.h lib/log.h lib/timers.h lib/trust.h \
 routing/plan.h
tests/unit/test_parent_tty: tests/unit/test_parent_tty.c actions/serial.h \
 actions/action.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 proto/power.h dispatcher/parent.h actions/plugin.h dispatcher/role.h \
 lib/log.h lib/timers.h lib/trust.h routing/plan.h
tests/unit/test_ping_parts: tests/unit/test_ping_parts.c \
 tests/unit/test_probe_ping.h lib/clock.h probes/ping_packet.h lib/net.h \
 probes/probe.h conf/conf.h lib/option.h proto/power.h proto/event.h \
 tests/unit/test_ping.h probes/ping_io.h probes/ping_table.h \
 probes/verdict.h
tests/unit/test_plan: tests/unit/test_plan.c tests/unit/test_routing.h \
 conf/conf.h lib/net.h lib/option.h lib/sys.h routing/plan.h
tests/unit/test_plugin: tests/unit/test_plugin.c actions/plugin.h \
 lib/option.h lib/net.h conf/conf.h dispatcher/kinds.h actions/action.h \
 proto/event.h proto/power.h probes/probe.h dispatcher/parent.h \
 dispatcher/role.h lib/log.h lib/timers.h lib/trust.h routing/plan.h \
 dispatcher/tool.h lib/clock.h
tests/unit/test_power: tests/unit/test_power.c proto/power.h \
 proto/event.h lib/net.h
tests/unit/test_probe_arp: tests/unit/test_probe_arp.c \
 tests/unit/test_neigh.h lib/clock.h lib/sys.h lib/net.h probes/neigh.h \
 lib/option.h probes/probe.h conf/conf.h proto/power.h proto/event.h
tests/unit/test_probe_dns: tests/unit/test_probe_dns.c \
 tests/unit/test_flight.h lib/clock.h lib/log.h lib/sys.h lib/net.h \
 probes/probe.h conf/conf.h lib/option.h proto/power.h proto/event.h
tests/unit/test_probe_http: tests/unit/test_probe_http.c \
 tests/unit/test_probe_http.h lib/clock.h lib/log.h probes/http_url.h \
 lib/option.h lib/net.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h
tests/unit/test_probe_http_tls: tests/unit/test_probe_http_tls.c \
 tests/unit/test_probe_http.h lib/clock.h lib/log.h probes/http_url.h \
 lib/option.h lib/net.h probes/probe.h conf/conf.h proto/power.h \
 proto/event.h
tests/unit/test_probe_nd: tests/unit/test_probe_nd.c \
 tests/unit/test_neigh.h lib/clock.h lib/sys.h lib/net.h probes/neigh.h \
 lib/option.h probes/probe.h conf/conf.h proto/power.h proto/event.h
tests/unit/test_probe_ping: tests/unit/test_probe_ping.c \
 tests/unit/test_probe_ping.h lib/clock.h probes/ping_packet.h lib/net.h \
 probes/probe.h conf/conf.h lib/option.h proto/power.h proto/event.h \
 tests/unit/test_ping.h
tests/unit/test_probe_run: tests/unit/test_probe_run.c \
 tests/unit/test_probe_run.h lib/clock.h lib/log.h probes/probe.h \
 conf/conf.h lib/net.h lib/option.h proto/power.h proto/event.h \
 probes/probe_run.h
tests/unit/test_probe_tcp: tests/unit/test_probe_tcp.c \
 tests/unit/test_probe_tcp.h tests/unit/test_flight.h lib/clock.h \
 lib/log.h lib/sys.h lib/net.h probes/probe.h conf/conf.h lib/option.h \
 proto/power.h proto/event.h
tests/unit/test_queue: tests/unit/test_queue.c lib/queue.h
tests/unit/test_replay: tests/unit/test_replay.c tests/unit/test_replay.h \
 conf/conf.h lib/net.h lib/option.h dispatcher/kinds.h actions/action.h \
 proto/event.h proto/power.h probes/probe.h lib/clock.h tools/replay.h \
 routing/plan.h
tests/unit/test_replay_file: tests/unit/test_replay_file.c \
 tests/unit/test_replay.h conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h lib/clock.h tools/replay.h routing/plan.h
tests/unit/test_resolve: tests/unit/test_resolve.c lib/clock.h \
 probes/resolve.h lib/net.h
tests/unit/test_router: tests/unit/test_router.c tests/unit/test_router.h \
 lib/log.h lib/sys_fake.h lib/net.h lib/sys.h routing/router.h \
 conf/conf.h lib/option.h routing/plan.h routing/saved.h \
 tests/unit/test_routing.h
tests/unit/test_router_prop: tests/unit/test_router_prop.c \
 tests/unit/test_router.h lib/log.h lib/sys_fake.h lib/net.h lib/sys.h \
 routing/router.h conf/conf.h lib/option.h routing/plan.h routing/saved.h \
 tests/unit/test_routing.h
tests/unit/test_rundir: tests/unit/test_rundir.c dispatcher/rundir.h
tests/unit/test_saved: tests/unit/test_saved.c tests/unit/test_router.h \
 lib/log.h lib/sys_fake.h lib/net.h lib/sys.h routing/router.h \
 conf/conf.h lib/option.h routing/plan.h routing/saved.h \
 tests/unit/test_routing.h
tests/unit/test_smtp_talk: tests/unit/test_smtp_talk.c \
 actions/smtp_talk.h
tests/unit/test_spawn: tests/unit/test_spawn.c actions/action.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h proto/power.h \
 lib/clock.h
tests/unit/test_spill: tests/unit/test_spill.c dispatcher/dispatch.h \
 actions/mail.h conf/conf.h lib/net.h lib/option.h proto/event.h \
 dispatcher/flow_policy.h lib/clock.h routing/plan.h dispatcher/journal.h \
 actions/action.h proto/power.h dispatcher/outbox.h lib/queue.h \
 dispatcher/ladder.h dispatcher/lane.h dispatcher/role.h \
 dispatcher/uplink.h lib/timers.h proto/zsock.h lib/log.h
tests/unit/test_sys_answer: tests/unit/test_sys_answer.c lib/clock.h \
 lib/sys.h lib/net.h
tests/unit/test_sys_fake: tests/unit/test_sys_fake.c \
 tests/unit/test_sys_fake.h lib/must.h lib/sys.h lib/net.h lib/sys_fake.h
tests/unit/test_sys_fake_find: tests/unit/test_sys_fake_find.c \
 tests/unit/test_sys_fake.h lib/must.h lib/sys.h lib/net.h lib/sys_fake.h
tests/unit/test_sys_fake_route: tests/unit/test_sys_fake_route.c \
 tests/unit/test_sys_fake.h lib/must.h lib/sys.h lib/net.h lib/sys_fake.h
tests/unit/test_sys_fake_sock: tests/unit/test_sys_fake_sock.c \
 tests/unit/test_sys_fake.h lib/must.h lib/sys.h lib/net.h lib/sys_fake.h
tests/unit/test_timers: tests/unit/test_timers.c lib/clock.h lib/timers.h
tests/unit/test_tool_plugin: tests/unit/test_tool_plugin.c \
 dispatcher/tool.h lib/child.h lib/clock.h lib/must.h
tests/unit/test_trail: tests/unit/test_trail.c lib/clock.h probes/trail.h \
 conf/conf.h lib/net.h lib/option.h probes/judge.h probes/probe.h \
 proto/power.h proto/event.h probes/verdict.h probes/window.h
tests/unit/test_trust: tests/unit/test_trust.c lib/child.h lib/trust.h
tests/unit/test_uplink: tests/unit/test_uplink.c dispatcher/uplink.h \
 conf/conf.h lib/net.h lib/option.h proto/event.h routing/plan.h \
 lib/clock.h
tests/unit/test_verdict: tests/unit/test_verdict.c lib/clock.h \
 probes/verdict.h conf/conf.h lib/net.h lib/option.h proto/event.h
tests/unit/test_want: tests/unit/test_want.c tests/unit/test_want.h \
 tests/unit/test_routing.h conf/conf.h lib/net.h lib/option.h lib/sys.h \
 routing/plan.h
tests/unit/test_want_clients: tests/unit/test_want_clients.c \
 tests/unit/test_want.h tests/unit/test_routing.h conf/conf.h lib/net.h \
 lib/option.h lib/sys.h routing/plan.h
tests/unit/test_want_gateway: tests/unit/test_want_gateway.c \
 tests/unit/test_want_gateway.h tests/unit/test_router.h lib/log.h \
 lib/sys_fake.h lib/net.h lib/sys.h routing/router.h conf/conf.h \
 lib/option.h routing/plan.h routing/saved.h tests/unit/test_routing.h
tests/unit/test_want_main: tests/unit/test_want_main.c \
 tests/unit/test_want.h tests/unit/test_routing.h conf/conf.h lib/net.h \
 lib/option.h lib/sys.h routing/plan.h
tests/unit/test_want_now: tests/unit/test_want_now.c \
 tests/unit/test_want.h tests/unit/test_routing.h conf/conf.h lib/net.h \
 lib/option.h lib/sys.h routing/plan.h
tests/unit/test_want_renumber: tests/unit/test_want_renumber.c \
 tests/unit/test_want_gateway.h tests/unit/test_router.h lib/log.h \
 lib/sys_fake.h lib/net.h lib/sys.h routing/router.h conf/conf.h \
 lib/option.h routing/plan.h routing/saved.h tests/unit/test_routing.h
tests/unit/test_worker: tests/unit/test_worker.c tests/unit/test_worker.h \
 conf/conf.h lib/net.h lib/option.h lib/clock.h lib/sys_fake.h lib/sys.h \
 probes/probe.h proto/power.h proto/event.h probes/worker.h lib/log.h \
 lib/timers.h probes/board.h probes/judge.h probes/verdict.h \
 probes/window.h probes/resolve.h probes/trail.h proto/zsock.h \
 tests/unit/test_ping.h probes/ping_packet.h probes/probes.h
tests/unit/test_worker_check: tests/unit/test_worker_check.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h \
 probes/probe_run.h
tests/unit/test_worker_link: tests/unit/test_worker_link.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h
tests/unit/test_worker_pace: tests/unit/test_worker_pace.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h
tests/unit/test_worker_scale: tests/unit/test_worker_scale.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h
tests/unit/test_worker_trail: tests/unit/test_worker_trail.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h
tests/unit/test_worker_way: tests/unit/test_worker_way.c \
 tests/unit/test_worker.h conf/conf.h lib/net.h lib/option.h lib/clock.h \
 lib/sys_fake.h lib/sys.h probes/probe.h proto/power.h proto/event.h \
 probes/worker.h lib/log.h lib/timers.h probes/board.h probes/judge.h \
 probes/verdict.h probes/window.h probes/resolve.h probes/trail.h \
 proto/zsock.h tests/unit/test_ping.h probes/ping_packet.h
tests/unit/test_zsock: tests/unit/test_zsock.c tests/unit/test_zsock.h \
 lib/clock.h proto/event.h lib/net.h proto/zsock.h
tests/unit/test_zsock_feed: tests/unit/test_zsock_feed.c \
 tests/unit/test_zsock.h lib/clock.h proto/event.h lib/net.h \
 proto/zsock.h
tests/lab/distant: tests/lab/distant.c
tests/lab/dnsd: tests/lab/dnsd.c
tests/lab/echoed: tests/lab/echoed.c lib/clock.h lib/net.h
tests/lab/flow: tests/lab/flow.c lib/clock.h
tests/lab/forge: tests/lab/forge.c
tests/lab/keep_check: tests/lab/keep_check.c lib/child.h lib/clock.h \
 lib/must.h lib/sys.h lib/net.h
tests/lab/keys: tests/lab/keys.c conf/conf.h lib/net.h lib/option.h \
 dispatcher/kinds.h actions/action.h proto/event.h proto/power.h \
 probes/probe.h
tests/lab/lookup: tests/lab/lookup.c
tests/lab/opine: tests/lab/opine.c lib/clock.h tools/client.h \
 proto/event.h lib/net.h
tests/lab/ra: tests/lab/ra.c
tests/lab/refuse: tests/lab/refuse.c
tests/lab/routemon: tests/lab/routemon.c lib/clock.h
tests/lab/spoof: tests/lab/spoof.c
tests/lab/stream: tests/lab/stream.c lib/clock.h
tests/lab/sys_check: tests/lab/sys_check.c tests/lab/sys_check.h \
 lib/clock.h lib/err.h lib/must.h lib/sys.h lib/net.h
tests/lab/sys_check_find: tests/lab/sys_check_find.c \
 tests/lab/sys_check.h lib/clock.h lib/err.h lib/must.h lib/sys.h \
 lib/net.h
tests/lab/sys_check_flow: tests/lab/sys_check_flow.c \
 tests/lab/sys_check.h lib/clock.h lib/err.h lib/must.h lib/sys.h \
 lib/net.h
tests/lab/sys_check_neigh: tests/lab/sys_check_neigh.c \
 tests/lab/sys_check.h lib/clock.h lib/err.h lib/must.h lib/sys.h \
 lib/net.h
tests/lab/sys_check_nft: tests/lab/sys_check_nft.c tests/lab/sys_check.h \
 lib/clock.h lib/err.h lib/must.h lib/sys.h lib/net.h conf/conf.h \
 lib/option.h routing/marks.h
tests/lab/sys_check_socket: tests/lab/sys_check_socket.c \
 tests/lab/sys_check.h lib/clock.h lib/err.h lib/must.h lib/sys.h \
 lib/net.h
tests/lab/web: tests/lab/web.c
tests/fuzz/fuzz_conf: tests/fuzz/fuzz_conf.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h lib/must.h
tests/fuzz/fuzz_dialogue: tests/fuzz/fuzz_dialogue.c actions/dialogue.h \
 lib/last_line.h lib/option.h lib/net.h lib/must.h
tests/fuzz/fuzz_dns: tests/fuzz/fuzz_dns.c lib/must.h lib/net.h \
 probes/dns_message.h lib/option.h
tests/fuzz/fuzz_event: tests/fuzz/fuzz_event.c lib/must.h proto/event.h \
 lib/net.h
tests/fuzz/fuzz_neigh: tests/fuzz/fuzz_neigh.c lib/clock.h lib/must.h \
 probes/neigh.h lib/net.h lib/option.h lib/sys.h probes/probe.h \
 conf/conf.h proto/power.h proto/event.h
tests/fuzz/fuzz_replay: tests/fuzz/fuzz_replay.c conf/conf.h lib/net.h \
 lib/option.h dispatcher/kinds.h actions/action.h proto/event.h \
 proto/power.h probes/probe.h lib/must.h tools/replay.h routing/plan.h
