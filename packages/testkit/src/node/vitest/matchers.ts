import { CauseError, Pid, type Cause, type Heartbeat, type Node, type NodeView } from "espalier";
import { expect as baseExpect, type ExpectStatic } from "vitest";
import type { History } from "../../history/history.ts";
import { describeVerdict, linearize, type LinearizableOptions } from "../../history/linearizable.ts";
import type { Model } from "../../history/model.ts";
import { show } from "../../probe/pattern.ts";
import { SimNode } from "../../probe/sim-node.ts";
import { Sim } from "../../probe/sim.ts";
import { noOrphans } from "../../property/no-orphans.ts";
import type { Property } from "../../scenario/property.ts";
import { WorldStuckError } from "../../world/world.ts";
import { causeOfEnd, causeOfHeartbeat, clusterOf, clustersFor, processOf, statusOf } from "./clusters.ts";
import { treeOf } from "./tree.ts";

export interface Where {
  /** Where to look. Default: in every cluster that the test has as a fixture. */
  readonly in?: Sim | Node;
}

export interface RestartedWhere extends Where {
  /** Only restarts that this child made necessary. Default: of any. */
  readonly child?: string;
}

export interface EventuallyOptions {
  /** Virtual time. Default: one minute. */
  readonly withinMs?: number;
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** A process or a heartbeat is alive, as its home knows. */
    toBeLive(where?: Where): R;
    /** A process or a heartbeat has ended with a cause of this type. */
    toBeStoppedWith(type: Cause["type"], where?: Where): R;
    /** Two processes are linked, and both know it. */
    toBeLinkedWith(other: Pid, where?: Where): R;
    /** The supervisor with this pid, this name, or that this refers to, has decided so many times to restart something. */
    toHaveRestarted(times: number, where?: RestartedWhere): R;
    /** Nothing in a cluster belongs to nobody: see `properties.noOrphans`. */
    toHaveNoOrphans(): R;
    /** No process of a cluster or a node waits with a limit, sleeps or has scheduled anything, and no heartbeat has a deadline. */
    toHaveNoPendingTimers(): R;
    /** Lets a `Sim` run until the condition or the property holds. */
    toEventually(what: (() => boolean) | Property<any>, options?: EventuallyOptions): Promise<void>;
    /** The history of a run or a `Sim` can be explained by one object: see `linearize`. A search that is given up fails. */
    toBeLinearizable(model: Model, options?: LinearizableOptions): R;
    /** The story of a `Sim`, or a list of lines, has lines with these texts in this order; others may be between. */
    toMatchOrder(patterns: readonly (string | RegExp)[]): R;
    /** The processes of a cluster are this tree: see `treeOf`. Without a text it is compared with the snapshot. */
    toMatchTree(text?: string): R;
  }
}

interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

/** @param what what was found, which contradicts or not. */
function verdict(pass: boolean, expected: string, unexpected: string, what: string): Verdict {
  return { pass, message: () => `expected ${pass ? unexpected : expected}, got ${what}` };
}

