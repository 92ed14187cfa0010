import {
  faults,
  properties,
  scenario,
  startNode,
  type FaultFamily,
  type Peer,
  type RandomStream,
  type Scenario,
} from "@espalier/testkit";
import {
  type Cause,
  CauseError,
  type Down,
  type Exit,
  fn,
  Heartbeat,
  type LocalGenerator,
  type NodeRef,
  type Pid,
  Process,
  Remote,
  remote,
  type Self,
} from "espalier";
import { allButCrashes, short, timing } from "./conditions.ts";
import * as holds from "./moving-code-properties.ts";
import { nobodyIsGivenUp } from "./nobody-is-given-up.ts";
import type { App, Buddy, Job, Message, Numbered } from "./moving-code-properties.ts";

const makeQuote = (name: string) =>
  remote.private(name, function* (step: number) {
    yield* Process.sleep(5);
    return step * 3;
  });
type Quote = ReturnType<typeof makeQuote>;

const quotes = new Map<string, Quote>();

/** That of a node, which a program has for good: the same in all runs in which there is such a node. */
function quoteOf({ id }: NodeRef): Quote {
  const quote = quotes.get(id) ?? makeQuote(`quote.${id.slice(0, 32)}`);
  quotes.set(id, quote);
  return quote;
}

class Tally {
  readonly steps: number[] = [];
  total = 0;
  add(step: number, by: number): void {
    this.steps.push(step);
    this.total += by;
  }
}
fn(Tally);

/** What a program knows, and another one need not: each is a definition, and so is each worker that uses it. */
const factors: readonly number[] = [1, 2, 3, 5, 7, 11];

const multipliers = factors.map((factor) => ({ multiply: fn({ factor }, (n: number) => n * factor), factor }));

const works = factors.map((factor) => {
  const sumTo = fn({ factor }, (n: number) => (factor * n * (n + 1)) / 2);
  return remote(
    { Tally, sumTo, factor },
    function* (
      self: Self<Message>,
      job: string,
      path: readonly (NodeRef | null)[],
      ask: Quote,
      collectors: readonly Pid<Numbered>[],
      keeps: boolean,
    ) {
      const tally = new Tally();
      const shelf = new Map([["tally", tally]]);
      let step = 0;
      let said = 0;
      let run = "";
      let since = 0;
      const isIntact = (): boolean =>
        tally.total === sumTo(step) && tally.steps.length === step && shelf.get("tally") === tally;
      for (const place of path) {
        if (keeps) {
          const taken = yield* Remote.attempt(Remote.checkpoint());
          if (taken.type === "success") {
            run = `${taken.value.computation} ${taken.value.epoch}`;
            since = step;
          }
        }
        step = step + 1;
        tally.add(step, step * factor);
        yield* Process.emit({
          type: "work",
          act: "step",
          job,
          pid: self.pid,
          step,
          run,
          since,
          intact: isIntact(),
        });
        for (const to of collectors) {
          said = said + 1;
          yield* Process.send(to, { from: self.pid, n: said });
        }
        const got = yield* self.receive({ within: 30, otherwise: null });
        if (got !== null) {
          const { from, n, by } = got;
          const right = by === null || by.multiply(n) === n * by.factor;
          yield* Process.emit({ type: "work", act: "heard", job, pid: self.pid, from, n, right });
        }
        if (place !== null) yield* Remote.attempt(Remote.transfer(place));
        step = step + 1;
        tally.add(step, step * factor);
        yield* Process.emit({
          type: "work",
          act: "step",
          job,
          pid: self.pid,
          step,
          run,
          since,
          intact: isIntact(),
        });
        const rate = yield* Remote.attempt(ask(step));
        yield* Process.emit({
          type: "work",
          act: "answered",
          job,
          pid: self.pid,
          right: rate.type === "failure" || rate.value === step * 3,
          failed: rate.type === "failure",
        });
        yield* Process.sleep(20);
      }
      for (;;) {
        const got = yield* self.receive({ within: 3_000, otherwise: null });
        if (got === null) return;
        const { from, n, by } = got;
        const right = by === null || by.multiply(n) === n * by.factor;
        yield* Process.emit({ type: "work", act: "heard", job, pid: self.pid, from, n, right });
      }
    },
  );
});

