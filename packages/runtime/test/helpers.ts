import type { Cause, LocalGenerator } from "@espalier/heartbeat";
import type { Node as RunningNode, NodeEvent, Report } from "@espalier/runtime";
import { Node } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";

/** A node on a manual host, with what it reported. */
export interface Bench {
  readonly host: ManualHost;
  readonly node: RunningNode;
  readonly reports: Report[];
  /** Runs a body to its end, letting virtual time pass as needed. */
  readonly run: RunningNode["run"];
}

export async function bench(): Promise<Bench> {
  const host = new ManualHost();
  const reports: Report[] = [];
  const node = await host.wait(Node.start({ host, logger: { report: (report) => void reports.push(report) } }));
  const run = ((...parameters: Parameters<RunningNode["run"]>) =>
    host.wait(node.run(...parameters))) as RunningNode["run"];
  return { host, node, reports, run };
}

/** The events from now on. */
export function record(node: RunningNode): NodeEvent[] {
  const events: NodeEvent[] = [];
  node.events.subscribe((event) => void events.push(event));
  return events;
}

/** What performing something throws; what it returns when it does not. */
export function* attempt(what: Iterable<any, unknown, any>): LocalGenerator<unknown> {
  try {
    return yield* what as LocalGenerator<unknown>;
  } catch (error) {
    return error;
  }
}

/** The cause with which performing something fails. */
export function* reasonOf(what: Iterable<any, unknown, any>): LocalGenerator<Cause> {
  const error = yield* attempt(what);
  const { reason } = error as { reason?: Cause };
  if (reason === undefined) throw new Error("expected a failure with a reason", { cause: error });
  return reason;
}
