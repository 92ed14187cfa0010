import { performMakeAlias, performSendExitByAlias, performUnalias } from "./addresses/alias.ts";
import { performAsyncIdle } from "./spawning/async-body.ts";
import { performAnswer, performCall, performCast, performShutDownServer } from "./servers/call.ts";
import { performSendAnswered } from "./mailbox/bounded-mailbox.ts";
import type { Cell } from "./cell.ts";
import { performTakeCheckpoint } from "./checkpoint/checkpoint.ts";
import type { Kernel } from "./kernel.ts";
import {
  performChannelNext,
  performCloseChannel,
  performCreateChannel,
  performDeliverToChannel,
  performPeekChannel,
  performPeekNow,
  performReceiveFromChannel,
  performReceiveNow,
  performSendToChannel,
  performSendUnconfirmed,
  performSubscribeToChannel,
} from "./lifetimes/channel-handlers.ts";
import { performTakeFence } from "./moving/fence.ts";
import {
  performAskHeartbeatStatus,
  performCreateHeartbeat,
  performFailHeartbeat,
  performHeartbeatEnd,
  performLinkHeartbeat,
  performResetHeartbeat,
  performStopHeartbeat,
  performSuperviseHeartbeat,
} from "./lifetimes/heartbeat-handlers.ts";
import { performMonitorDeadLetters } from "./mailbox/dead-letter.ts";
import { performInKernel } from "./in-kernel.ts";
import { performExitSelf, performLink, performSendExit, performTrapExit, performUnlink } from "./exits/link.ts";
import { performMigrate } from "./moving/migrate.ts";
import { performDemonitor, performMonitor } from "./exits/monitor.ts";
import {
  performIsAlive,
  performRegister,
  performRegistered,
  performUnregister,
  performWhereIs,
} from "./addresses/names.ts";
import { performAwaitPromise } from "./promise.ts";
import {
  performAllowNodes,
  performConnectNode,
  performDemonitorNode,
  performDisconnectNode,
  performListNodes,
  performMonitorNode,
  performMonitorNodes,
  performRevokeNode,
} from "./cluster/node-operations.ts";
import { performReceive } from "./mailbox/receive.ts";
import { performAwaitResponse, performSendRequest } from "./servers/request.ts";
import { performAttempt, performFork, performHere, performTransfer } from "./moving/remote.ts";
import { performSend, performSendPriority } from "./addresses/send.ts";
import { performSendUnlessBusy } from "./addresses/send-unless-busy.ts";
import { performSpawnOpt } from "./spawning/spawn-options.ts";
import { performReportUnexpected } from "./servers/server-loop.ts";
import { performSpawn, performSpawnMonitor } from "./spawning/spawn.ts";
import { performAbandonSpawn, performSpawnRequest } from "./spawning/spawn-request.ts";
import { performAnnounce, performStart } from "./spawning/start.ts";
import { performStash, performUnstash } from "./mailbox/stash.ts";
import { performStopProcess } from "./exits/stop-process.ts";
import { performEmit, performExpose, performNow, performParent, performTellLogger } from "./surroundings.ts";
import { performAskTasks } from "./tasks/task-many.ts";
import { performAskTask, performStartTask } from "./tasks/task.ts";
import { performSendInterval } from "./timers/interval.ts";
import { performCancelTimer, performReadTimer, performSendAfter, performSleep } from "./timers/timer.ts";

/**
 * Performs an operation of one type for a process. It returns the result, or `suspended` when that comes later, or throws what is to be
 * thrown at the `yield*`.
 */
export type Handler = (kernel: Kernel, cell: Cell, operation: any) => unknown;

