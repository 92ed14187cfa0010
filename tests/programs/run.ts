import { Process, remote, Remote, Server, Task, TaskError, type Node, type NodeRef, type Self } from "espalier";
import { Counter } from "./counter.ts";
import { quote } from "./list/private.ts";
import type { Places, Program } from "./program.ts";

/** What a program gave and did: plain data. */
export interface Ran {
  readonly result: unknown;
  /** Of each of its processes in order, by name; its own are of "". */
  readonly effects: Readonly<Record<string, readonly string[]>>;
}

/** How long whoever looks for effects waits for one that should not be. */
const moreMs = 200;

const carry = remote({}, function* (to: NodeRef, value: unknown) {
  yield* Remote.transfer(to);
  return typeof value;
});

/**
 * Makes `node` the one that the private functions belong to: where several nodes are of one program it is the one that has handed them out. To be
 * done before its first program.
 */
export async function prepare(node: Node, to: NodeRef): Promise<void> {
  await node.run(carry(to, quote));
}

/** Runs a program, begun on `node`. */
export function run(node: Node, { body, effects }: Program, others: Pick<Places, "alice" | "bob">): Promise<Ran> {
  return node.run(function* collect(self: Self<string>) {
    const home: NodeRef = node.ref;
    const counter = yield* Server.start(Counter, undefined);
    const task = yield* Task.asyncNoLink(body, { home, ...others, log: self.pid, counter } as Places);
    let result: unknown;
    try {
      result = yield* Task.await(task);
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      const { reason } = error;
      result = { failed: reason.type === "error" ? `${reason.error.name}: ${reason.error.message}` : reason };
    }
    const seen: string[] = [];
    for (;;) {
      const within = seen.length < effects.length ? "10s" : moreMs;
      const effect = yield* self.receive({ within, otherwise: null });
      if (effect === null) break;
      seen.push(effect);
    }
    yield* Process.unlink(counter.pid);
    yield* Process.exit(counter.pid, { type: "kill" });
    return { result, effects: bySender(seen) };
  });
}

/** What a program should give and do. */
export function expectedOf({ expected, effects, refused }: Program, moves: boolean): Ran {
  return {
    result: refused === undefined || !moves ? expected : { failed: `NotMovableError: ${refused}` },
    effects: bySender(effects),
  };
}

function bySender(effects: readonly string[]): Ran["effects"] {
  const sorted: Record<string, string[]> = {};
  for (const effect of effects) {
    const sender = /^(\w+): /.exec(effect)?.[1] ?? "";
    (sorted[sender] ??= []).push(effect);
  }
  return sorted;
}