/** The same within the scope of a heartbeat, which somebody may end. */
const scopes = works.map((work) =>
  remote(
    { work },
    function* (
      self: Self<Message>,
      life: Heartbeat,
      job: string,
      path: readonly (NodeRef | null)[],
      ask: Quote,
      collectors: readonly Pid<Numbered>[],
    ) {
      yield* Heartbeat.link(life, work(self, job, path, ask, collectors, false));
    },
  ),
);

/** Everything that can go wrong; more crashes than elsewhere, and messages of moves and of code that go astray. */
const chaos: FaultFamily = (context) => [
  ...faults.swarm([
    faults.crash({ countMax: 5, lastsMaxMs: 1_500, wipe: 0.2 }),
    faults.messages({ kinds: ["transfer.*", "code.*", "lease.*"], countMax: 16, holdMaxMs: 900 }),
    faults.disk({ lastsMaxMs: 1_500 }),
  ])(context),
  ...allButCrashes(context),
];

/** How often the disk is looked at. */
const lookMs = 500;
const workersMax = 2;

/** The names of all workers: each has that of the node where it was born, and may have its home elsewhere by now. */
const nameOf = (born: string, n: number): string => `worker ${born} ${n}`;

/** Some worker that somebody knows: asked is the node where it was born, or any. */
function* somebody({
  peers,
  rng,
}: {
  readonly peers: readonly Peer[];
  readonly rng: RandomStream;
}): LocalGenerator<Pid<Message> | undefined> {
  for (let tries = 0; tries < 6; tries += 1) {
    const born = rng.pick(peers);
    const asked = rng.chance(0.75) ? born : rng.pick(peers);
    const pid = yield* Process.whereisAt<Message>(asked.ref, nameOf(born.name, rng.below(workersMax)));
    if (pid !== undefined) return pid;
  }
  return undefined;
}

const answerOf = (error: unknown): string | Cause => (error instanceof CauseError ? error.reason : String(error));

/**
 * Four nodes with disks; workers that go from one to the other, are sent there by others, with their home and without, keep checkpoints, call
 * private functions, and are written to by everybody.
 */
