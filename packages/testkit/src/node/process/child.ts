// What runs in the process of a node. It is told everything over its channel, and ends when that closes.
import { nodeHost } from "@espalier/runtime/node";
import * as compileCache from "node:module";
import { settle } from "../../history/settle.ts";
import { MessageFaults } from "../../messages/message-faults.ts";
import type { Applied } from "../../fault/controls.ts";
import type { Scenario } from "../../scenario/scenario.ts";
import { machineIdentity } from "../../world/machine-identity.ts";
import { KeyedRandom } from "../../world/random.ts";
import { block } from "./child-block.ts";
import { leaveNothingIn, takeLeave } from "./child-end.ts";
import { AdjustableClock, childHost } from "./child-host.ts";
import { ChildPlace } from "./child-place.ts";
import { pack } from "./parcel.ts";
import type { Line, NumberedRule, Order, Said, Start } from "./protocol.ts";
import { machineMs, RealTime } from "./real-time.ts";
import { findScenario } from "./scenario-module.ts";

/** What has been said and not been sent. */
let unsent: Line[] = [];

function say(said: Said): void {
  unsent.push({ ...said, atMs: machineMs() });
  if (unsent.length === 1) setImmediate(flush);
}

function sayNow(said: Said): void {
  unsent.push({ ...said, atMs: machineMs() });
  flush();
}

function flush(): void {
  if (unsent.length === 0) return;
  const lines = unsent;
  unsent = [];
  // When the channel is closed this process is about to end.
  process.send?.(lines, undefined, {}, () => {});
}

function fail(property: string, what: string, error: unknown): void {
  sayNow({ type: "failed", property, what, error: pack(error) });
}

/** A node of a scenario in this process. */
class Child {
  readonly #scenario: Scenario<any, any>;
  readonly #random: KeyedRandom;
  readonly #clock: AdjustableClock;
  readonly #messages: MessageFaults;
  readonly #rules = new Map<number, Applied>();
  readonly #place: ChildPlace;
  /** What was booted; null before. */
  #booted: { readonly app: unknown } | null = null;

  constructor(start: Start, scenario: Scenario<any, any>) {
    this.#scenario = scenario;
    this.#random = new KeyedRandom(start.seed);
    this.#clock = new AdjustableClock(start);
    const { peers } = start;
    this.#messages = new MessageFaults({
      nameOf: (id) => peers.find((peer) => peer.id === id)?.name ?? null,
      tell: (line) => say({ type: "tell", line }),
    });
    for (const rule of start.rules) this.rule(rule);
    this.#place = new ChildPlace({
      start,
      host: childHost(start, this.#clock, {
        listening: (port) => sayNow({ type: "listening", port }),
        closed: () => say({ type: "closed" }),
      }),
      identity: machineIdentity(start.node, this.#random, nodeHost().crypto),
      time: new RealTime(start.tempo),
      messages: this.#messages,
      say,
      sayNow,
    });
  }

  async boot(): Promise<void> {
    this.#booted = { app: await this.#scenario.boot(this.#place) };
    this.look();
    sayNow({ type: "booted" });
  }

  obey(order: Exclude<Order, Start | { readonly type: "ping" }>): void {
    switch (order.type) {
      case "op":
        return this.#operate(order);
      case "look":
        return this.look();
      case "block":
        return block(order.path, order.first);
      case "rate":
        this.#clock.machine.rate = order.rate;
        return;
      case "wall":
        this.#clock.wallAheadMs = order.aheadMs;
        return;
      case "freeze":
        this.#clock.machine.freeze();
        return sayNow({ type: "frozen" });
      case "thaw":
        return this.#clock.machine.thaw();
      case "rule":
        return this.rule(order.rule);
      case "lift":
        this.#rules.get(order.id)?.end();
        return;
    }
  }

  rule({ id, to, rule, label }: NumberedRule): void {
    this.#rules.set(id, this.#messages.apply(to, rule, this.#random.stream(label)));
  }

  look(): void {
    const { observe } = this.#scenario;
    const seen = this.#booted === null ? null : (observe ?? ((app: unknown) => app))(this.#booted.app);
    sayNow({
      type: "looked",
      view: pack(this.#place.node?.inspect() ?? null),
      seen: pack(seen),
      tallies: [...this.#rules].map(([id, { tally }]) => [id, tally.effective] as const),
    });
  }

  #operate({ op, n, args }: Extract<Order, { readonly type: "op" }>): void {
    const run = this.#scenario.ops.find(({ name }) => name === op)?.run;
    if (run === undefined) throw new RangeError(`op: expected one of the scenario, got ${JSON.stringify(op)}`);
    const invocation = this.#place.invoke(op, args, `${op} ${n}`);
    const node = Object.assign(this.#place, { app: this.#booted?.app });
    const rng = this.#random.stream(`op:${op}:${n}`);
    settle(invocation, () => run({ node, args, rng })).catch((error: unknown) =>
      fail(`op ${op}`, `${op} ${n} on ${this.#place.name}: ${String(error)}`, error),
    );
  }
}

let child: Child | null = null;
let name = "a node";

async function start(order: Start): Promise<void> {
  name = order.node;
  leaveNothingIn(order.runDirectory);
  let scenario: Scenario<any, any>;
  try {
    scenario = await findScenario(order.module, order.scenario);
  } catch (error) {
    return fail("loads", `${name}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  child = new Child(order, scenario);
  try {
    await child.boot();
  } catch (error) {
    fail("boots", `${name}: ${String(error)}`, error);
  }
}

process.on("message", (order: Order) => {
  if (order.type === "ping") sayNow({ type: "pong" });
  else if (order.type === "start") void start(order);
  else child?.obey(order);
});
process.once("disconnect", takeLeave);
process.on("uncaughtException", (error) => {
  fail("runs on", `uncaught on ${name}: ${error instanceof Error ? error.message : String(error)}`, error);
});
sayNow({ type: "ready" });
// What was compiled helps the next process, if this one was told to keep it somewhere.
if (process.env["NODE_COMPILE_CACHE"] !== undefined) compileCache.flushCompileCache();
