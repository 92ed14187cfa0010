import {
  type Alias,
  type Cause,
  type LocalGenerator,
  type Node,
  type Pid,
  Process,
  type Ref,
  type Self,
} from "espalier";
import type { Stage, Start } from "./rule.ts";

/** What a puppet is told to do. `reply` null: nobody waits for the answer. */
interface Told {
  readonly type: "told";
  readonly what: Act;
  readonly reply: { readonly to: Pid<any>; readonly number: number } | null;
}

/** One thing that a process can do, as data: so that a program has it done by processes of any node. */
export type Act =
  | readonly ["spawn", how: "plain" | "link" | "monitor"]
  | readonly ["link" | "unlink" | "monitor", pid: Pid]
  | readonly ["demonitor"]
  | readonly ["send" | "urge", pid: Pid<any>, message: unknown]
  | readonly ["exit", pid: Pid, cause: Cause]
  | readonly ["exitBy", alias: Alias, cause: Cause]
  | readonly ["trap", trapping: boolean]
  /** `Process.exit` alone. */
  | readonly ["end", cause: Cause]
  | readonly ["return"]
  | readonly ["register", name: string]
  /** Several in one go, without a pause between them. */
  | readonly ["all", acts: readonly Act[]]
  /** What it got and was not told, the oldest first. */
  | readonly ["got"]
  /** With whom it is linked, as its node knows. */
  | readonly ["links"]
  | readonly ["nothing"];

/** A process that does what it is told. */
export function puppeteer(node: Node): (self: Self<any>) => LocalGenerator<void> {
  return function* puppet(self: Self<any>): LocalGenerator<void> {
    let ref: Ref | null = null;
    const isTold = (message: unknown): message is Told => (message as Told | null)?.type === "told";
    function* act(what: Act): LocalGenerator<unknown> {
      switch (what[0]) {
        case "spawn": {
          if (what[1] === "link") return yield* Process.spawnLink(puppet);
          if (what[1] === "monitor") return (yield* Process.spawnMonitor(puppet)).pid;
          return yield* Process.spawn(puppet);
        }
        case "link":
          return yield* Process.link(what[1]);
        case "unlink":
          return yield* Process.unlink(what[1]);
        case "monitor":
          ref = yield* Process.monitor(what[1]);
          return null;
        case "demonitor":
          return ref === null ? false : yield* Process.demonitor(ref);
        case "send":
          return yield* Process.send(what[1], what[2]);
        case "urge":
          return yield* Process.send(what[1], what[2], { priority: true });
        case "exit":
          return yield* Process.exit(what[1], what[2]);
        case "exitBy":
          return yield* Process.exit(what[1], what[2], { priority: true });
        case "trap":
          return yield* Process.trapExit(what[1]);
        case "end":
          return yield* Process.exit(what[1]);
        case "register":
          return yield* Process.register(what[1]);
        case "all":
          for (const each of what[1]) yield* act(each);
          return null;
        case "got": {
          const got: unknown[] = [];
          for (;;) {
            const message = yield* self.receive({ match: (any) => !isTold(any), within: 0, otherwise: nothing });
            if (message === nothing) return got;
            got.push(message);
          }
        }
        case "links":
          return node.inspect().processes.find(({ pid }) => pid.equals(self.pid))?.links ?? [];
        case "return":
        case "nothing":
          return null;
      }
    }
    for (;;) {
      const { what, reply } = yield* self.receive({ match: isTold });
      const value = yield* act(what);
      if (reply !== null) yield* Process.send(reply.to, { type: "done", number: reply.number, value });
      if (what[0] === "return") return;
    }
  };
}

const nothing: unique symbol = Symbol("nothing");

/** For `boot`: leaves a puppet on the node, by which others are made. */
export function* bootPuppets(_self: Self<any>, { node }: Start): LocalGenerator<void> {
  yield* Process.register("puppets", yield* Process.spawn(puppeteer(node)));
}

/** How often each process has asked: a number of the module's own would differ from run to run. */
const asked: WeakMap<Self<any>, number> = new WeakMap();

/** Has a puppet do something, and waits until it is done: what came of it. */
export function* ask(self: Self<any>, puppet: Pid<any>, ...what: Act): LocalGenerator<any> {
  const number = (asked.get(self) ?? 0) + 1;
  asked.set(self, number);
  yield* Process.send(puppet, { type: "told", what, reply: { to: self.pid, number } } satisfies Told);
  const isDone = (message: any): boolean => message?.type === "done" && message.number === number;
  return (yield* self.receive({ match: isDone })).value;
}

/** Has a puppet do something, and does not wait. */
export function* tell(puppet: Pid<any>, ...what: Act): LocalGenerator<void> {
  yield* Process.send(puppet, { type: "told", what, reply: null } satisfies Told);
}

/** A new puppet on the node of that name. */
export function* puppetOn(self: Self<any>, stage: Stage, node: string): LocalGenerator<Pid<any>> {
  if (node === "a") return yield* Process.spawn(puppeteer(stage.node));
  const first = yield* Process.whereisAt(stage.ref(node), "puppets");
  if (first === undefined) throw new Error(`no puppets on ${node}`);
  return yield* ask(self, first as Pid<any>, "spawn", "plain");
}

/** What comes next and was not the answer to something. */
export function* next(self: Self<any>, within: number | "infinity" = "infinity"): LocalGenerator<any> {
  return yield* self.receive({ match: (message: any) => message?.type !== "done", within, otherwise: null });
}

/** Whether two causes say the same: type and data. */
export function said(cause: Cause): unknown {
  return cause.type === "error" ? { type: "error", message: cause.error.message } : cause;
}