/** What every node can perform. */
export const handlers: readonly (readonly [type: string, handler: Handler])[] = [
  ["channel.close", performCloseChannel],
  ["channel.create", performCreateChannel],
  ["channel.deliver", performDeliverToChannel],
  ["channel.next", performChannelNext],
  ["channel.peek", performPeekChannel],
  ["channel.peekNow", performPeekNow],
  ["channel.receive", performReceiveFromChannel],
  ["channel.receiveNow", performReceiveNow],
  ["channel.send", performSendToChannel],
  ["channel.sendUnconfirmed", performSendUnconfirmed],
  ["channel.subscribe", performSubscribeToChannel],
  ["heartbeat.create", performCreateHeartbeat],
  ["heartbeat.end", performHeartbeatEnd],
  ["heartbeat.fail", performFailHeartbeat],
  ["heartbeat.link", performLinkHeartbeat],
  ["heartbeat.reset", performResetHeartbeat],
  ["heartbeat.status", performAskHeartbeatStatus],
  ["heartbeat.stop", performStopHeartbeat],
  ["heartbeat.supervise", performSuperviseHeartbeat],
  ["nodes.allow", performAllowNodes],
  ["nodes.connect", performConnectNode],
  ["nodes.demonitorNode", performDemonitorNode],
  ["nodes.disconnect", performDisconnectNode],
  ["nodes.list", performListNodes],
  ["nodes.monitor", performMonitorNodes],
  ["nodes.monitorNode", performMonitorNode],
  ["nodes.revoke", performRevokeNode],
  ["process.abandonSpawn", performAbandonSpawn],
  ["process.alias", performMakeAlias],
  ["process.alive", performIsAlive],
  ["process.announce", performAnnounce],
  ["process.asyncIdle", performAsyncIdle],
  ["process.cancelTimer", performCancelTimer],
  ["process.deadLetters", performMonitorDeadLetters],
  ["process.demonitor", performDemonitor],
  ["process.emit", performEmit],
  ["process.exit", performSendExit],
  ["process.exitByAlias", performSendExitByAlias],
  ["process.exitSelf", performExitSelf],
  ["process.expose", performExpose],
  ["process.inKernel", performInKernel],
  ["process.link", performLink],
  ["process.migrate", performMigrate],
  ["process.monitor", performMonitor],
  ["process.now", performNow],
  ["process.parent", performParent],
  ["process.readTimer", performReadTimer],
  ["process.receive", performReceive],
  ["process.register", performRegister],
  ["process.registered", performRegistered],
  ["process.report", performTellLogger],
  ["process.send", performSend],
  ["process.sendAfter", performSendAfter],
  ["process.sendInterval", performSendInterval],
  ["process.sendPriority", performSendPriority],
  ["process.sendAnswered", performSendAnswered],
  ["process.sendUnlessBusy", performSendUnlessBusy],
  ["process.sleep", performSleep],
  ["process.spawn", performSpawn],
  ["process.spawnMonitor", performSpawnMonitor],
  ["process.spawnRequest", performSpawnRequest],
  ["process.spawnOpt", performSpawnOpt],
  ["process.start", performStart],
  ["process.stash", performStash],
  ["process.stop", performStopProcess],
  ["process.trapExit", performTrapExit],
  ["process.unalias", performUnalias],
  ["process.unlink", performUnlink],
  ["process.unregister", performUnregister],
  ["process.unstash", performUnstash],
  ["process.whereis", performWhereIs],
  ["remote.attempt", performAttempt],
  ["remote.checkpoint", performTakeCheckpoint],
  ["remote.fence", performTakeFence],
  ["remote.fork", performFork],
  ["remote.here", performHere],
  ["remote.promise", performAwaitPromise],
  ["remote.transfer", performTransfer],
  ["server.answer", performAnswer],
  ["server.awaitResponse", performAwaitResponse],
  ["server.call", performCall],
  ["server.cast", performCast],
  ["server.request", performSendRequest],
  ["server.shutdown", performShutDownServer],
  ["server.unexpected", performReportUnexpected],
  ["task.ask", performAskTask],
  ["task.askMany", performAskTasks],
  ["task.start", performStartTask],
];

/**
 * Those that answer at once and do not look at the process's frames: beside sending and receiving, compiled code is not suspended for them. Of a type
 * that has another handler in its table, a node has the operation yielded.
 */
export const answersAtOnce: ReadonlySet<Handler> = new Set<Handler>([
  performNow,
  performParent,
  performWhereIs,
  performIsAlive,
  performHere,
  performTakeFence,
]);