const matchers = {
  toBeLive(subject: unknown, where: Where = {}): Verdict {
    const { isLive, what } = lookAt(subject, where);
    return verdict(isLive, `${show(subject)} to be live`, `${show(subject)} not to be live`, what);
  },

  toBeStoppedWith(subject: unknown, type: Cause["type"], where: Where = {}): Verdict {
    const { cause, what } = lookAt(subject, where);
    const pass = cause?.type === type;
    return verdict(
      pass,
      `${show(subject)} to have ended with ${type}`,
      `${show(subject)} not to have ended with ${type}`,
      what,
    );
  },

  toBeLinkedWith(subject: unknown, other: Pid, where: Where = {}): Verdict {
    const clusters = clustersFor(where.in);
    const [one, two] = [checkPid(subject), checkPid(other)];
    const sides = [
      [one, two],
      [two, one],
    ].map(([from, to]) => {
      const process = processOf(clusters, from as Pid);
      if (process === null) return `${from?.toString()} is not alive`;
      return process.links.some((link) => link.equals(to as Pid))
        ? null
        : `${from?.toString()} is not linked with ${to?.toString()}`;
    });
    const wrong = sides.filter((side) => side !== null);
    const pair = `${one.toString()} and ${two.toString()}`;
    return verdict(
      wrong.length === 0,
      `${pair} to be linked`,
      `${pair} not to be linked`,
      wrong.join("; ") || "a link both ways",
    );
  },

  toHaveRestarted(subject: unknown, times: number, { child, ...where }: RestartedWhere = {}): Verdict {
    const clusters = clustersFor(where.in);
    const target = targetOf(subject);
    let restarts = 0;
    const names = new Map<string, string>();
    for (const { event } of clusters.flatMap(({ events }) => events)) {
      if (event.type === "register") names.set(event.pid.key, event.name);
      if (event.type !== "supervisor" || event.report.type !== "restarting") continue;
      const { supervisor, report } = event;
      const isMeant = typeof target === "string" ? names.get(supervisor.key) === target : supervisor.equals(target);
      if (isMeant && (child === undefined || report.id === child)) restarts += 1;
    }
    const whom = `${String(target)} to have restarted ${child ?? "children"}`;
    return verdict(
      restarts === times,
      `${whom} ${times} times`,
      `${whom} other than ${times} times`,
      `${restarts} times`,
    );
  },

  toHaveNoOrphans(subject: unknown): Verdict {
    const what = noOrphans.begin(clusterOf(subject).observation).check();
    return verdict(what === null, "no orphans", "an orphan", what ?? "none");
  },

  toHaveNoPendingTimers(subject: unknown): Verdict {
    const timers = nodesOf(subject).flatMap(({ name, view }) =>
      view.timerList.map(
        ({ what, owner, remainingMs }) => `${name}: ${what} of ${owner?.toString() ?? "nobody"} in ${remainingMs} ms`,
      ),
    );
    return verdict(timers.length === 0, "no timer", "a timer", timers.join("; ") || "none");
  },

  async toEventually(
    subject: unknown,
    what: (() => boolean) | Property<any>,
    { withinMs = 60_000 }: EventuallyOptions = {},
  ): Promise<Verdict> {
    if (!(subject instanceof Sim)) throw new TypeError("toEventually: expected a Sim");
    const checker = typeof what === "function" ? null : what.begin(subject.observation);
    // A checker looks at the observation that it began with, so that one is live.
    const holds = typeof what === "function" ? what : (): boolean => checker?.check() === null;
    const name = typeof what === "function" ? show(what) : what.name;
    let pass = true;
    try {
      await subject.until(holds, { withinMs });
    } catch (error) {
      if (!(error instanceof WorldStuckError)) throw error;
      pass = false;
    }
    const found = pass ? "it does" : (checker?.check() ?? "it does not");
    return verdict(pass, `${name} to hold within ${withinMs} ms`, `${name} never to hold`, found);
  },

  toBeLinearizable(subject: unknown, model: Model, options: LinearizableOptions = {}): Verdict {
    const found = linearize(model, historyOf(subject), options);
    const { message } = verdict(
      found.type === "linearizable",
      `a ${model.name}`,
      `no ${model.name}`,
      describeVerdict(found) ?? "an order",
    );
    // What nobody knows is neither: both the matcher and its opposite fail.
    if (found.type === "unknown") throw new Error(message());
    return { pass: found.type === "linearizable", message };
  },

  toMatchOrder(subject: unknown, patterns: readonly (string | RegExp)[]): Verdict {
    const lines = subject instanceof Sim ? subject.story() : subject;
    if (!Array.isArray(lines)) throw new TypeError("toMatchOrder: expected a Sim or a list of lines");
    let from = 0;
    for (const [index, pattern] of patterns.entries()) {
      const at = lines.findIndex((line: unknown, number) => number >= from && fitsLine(pattern, String(line)));
      if (at < 0) {
        const after = index === 0 ? "" : ` after ${show(patterns[index - 1])}`;
        const shown = lines
          .slice(from)
          .slice(0, 15)
          .map((line: unknown) => `\n  ${String(line)}`);
        return {
          pass: false,
          message: () => `expected a line with ${String(pattern)}${after}, got:${shown.join("") || " none"}`,
        };
      }
      from = at + 1;
    }
    return { pass: true, message: () => `expected another order than ${patterns.map(String).join(", ")}` };
  },

  toMatchTree(subject: unknown, text?: string): Verdict {
    const tree = treeOf(clusterOf(subject));
    if (text === undefined) {
      baseExpect(tree).toMatchSnapshot();
      return { pass: true, message: () => "expected another tree than that of the snapshot" };
    }
    const pass = outdented(text) === tree;
    return verdict(pass, `the tree\n${outdented(text)}\n`, "another tree", `\n${tree}`);
  },
};

