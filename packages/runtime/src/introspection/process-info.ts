import { describe, type Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { InKernel } from "../in-kernel.ts";
import { timerView, viewOf, type ProcessView, type TimerView } from "./inspect.ts";
import type { Kernel } from "../kernel.ts";
import { Pid } from "../addresses/pid.ts";
import { RemoteWatcher, Watch } from "../exits/watch.ts";

/** What a node knows of one process: OTP's `process_info`. What a server holds is asked of the server: `Sys.getStatus`. */
export interface ProcessInfo extends Omit<ProcessView, "monitoredBy"> {
  /** Who monitors it, or waits for it in a call. */
  readonly monitoredBy: readonly Pid[];
  /** The messages that have waited longest in its mailbox, ten at most; {@link ProcessView.mailbox} says how many there are. */
  readonly messages: readonly unknown[];
  /** Its timers, and those whose message is for it. */
  readonly timers: readonly TimerView[];
}

const messagesMax = 10;

/**
 * How a process stands, by its pid: undefined when it has ended. The process is not asked, and changes nothing; what this gives is of this moment.
 *
 * @throws TypeError when the process neither runs here nor has its home here.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* () {
 *   const pid = yield* Process.spawn(function* waits(self: Self<string>) {
 *     yield* self.receive({ match: (message) => message === "go" });
 *   });
 *   yield* Process.send(pid, "stay");
 *   yield* Process.sleep(0);
 *   const info = yield* Process.info(pid);
 *   return [info?.label, info?.waitingFor, info?.messages]; // => ["waits", "receive", ["stay"]]
 * });
 * ```
 */
export function info(pid: Pid): Operation<ProcessInfo | undefined> {
  if (!(pid instanceof Pid)) throw new TypeError(`Process.info: expected a pid, got ${String(pid)}`);
  return new InKernel((kernel) => infoOf(kernel, pid));
}

/**
 * What people call this process from now on, in reports, `Process.info` and dev tools: OTP's `proc_lib:set_label`. At first it is the name of its body,
 * or what {@link spawnOpt} was told.
 *
 * @throws TypeError when it is no string, or empty.
 *
 * ```ts
 * import { Node, Process, type Self } from "espalier";
 *
 * await using node = await Node.start();
 * await node.run(function* (self: Self) {
 *   yield* Process.setLabel("the till");
 *   return (yield* Process.info(self.pid))?.label; // => "the till"
 * });
 * ```
 */
export function setLabel(label: string): Operation<void> {
  if (typeof label !== "string" || label === "") {
    throw new TypeError(`Process.setLabel: expected a string that is not empty, got ${describe(label)}`);
  }
  return new InKernel((_kernel, cell) => {
    cell.label = label;
  });
}

export function infoOf(kernel: Kernel, pid: Pid): ProcessInfo | undefined {
  const cell = kernel.find(pid) ?? kernel.guests.get(pid.key);
  if (cell !== undefined && cell.status !== "ended") return { ...viewOf(kernel, cell), ...detailsOf(kernel, cell) };
  if (kernel.isHome(pid)) return undefined;
  throw new TypeError(
    `Process.info: expected a process that runs on this node or has its home here, got ${pid.toString()}; ask on its own node`,
  );
}

function detailsOf(kernel: Kernel, cell: Cell): Pick<ProcessInfo, "monitoredBy" | "messages" | "timers"> {
  const monitoredBy: Pid[] = [];
  for (let watcher = cell.watchers; watcher !== null; watcher = watcher.next) {
    if (watcher instanceof Watch) monitoredBy.push(watcher.owner.pid);
    else if (watcher instanceof RemoteWatcher) monitoredBy.push(watcher.ref.owner);
  }
  const messages: unknown[] = [];
  for (const message of cell.mailbox) {
    if (messages.length === messagesMax) break;
    messages.push(message);
  }
  const timers = kernel.alarms.all
    .filter(({ target }) => target.holder === cell)
    .map((alarm) => timerView(kernel, alarm));
  return { monitoredBy, messages, timers };
}
