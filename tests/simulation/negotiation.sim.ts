import { fn, remote } from "@espalier/code";
import type { LocalGenerator } from "@espalier/heartbeat";
import {
  Process,
  Remote,
  type Message,
  type NodeEvent,
  type NodeRef,
  type PackedDefinition,
  type Pid,
  type Self,
} from "@espalier/runtime";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;
let b: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a", "b");
  [o, a, b] = [await cluster.start("o"), await cluster.start("a"), await cluster.start("b")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

const double = fn((x: number) => x * 2);
const twice = fn({ double }, (x: number) => double(double(x)));

/** Four times `x`, computed on the last of `nodes`, or where it is refused. */
const quadruple = remote({ twice }, function* (x: number, nodes: readonly NodeRef[]) {
  let refused = "";
  for (const node of nodes) {
    try {
      yield* Remote.transfer(node);
    } catch (error) {
      refused = (error as Error).message;
    }
  }
  const { id } = yield* Remote.here();
  return { result: twice(x), at: id, refused };
});

/** The function that `text` writes. */
function written(text: string): unknown {
  // oxlint-disable-next-line no-eval -- More definitions than anybody would write out.
  return (0, eval)(`(${text})`);
}

interface Answer {
  readonly result: number;
  readonly at: string;
  readonly refused: string;
}

function run(from: Member, ...to: readonly Member[]): Promise<Answer> {
  return cluster.wait(
    from.node.run(
      quadruple(
        3,
        to.map(({ ref }) => ref),
      ),
    ),
  ) as Promise<Answer>;
}

type Kind = Message["type"];

function said<K extends Kind>(member: Member, type: K): Extract<Message, { type: K }>[] {
  return member.said.filter((message): message is Extract<Message, { type: K }> => message.type === type);
}

function forgetSaid(): void {
  for (const member of [o, a, b]) member.said.length = 0;
}

/** How many messages about a move and its code went either way, leases and what the process does aside. */
function counts(...members: readonly Member[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { type } of members.flatMap((member) => member.said)) {
    if (/^code\.|^transfer\.(?:offer|need|code|accepted|refused)$/.test(type)) found[type] = (found[type] ?? 0) + 1;
  }
  return found;
}

function events(member: Member, type: NodeEvent["type"]): readonly NodeEvent[] {
  return member.events.filter((event) => event.type === type);
}

/** A process on `member` that calls the functions that it receives. */
function caller(member: Member): { readonly pid: Pid<any>; readonly results: unknown[] } {
  const results: unknown[] = [];
  const { kernel } = member.node;
  const { pid } = kernel.spawn(
    kernel.root,
    function* call(self: Self<unknown>): LocalGenerator<never> {
      for (;;) {
        const received = yield* self.receive();
        results.push(typeof received === "function" ? (received as (x: number) => number)(1) : received);
      }
    },
    [],
  );
  return { pid, results };
}

function send(from: Member, to: Pid<any>, ...messages: readonly unknown[]): void {
  void from.node.run(function* () {
    for (const message of messages) yield* Process.send(to, message);
  });
}

describe("the code of a process that moves", () => {
  test("takes one round trip when it is missing, and none when it is there (S128)", async () => {
    expect(await run(o, a)).toEqual({ result: 12, at: a.ref.id, refused: "" });
    expect(counts(o, a)).toEqual({
      "transfer.offer": 1,
      "transfer.need": 1,
      "transfer.code": 1,
      "transfer.accepted": 1,
    });
    expect(said(o, "transfer.offer")[0]?.hashes).toHaveLength(3);
    forgetSaid();
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    expect(counts(o, a)).toEqual({ "transfer.offer": 1, "transfer.accepted": 1 });
    // What it has said that it has is not even named.
    expect(said(o, "transfer.offer")[0]?.hashes).toEqual([]);
  });

  test("is one round trip however much there is: from where all can be reached", async () => {
    const names = Array.from({ length: 80 }, (_, n) => `f${n}`);
    const functions = Object.fromEntries(
      names.map((name, n) => {
        const f = written(`() => ${n}`) as () => number;
        return [name, fn(f)];
      }),
    );
    const sum = `[${names.map((name) => `${name}()`).join(", ")}].reduce((x, y) => x + y, 0)`;
    const body = written(`function* (node) { yield* Remote.transfer(node); return ${sum}; }`);
    const many = remote(functions, body as never) as unknown as (node: NodeRef) => never;
    expect(await cluster.wait(o.node.run(many(a.ref)))).toBe(3160);
    expect(said(o, "transfer.offer").map(({ hashes }) => hashes.length)).toEqual([1]);
    expect(said(a, "transfer.need").map(({ hashes }) => hashes.map((text) => text[0]))).toEqual([["*"]]);
    expect(said(o, "transfer.code").map(({ definitions }) => definitions.length)).toEqual([81]);
    forgetSaid();
    expect(await cluster.wait(o.node.run(many(a.ref)))).toBe(3160);
    expect(counts(o, a)).toEqual({ "transfer.offer": 1, "transfer.accepted": 1 });
  });

  test("is named again over another link, and not sent again to the same life of a node", async () => {
    await run(o, a);
    cluster.breakLinks("o", "a");
    await cluster.pass(1_000);
    forgetSaid();
    await run(o, a);
    expect(counts(o, a)).toEqual({ "transfer.offer": 1, "transfer.accepted": 1 });
    expect(said(o, "transfer.offer")[0]?.hashes).toHaveLength(3);
  });

  test("is asked for again in another life of a node that keeps nothing", async () => {
    await run(o, a);
    cluster.crash("a");
    await cluster.pass(3_000);
    a = await cluster.start("a");
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    expect(events(a, "transfer.arrived")).toMatchObject([{ missing: 3 }]);
  });

  test.each(["transfer.need", "transfer.code"] as const)("comes even if a %s is lost", async (type) => {
    let lost = 0;
    for (const member of [o, a]) {
      member.tamper((message) => {
        if (message.type !== type || lost === 2) return message;
        lost += 1;
        return null;
      });
    }
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    expect(lost).toBe(2);
  });
});

describe("the code of what is sent", () => {
  test("takes one round trip, is named until the receiver says that it has it, and no more after that", async () => {
    const { pid, results } = caller(a);
    send(o, pid, twice, "and");
    await cluster.pass(100);
    expect(results).toEqual([4, "and"]);
    expect(counts(o, a)).toEqual({ "code.need": 1, "code.supply": 1, "code.have": 1 });
    forgetSaid();
    send(o, pid, double, twice, twice);
    await cluster.pass(100);
    expect(results).toEqual([4, "and", 2, 4, 4]);
    expect(counts(o, a)).toEqual({});
    expect(said(o, "signal.message").map(({ payload }) => payload.hashes)).toEqual([[], [], []]);
  });

  test.each(["code.need", "code.supply", "code.have"] as const)(
    "comes in order even if a %s is lost (R-401)",
    async (type) => {
      let lost = 0;
      for (const member of [o, a]) {
        member.tamper((message) => {
          if (message.type !== type || lost === 2) return message;
          lost += 1;
          return null;
        });
      }
      const { pid, results } = caller(a);
      send(o, pid, twice, "and", double);
      await cluster.pass(3_000);
      send(o, pid, twice);
      await cluster.pass(3_000);
      expect(results).toEqual([4, "and", 2, 4]);
      expect(lost).toBeGreaterThan(0);
    },
  );
});

describe("a node with a disk (S173)", () => {
  beforeEach(async () => {
    cluster.crash("a");
    await cluster.pass(3_000);
    a = await cluster.start("a", "all", { data: "data" });
  });

  const restart = async (): Promise<void> => {
    await cluster.pass(100);
    cluster.crash("a");
    await cluster.pass(3_000);
    a = await cluster.start("a", "all", { data: "data" });
    forgetSaid();
  };

  const files = (): string[] =>
    [...cluster.world.machine("a").disk.files.keys()].filter((path) => path.startsWith("data/code/"));

  test("need not ask again after a crash", async () => {
    await run(o, a);
    await restart();
    expect(files()).toHaveLength(3);
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    expect(counts(o, a)).toEqual({ "transfer.offer": 1, "transfer.accepted": 1 });
    expect(events(a, "transfer.arrived")).toMatchObject([{ missing: 0 }]);
  });

  test("delivers in order what needs the disk and what does not (R-401, S172)", async () => {
    const before = caller(a);
    send(o, before.pid, twice);
    await restart();
    const { pid, results } = caller(a);
    send(o, pid, "one", twice, "two", double, "three");
    await cluster.pass(100);
    expect(results).toEqual(["one", 4, "two", 2, "three"]);
    expect(counts(o, a)).toEqual({ "code.have": 1 });
  });

  test("asks for what its disk has lost or changed, and says so", async () => {
    await run(o, a);
    await restart();
    const { disk } = cluster.world.machine("a");
    const path = files()[0] as string;
    disk.files.set(path, { bytes: Uint8Array.of(1, 2, 3), secret: false });
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    expect(events(a, "code.disk")).toMatchObject([{ path }]);
    expect(counts(o, a)).toMatchObject({ "transfer.need": 1, "transfer.code": 1 });
  });

  test("takes processes when its disk is broken", async () => {
    const { disk } = cluster.world.machine("a");
    const { write } = disk;
    disk.write = () => Promise.reject(new Error("the disk is full"));
    expect(await run(o, a)).toMatchObject({ result: 12, at: a.ref.id });
    await cluster.pass(100);
    expect(events(a, "code.disk")).toMatchObject([1, 2, 3].map(() => ({ reason: "the disk is full" })));
    disk.write = write;
  });

  test("may stop, and the process may end, while the disk is asked", async () => {
    await run(o, a);
    await restart();
    const going = start(o, a);
    for (let ms = 0; ms < 5 && said(o, "transfer.offer").length === 0; ms += 1) await cluster.pass(1);
    await cluster.pass(1);
    void o.node.run(() => Process.exit(going, { type: "kill" }));
    await cluster.pass(500);
    void start(o, a);
    await cluster.pass(2);
    void a.node.stop();
    await cluster.pass(3_000);
    expect(o.node.inspect().moving).toMatchObject({ homes: 0, leavers: 0 });
  });
});

/** Starts `quadruple` on `from`, going to `to`. */
function start(from: Member, to: Member): Pid {
  const { kernel } = from.node;
  return kernel.spawn(kernel.root, quadruple as never, [3, [to.ref]] as never).pid;
}

describe("code of somebody who is not trusted", () => {
  const restartWith = async (trust: readonly Member[]): Promise<void> => {
    cluster.crash("b");
    await cluster.pass(3_000);
    b = await cluster.start("b", "all", { trust: trust.map(({ ref }) => ref.id) });
  };

  test("is refused where it goes, and the process learns why", async () => {
    await restartWith([a]);
    const { refused, ...rest } = await run(o, b);
    expect(rest).toEqual({ result: 12, at: o.ref.id });
    expect(refused).toContain(
      `code of ${o.ref.id} runs nowhere on this node: name the peer in \`trust\`, or give the node a \`sandbox\``,
    );
    // Others are not harmed.
    expect(await run(a, b)).toMatchObject({ at: b.ref.id, refused: "" });
  });

  test("is not trusted because somebody who is trusted passes it on", async () => {
    await restartWith([a]);
    const { refused, ...rest } = await run(o, a, b);
    expect(rest).toEqual({ result: 12, at: a.ref.id });
    expect(refused).toContain(`code of ${o.ref.id}, which ${a.ref.id} passes on, runs nowhere on this node`);
    await restartWith([o, a]);
    expect(await run(o, a, b)).toEqual({ result: 12, at: b.ref.id, refused: "" });
  });

  test("is dropped from messages, and what comes behind it arrives", async () => {
    await restartWith([a]);
    const { pid, results } = caller(b);
    send(o, pid, twice, "and");
    await cluster.pass(100);
    expect(results).toEqual(["and"]);
    expect(events(b, "undecodable")).toMatchObject([{ reason: expect.stringContaining("runs nowhere") as string }]);
  });
});

describe("a peer that answers wrongly (S171)", () => {
  const wrongly = (change: (definitions: readonly PackedDefinition[]) => readonly PackedDefinition[]): void => {
    o.tamper((message) =>
      message.type === "transfer.code" || message.type === "code.supply"
        ? { ...message, definitions: change(message.definitions) }
        : message,
    );
  };
  const answers: readonly (readonly [
    string,
    (definitions: readonly PackedDefinition[]) => readonly PackedDefinition[],
    string,
  ])[] = [
    ["with another text", (all) => all.map((one) => ({ ...one, text: "() => 'stolen'" })), "was refused"],
    ["in part", (all) => all.slice(1), "was not sent"],
    ["with nothing", () => [], "was asked for, and not sent"],
    ["twice at once", (all) => [...all, ...all], "it was sent twice"],
    [
      "with what was not asked for",
      (all) => [...all, { ...(all[0] as PackedDefinition), hash: "A".repeat(43) }],
      "was sent, and not asked for",
    ],
    [
      "without end",
      (all) => all.map((one) => ({ ...one, text: `() => ${"[".repeat(9_000)}${"]".repeat(9_000)}` })),
      "was refused",
    ],
    ["with something large", (all) => all.map((one) => ({ ...one, text: " ".repeat(300_000) })), "at most 262144"],
  ];

  test.each(answers)("%s is refused by name, and harms nobody else", async (_, change, reason) => {
    wrongly(change);
    const { refused, ...rest } = await run(o, a);
    expect(rest).toEqual({ result: 12, at: o.ref.id });
    expect(refused).toContain(reason);
    expect(events(a, "transfer.refused")).toHaveLength(1);
    expect(await run(b, a)).toMatchObject({ at: a.ref.id, refused: "" });
    await cluster.pass(3_000);
    const { guests, answers: kept } = a.node.inspect().moving ?? {};
    expect({ guests, kept }).toEqual({ guests: 0, kept: 0 });
  });

  test("or not at all keeps nobody else waiting", async () => {
    o.tamper((message) => (message.type === "code.supply" ? null : message));
    const { pid, results } = caller(a);
    send(o, pid, twice, "never");
    await cluster.pass(1_000);
    send(b, pid, double, "and");
    await cluster.pass(1_000);
    expect(results).toEqual([2, "and"]);
    cluster.part("o", "a");
    await cluster.pass(10_000);
    expect(cluster.world.machine("a").state).toBe("running");
  });

  test("or asks for what nobody has is told so", async () => {
    a.say(o, { type: "code.need", hashes: ["A".repeat(43), "*nothing@nobody"] });
    a.say(o, { type: "code.have", hashes: ["A".repeat(43), "*nothing@nobody"] });
    await cluster.pass(100);
    expect(said(o, "code.supply")).toMatchObject([{ definitions: [], missing: ["A".repeat(43), "nothing"] }]);
    expect(await run(o, a)).toMatchObject({ at: a.ref.id });
  });
});