export const movingCode: Scenario<App> = scenario<App>("code that moves", {
  nodes: { a: {}, b: {}, c: {}, d: {} },
  boot: async (place) => {
    const node = await startNode(place, { ...timing, data: "state" });
    const collector = await new Promise<App["collector"]>((resolve, reject) => {
      const collect = function* (self: Self<Numbered>) {
        yield* Process.register("collector");
        resolve(self.pid);
        for (;;) yield* Process.emit({ type: "collected", ...(yield* self.receive()) });
      };
      node.run(collect).catch(reject);
    });
    const app: App = {
      node,
      jobs: [],
      buddies: [],
      collector,
      asked: [],
      sent: new Map(),
      files: [],
      producers: 0,
    };
    const { disk, clock } = place.host;
    const look = async (): Promise<void> => {
      app.files = await disk.list("state/checkpoints");
      clock.after(lookMs, () => void look());
    };
    void look();
    return app;
  },
  workload: (w) => {
    w.op("work", { count: 10 }, async ({ node, rng }) => {
      const { app, peers } = node;
      const { node: home } = app;
      const index = rng.below(factors.length);
      const manner = rng.pick(["plain", "keeps", "keeps", "scoped"]);
      const moves = manner === "keeps" ? 0.1 : 0.4;
      const path = Array.from({ length: 2 + rng.below(10) }, () => (rng.chance(moves) ? rng.pick(peers).ref : null));
      const life: Job = { pid: null, outcome: null };
      app.jobs.push(life);
      const job = `${node.name}${node.life}.${app.jobs.length}`;
      const endsAfterMs = rng.below(3_000);
      life.outcome = await home.run(function* follow(self: Self<Down>) {
        const collectors: Pid<Numbered>[] = [];
        for (const { ref } of peers) {
          const found = yield* Remote.attempt(Process.whereisAt<Numbered>(ref, "collector"));
          if (found.type === "success" && found.value !== undefined) collectors.push(found.value);
        }
        const scope = manner === "scoped" ? yield* Heartbeat.create("1h") : null;
        const { pid } =
          scope === null
            ? yield* Process.spawnMonitor(
                works[index] as (typeof works)[number],
                job,
                path,
                quoteOf(node.ref),
                collectors,
                manner === "keeps",
              )
            : yield* Process.spawnMonitor(
                scopes[index] as (typeof scopes)[number],
                scope,
                job,
                path,
                quoteOf(node.ref),
                collectors,
              );
        life.pid = pid;
        for (let n = 0; n < workersMax; n += 1) {
          if ((yield* Process.whereis(nameOf(node.name, n))) !== undefined) continue;
          yield* Remote.attempt(Process.register(nameOf(node.name, n), pid));
          break;
        }
        if (scope === null) return (yield* self.receive()).cause;
        const first = yield* self.receive({ within: endsAfterMs, otherwise: null });
        yield* Heartbeat.stop(scope);
        return (first ?? (yield* self.receive())).cause;
      });
    });
    w.op("accompany", { count: 8 }, async ({ node, rng }) => {
      const { app } = node;
      await app.node
        .run(function* accompany(self: Self<Down | Exit>) {
          yield* Process.trapExit(true);
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          const buddy: Buddy = { of: pid.key, exits: 0, downs: 0 };
          app.buddies.push(buddy);
          yield* Process.link(pid);
          yield* Process.monitor(pid);
          for (;;) {
            const message = yield* self.receive({ within: 3_000, otherwise: null });
            if (message === null && buddy.exits > 0 && buddy.downs > 0) return;
            if (message?.type === "EXIT") buddy.exits += 1;
            if (message?.type === "DOWN") buddy.downs += 1;
          }
        })
        .catch(() => {});
    });
    w.op("produce", { count: 16 }, async ({ node, rng }) => {
      const { app } = node;
      app.producers += 1;
      const from = `${node.name}/${node.life} ${app.producers}`;
      const count = 5 + rng.below(30);
      const everyMs = rng.below(30);
      await app.node
        .run(function* produce() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          const sent = { to: pid.key, count: 0 };
          app.sent.set(from, sent);
          for (let n = 0; n < count; n += 1) {
            yield* Process.send(pid, { from, n, by: n % 3 === 1 ? rng.pick(multipliers) : null });
            sent.count = n + 1;
            yield* Process.sleep(everyMs);
          }
        })
        .catch(() => {});
    });
    w.op("migrate", { count: 40 }, async ({ node, rng }) => {
      const { app, peers } = node;
      const target = rng.pick(peers);
      const withHome = rng.chance(0.3);
      const asked: App["asked"][number] = { what: `a worker to ${target.name}`, answer: undefined };
      app.asked.push(asked);
      try {
        await app.node.run(function* migrate() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid === undefined) return;
          yield* Process.migrate(pid, target.ref, { within: 1_000, home: withHome });
          node.mark(withHome ? "handed over" : "migrated");
        });
        asked.answer = null;
      } catch (error) {
        asked.answer = answerOf(error);
      }
    });
    w.op("kill", { count: 2 }, async ({ node, rng }) => {
      await node.app.node
        .run(function* kill() {
          const pid = yield* somebody({ peers: node.peers, rng });
          if (pid !== undefined) yield* Process.kill(pid);
        })
        .catch(() => {});
    });
  },
  faults: chaos,
  always: [
    holds.everyStepOnce,
    holds.epochsGrow,
    holds.localsAreIntact,
    holds.heardOnceInOrder,
    holds.collectedOnceInOrder,
    holds.codeIsLetIn,
    holds.toldOnce,
    properties.oneOwner,
    properties.noActAfterVerdict,
    properties.oneVerdict,
    properties.absorbing,
    properties.noUnhandledRejection,
    properties.noDeadlock(),
  ],
  eventually: [
    holds.everyAskerIsAnswered,
    holds.noLimbo,
    holds.told,
    holds.nothingLeft,
    properties.mapsBounded(),
    properties.noOrphans,
    properties.everySupervisorTold,
    properties.linkedBothWays,
  ],
  sometimes: ["checkpoint.resumed", "transfer.granted", "transfer.forwarded", "migrated", "handed over"],
  module: import.meta.url,
  budget: { virtualMs: 4_000, settleMs: 60_000 },
});

/** Without faults. */
export const undisturbed: Scenario<App> = {
  ...movingCode,
  name: `${movingCode.name}, undisturbed`,
  faults: [],
  always: [...movingCode.always, holds.endsWell, holds.callsSucceed, nobodyIsGivenUp],
  eventually: [...movingCode.eventually, holds.nothingIsMissing],
  sometimes: ["transfer.granted", "migrated", "handed over"],
};

/** Silences shorter than a lease, and links that break. */
export const underShortFaults: Scenario<App> = {
  ...movingCode,
  name: `${movingCode.name}, under short faults`,
  faults: short,
  always: [...movingCode.always, nobodyIsGivenUp],
  sometimes: [],
};
