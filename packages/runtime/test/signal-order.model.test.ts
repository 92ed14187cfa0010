import { kill, normal, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type Ref, type Self } from "@espalier/runtime";
import fc from "fast-check";
import { expect, test } from "vitest";
import { attempt, bench } from "./helpers.ts";

/** What one process of a random program does next. `to` is the index of a process, the acting one included. */
type Action =
  | { readonly type: "send"; readonly to: number }
  | { readonly type: "exit"; readonly to: number; readonly cause: Cause }
  | { readonly type: "link"; readonly to: number }
  | { readonly type: "unlink"; readonly to: number }
  | { readonly type: "monitor"; readonly to: number }
  | { readonly type: "demonitor"; readonly which: number }
  | { readonly type: "trap"; readonly trapping: boolean }
  | { readonly type: "pause" }
  | { readonly type: "end"; readonly cause: Cause };

const processes = 4;

/** What somebody received: from whom, and what. Monitors are numbered by each process from 0. */
interface Received {
  readonly from: number;
  readonly what: string;
}

/**
 * What OTP's rules say: a few lines that do the actions one after the other, in the order in which the runtime did them.
 */
class Model {
  readonly alive: boolean[] = Array.from({ length: processes }, () => true);
  readonly causes: (Cause | null)[] = Array.from({ length: processes }, () => null);
  readonly mailboxes: Received[][] = Array.from({ length: processes }, () => []);
  readonly #trapping: boolean[] = Array.from({ length: processes }, () => false);
  readonly #links: Set<number>[] = Array.from({ length: processes }, () => new Set());
  readonly #monitors: (number | null)[][] = Array.from({ length: processes }, () => []);
  #sent = 0;

  perform(self: number, action: Action): void {
    switch (action.type) {
      case "send":
        this.#deliver(action.to, { from: self, what: `message ${this.#sent++}` });
        return;
      case "exit":
        this.#exit(self, action.to, action.cause, false);
        return;
      case "link":
        if (action.to === self) return;
        if (this.alive[action.to]) {
          this.#links[self]?.add(action.to);
          this.#links[action.to]?.add(self);
        } else if (this.#trapping[self]) this.#deliver(self, { from: action.to, what: "EXIT noproc" });
        return;
      case "unlink":
        this.#links[self]?.delete(action.to);
        this.#links[action.to]?.delete(self);
        return;
      case "monitor": {
        const monitors = this.#monitors[self] as (number | null)[];
        if (this.alive[action.to]) monitors.push(action.to);
        else {
          monitors.push(null);
          this.#deliver(self, { from: action.to, what: `DOWN ${monitors.length - 1} noproc` });
        }
        return;
      }
      case "demonitor": {
        const monitors = this.#monitors[self] as (number | null)[];
        if (monitors.length > 0) monitors[action.which % monitors.length] = null;
        return;
      }
      case "trap":
        this.#trapping[self] = action.trapping;
        return;
      case "pause":
        return;
      case "end":
        this.#die(self, action.cause);
        return;
    }
  }

  #deliver(to: number, received: Received): void {
    if (this.alive[to]) this.mailboxes[to]?.push(received);
  }