/** vitest's, with the matchers of the kit. */
export const expect: ExpectStatic = baseExpect;
expect.extend(matchers);

interface Look {
  readonly isLive: boolean;
  readonly cause: Cause | null;
  readonly what: string;
}

function lookAt(subject: unknown, where: Where): Look {
  const clusters = clustersFor(where.in);
  if (subject instanceof Pid) {
    if (processOf(clusters, subject) !== null) return { isLive: true, cause: null, what: "a process that is alive" };
    const cause = causeOfEnd(clusters, subject);
    return { isLive: false, cause, what: cause === null ? "a process that nobody saw end" : describeEnd(cause) };
  }
  const heartbeat = checkHeartbeat(subject);
  const status = statusOf(clusters, heartbeat);
  const known = status !== null && "cause" in status ? status.cause : null;
  const cause = known ?? causeOfHeartbeat(clusters, heartbeat);
  if (cause !== null) return { isLive: false, cause, what: describeEnd(cause) };
  if (status === null) return { isLive: false, cause, what: "a heartbeat that nobody knows" };
  return { isLive: status.state === "live", cause, what: `a heartbeat that is ${status.state}` };
}

function describeEnd(cause: Cause): string {
  return `an end with ${cause.type} (${new CauseError(cause).message})`;
}

/** A supervisor's pid or name. */
function targetOf(subject: unknown): Pid | string {
  if (typeof subject === "string") return subject;
  return checkPid(typeof subject === "object" && subject !== null && "target" in subject ? subject.target : subject);
}

function checkPid(value: unknown): Pid {
  if (value instanceof Pid) return value as Pid;
  throw new TypeError(`expected a pid, got ${show(value)}`);
}

function checkHeartbeat(value: unknown): Heartbeat {
  if (typeof value === "object" && value !== null && ("serial" in value || "combine" in value))
    return value as Heartbeat;
  throw new TypeError(`expected a pid or a heartbeat, got ${show(value)}`);
}

function nodesOf(subject: unknown): readonly { readonly name: string; readonly view: NodeView }[] {
  const nodes = subject instanceof SimNode ? [subject] : clusterOf(subject).observation.nodes;
  return nodes.flatMap(({ name, view }) => (view === null ? [] : [{ name, view }]));
}

function historyOf(subject: unknown): History {
  if (typeof subject === "object" && subject !== null) {
    if ("entries" in subject && Array.isArray(subject.entries)) return subject as History;
    if ("history" in subject) return historyOf(subject.history);
  }
  throw new TypeError("toBeLinearizable: expected a history, or what has one: a Sim, the result of a run");
}

function fitsLine(pattern: string | RegExp, line: string): boolean {
  return typeof pattern === "string" ? line.includes(pattern) : pattern.test(line);
}

/** A text as it is written in code: without the first and the last line if they are empty, and without the indent that all lines have. */
function outdented(text: string): string {
  const lines = text.replace(/^\n/, "").trimEnd().split("\n");
  const indent = Math.min(...lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(Number.isFinite(indent) ? indent : 0)).join("\n");
}
