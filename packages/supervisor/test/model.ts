import type { Cause } from "@espalier/heartbeat";
import type { Restart } from "../src/restart.ts";
import type { Strategy } from "../src/strategy.ts";
import type { Outcome } from "./drive.ts";

/**
 * OTP's supervisor once more, written to be obviously right and nothing else: blocking calls in a loop, one dictionary of who
 * runs, and the rules in the order of the reference. It shares no code with `decide.ts`, and no idea: no states, no steps, no
 * plans. Time stands still in it, so every attempt falls into one window.
 */
export interface Scene {
  readonly strategy: Strategy;
  readonly restartsMax: number;
  /** Restart types in start order; the children are called a, b, c, d. */
  readonly types: readonly Restart[];
  /** What starts turn out as, per child: first the one at boot, then the others. */
  readonly script: Readonly<Record<string, readonly Outcome[]>>;
  /** Children that end by themselves, all before the supervisor looks into its mailbox. */
  readonly incidents: readonly { readonly id: string; readonly cause: Cause }[];
}

export interface Story {
  readonly trace: string;
  /** Who is there when all is quiet, if the supervisor is. */
  readonly shape: string;
}

const giveUp = Symbol("give up");

export function tell(scene: Scene): Story {
  const trace: string[] = [];
  const started: Record<string, number> = {};
  const script: Record<string, Outcome[]> = {};
  for (const [id, outcomes] of Object.entries(scene.script)) script[id] = [...outcomes];

  let order = scene.types.map((_, index) => "abcd".charAt(index));
  const type = Object.fromEntries(order.map((id, index) => [id, scene.types[index]!]));
  // Nothing, a pid, or "waiting" for the next attempt.
  const pid: Record<string, string | undefined> = {};
  const mailbox: (() => void)[] = [];
  let attempts = 0;

  const runs = (id: string): boolean => pid[id] !== undefined && pid[id] !== "waiting";
  const forget = (id: string): void => {
    order = order.filter((other) => other !== id);
    pid[id] = undefined;
  };

  /** False when the child failed to start. */
  const start = (id: string): boolean => {
    const outcome = script[id]?.shift() ?? "ok";
    if (outcome === "fail") {
      trace.push(`!${id}`);
      return false;
    }
    if (outcome === "ignore") {
      trace.push(`~${id}`);
      if (type[id] === "temporary") forget(id);
      else pid[id] = undefined;
      return true;
    }
    started[id] = (started[id] ?? 0) + 1;
    pid[id] = `${id}${started[id]}`;
    trace.push(`+${pid[id]}`);
    return true;
  };

  const stopBackwards = (ids: readonly string[]): void => {
    for (const id of [...ids].reverse()) {
      if (runs(id)) trace.push(`-${pid[id]}`);
      if (type[id] === "temporary") forget(id);
      else pid[id] = undefined;
    }
  };

  const tryToRestart = (id: string): void => {
    attempts += 1;
    if (attempts > scene.restartsMax) throw giveUp;
    let failed: string | undefined;
    if (scene.strategy === "one-for-one") {
      if (!start(id)) failed = id;
    } else {
      const from = scene.strategy === "one-for-all" ? 0 : order.indexOf(id);
      stopBackwards(order.slice(from));
      failed = order.slice(from).find((member) => !start(member));
    }
    if (failed === undefined) return;
    const again = failed;
    pid[again] = "waiting";
    mailbox.push(() => {
      if (pid[again] === "waiting") tryToRestart(again);
    });
  };

  const childEnded = (id: string, its: string, cause: Cause): void => {
    if (pid[id] !== its) return;
    const clean = cause.type === "normal" || cause.type === "shutdown";
    pid[id] = undefined;
    if (type[id] === "temporary") return forget(id);
    if (type[id] === "transient" && clean) return;
    tryToRestart(id);
  };

  const end = (cause: string): Story => {
    stopBackwards(order);
    trace.push(`end:${cause}`);
    return { trace: trace.join(" "), shape: "ended" };
  };

  for (const id of order) {
    if (!start(id)) return end("shutdown");
  }
  trace.push("ready");
  for (const { id, cause } of scene.incidents) {
    const its = pid[id];
    if (its !== undefined) mailbox.push(() => childEnded(id, its, cause));
  }
  try {
    while (mailbox.length > 0) mailbox.shift()!();
  } catch (thrown) {
    if (thrown !== giveUp) throw thrown;
    return end("shutdown");
  }
  const shape = order.map((id) => `${id}:${pid[id] === undefined ? "absent" : "running"}`).join(" ");
  return { trace: trace.join(" "), shape };
}