  #exit(from: number, to: number, cause: Cause, link: boolean): void {
    if (!this.alive[to]) return;
    if (link && !this.#links[to]?.delete(from)) return;
    if (cause.type === "kill" && !link) this.#die(to, { type: "killed" });
    else if (this.#trapping[to]) this.#deliver(to, { from, what: `EXIT ${cause.type}` });
    else if (cause.type !== "normal" || from === to) this.#die(to, cause);
  }

  #die(who: number, cause: Cause): void {
    this.alive[who] = false;
    this.causes[who] = cause;
    for (const [watcher, monitors] of this.#monitors.entries()) {
      for (const [index, watched] of monitors.entries()) {
        if (watched !== who || watcher === who) continue;
        monitors[index] = null;
        this.#deliver(watcher, { from: who, what: `DOWN ${index} ${cause.type}` });
      }
    }
    for (const peer of this.#links[who] as Set<number>) this.#exit(who, peer, cause, true);
  }
}

const to = fc.nat(processes - 1);
const cause = fc.constantFrom<Cause>(normal, shutdown, kill, { type: "exit", reason: "own" });

const kinds: Readonly<Record<Action["type"], fc.Arbitrary<Action>>> = {
  send: to.map((target) => ({ type: "send", to: target })),
  exit: fc.tuple(to, cause).map(([target, because]) => ({ type: "exit", to: target, cause: because })),
  link: to.map((target) => ({ type: "link", to: target })),
  unlink: to.map((target) => ({ type: "unlink", to: target })),
  monitor: to.map((target) => ({ type: "monitor", to: target })),
  demonitor: fc.nat(9).map((which) => ({ type: "demonitor", which })),
  trap: fc.boolean().map((trapping) => ({ type: "trap", trapping })),
  pause: fc.constant({ type: "pause" }),
  end: cause.map((because) => ({ type: "end", cause: because })),
};

/** Programs with swarm weights: each leaves some kinds of actions out, so that the others meet more often. */
const programs = fc
  .tuple(
    ...Object.values(kinds).map((kind) => fc.constantFrom(0, 1, 1, 5).map((weight) => ({ weight, arbitrary: kind }))),
  )
  .filter((weighted) => weighted.some(({ weight }) => weight > 0))
  .chain((weighted) =>
    fc.array(fc.array(fc.oneof(...weighted), { maxLength: 15, size: "max" }), {
      minLength: processes,
      maxLength: processes,
    }),
  );

/** Runs a program, and compares it with the model. */
async function check(program: readonly (readonly Action[])[]): Promise<void> {
  const { run } = await bench();
  const model = new Model();
  const pids: Pid<any>[] = [];
  const mailboxes: Received[][] = Array.from({ length: processes }, () => []);
  const done: number[] = Array.from({ length: processes }, () => 0);
  let sent = 0;

  function* actor(self: Self<any>, index: number): LocalGenerator<void> {
    const refs: Ref[] = [];
    for (const action of program[index] as readonly Action[]) {
      expect(model.alive[index], "the dead do nothing").toBe(true);
      model.perform(index, action);
      done[index] = (done[index] as number) + 1;
      yield* act(self, action, refs);
      expect(model.alive[index], "nor do those who just died").toBe(true);
    }
    yield* Process.sleep("1s");
    for (;;) {
      const message: unknown = yield* self.receive({ within: 0, otherwise: null });
      if (message === null) break;
      mailboxes[index]?.push(describeMessage(message, refs));
    }
    yield* Process.sleep("infinity");
  }

  function* act(self: Self<any>, action: Action, refs: Ref[]): LocalGenerator<void> {
    const target = "to" in action ? (pids[action.to] as Pid<any>) : self.pid;
    switch (action.type) {
      case "send":
        yield* Process.send(target, { from: self.pid, number: sent++ });
        return;
      case "exit":
        yield* Process.exit(target, action.cause);
        return;
      case "link":
        yield* attempt(Process.link(target));
        return;
      case "unlink":
        yield* Process.unlink(target);
        return;
      case "monitor":
        refs.push(yield* Process.monitor(target));
        return;
      case "demonitor":
        if (refs.length > 0) yield* Process.demonitor(refs[action.which % refs.length] as Ref);
        return;
      case "trap":
        yield* Process.trapExit(action.trapping);
        return;
      case "pause":
        yield* Process.sleep(0);
        return;
      case "end":
        yield* Process.exit(action.cause);
        return;
    }
  }

  function describeMessage(message: unknown, refs: readonly Ref[]): Received {
    const { type } = message as { type?: string };
    if (type === "EXIT") {
      const exit = message as Process.Exit;
      return { from: pids.findIndex((pid) => pid.equals(exit.from)), what: `EXIT ${exit.cause.type}` };
    }
    if (type === "DOWN") {
      const down = message as Process.Down;
      return {
        from: pids.findIndex((pid) => pid.equals(down.process as Pid)),
        what: `DOWN ${refs.indexOf(down.ref)} ${down.cause.type}`,
      };
    }
    const { from, number } = message as { from: Pid; number: number };
    return { from: pids.findIndex((pid) => pid.equals(from)), what: `message ${number}` };
  }

  const alive = await run(function* () {
    for (let index = 0; index < processes; index += 1) pids.push(yield* Process.spawn(actor, index));
    yield* Process.sleep("2s");
    const states: boolean[] = [];
    for (const pid of pids) states.push(yield* Process.alive(pid));
    return states;
  });

  expect(alive).toEqual(model.alive);
  for (let index = 0; index < processes; index += 1) {
    if (!model.alive[index]) continue;
    expect(done[index]).toBe(program[index]?.length);
    // Order is promised between two processes, of all kinds of signals together, and no other.
    for (let from = 0; from < processes; from += 1) {
      const received = (mailbox: readonly Received[] | undefined) =>
        endsTogether(mailbox?.filter((entry) => entry.from === from).map(({ what }) => what) ?? []);
      expect(received(mailboxes[index]), `${from} to ${index}`).toEqual(received(model.mailboxes[index]));
    }
  }
}

/** One end is told through a link and several monitors, in whatever order. */
function endsTogether(received: readonly string[]): string[] {
  const first = received.findIndex((what, index) => /^(DOWN|EXIT)/.test(what) && isEnd(received.slice(index)));
  return first < 0 ? [...received] : [...received.slice(0, first), ...received.slice(first).sort()];
}

/** Whether what is left is all news of one end. */
function isEnd(rest: readonly string[]): boolean {
  return rest.every((what) => what.startsWith("DOWN") || what.startsWith("EXIT"));
}

test(
  "signals of all kinds take effect in the order in which they were sent, for each pair (S26, R-401)",
  { timeout: 60_000 },
  async () => {
    await fc.assert(fc.asyncProperty(programs, check), { numRuns: 400 });
  },
);
