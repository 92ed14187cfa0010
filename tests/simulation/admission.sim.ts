import { remote } from "@espalier/code";
import { Attributed, Process, Remote, type Message, type NodeRef, type Pid, type Self } from "@espalier/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Cluster, collector, type Member } from "./by-hand.ts";

let cluster: Cluster;
let home: Member;
let host: Member;
let evil: Member;

beforeEach(async () => {
  cluster = new Cluster("home", "host", "evil");
  [home, host, evil] = [await cluster.start("home"), await cluster.start("host"), await cluster.start("evil")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

const wait = remote({}, function* (node: NodeRef, self: Self<string>, to: Pid<string>) {
  yield* Remote.transfer(node);
  for (;;) yield* Process.send(to, yield* self.receive());
});

/** A process of `home` that waits on `node` and passes on what it is sent. */
async function waiting(node: Member): Promise<{ readonly pid: Pid<any>; readonly received: unknown[] }> {
  const { pid: to, received } = collector(home);
  const { kernel } = home.node;
  const body = remote({ wait }, function* (self: Self<string>, at: NodeRef, collecting: Pid<string>) {
    return yield* wait(at, self, collecting);
  });
  const { pid } = kernel.spawn(kernel.root, body, [node.ref, to]);
  await cluster.pass(100);
  return { pid, received };
}

const misbehaviour = (machine: Member): unknown => machine.events.find(({ type }) => type === "node.misbehaved");

test("a signal for a guest counts only from its home", async () => {
  const { pid, received } = await waiting(host);
  const signal = await evil.encode([pid, "message", "forged"]);
  evil.say(host, { type: "transfer.in", process: pid.key, epoch: 1, number: 1, signal });
  await cluster.wait(home.node.run(Process.send(pid, "genuine")));
  await cluster.pass(500);
  expect(received).toEqual(["genuine"]);
});

test("an effect counts only from the host, and the end of a process too", async () => {
  const { pid, received } = await waiting(host);
  const { pid: victim } = collector(home);
  const effect = await evil.encode([victim, "message", "forged"]);
  evil.say(home, { type: "transfer.out", process: pid.key, epoch: 1, number: 1, effect });
  evil.say(home, {
    type: "transfer.out",
    process: pid.key,
    epoch: 2,
    number: 1,
    effect: await evil.encode({ cause: { type: "normal" }, outcome: null }),
  });
  await cluster.wait(home.node.run(Process.send(pid, "still there")));
  await cluster.pass(500);
  expect(received).toEqual(["still there"]);
});

test("a host speaks in the name of its guest, and of nobody else", async () => {
  const { pid } = await waiting(evil);
  const { pid: victim, received } = collector(home);
  const { pid: bystander } = collector(home);
  // The host counts as it should, but the signal says that it is of another process.
  evil.say(home, {
    type: "transfer.out",
    process: pid.key,
    epoch: 1,
    number: 1,
    effect: await evil.encode([victim, "exit", bystander, { type: "exit", reason: "forged" }, false]),
  });
  await cluster.pass(100);
  expect(home.events.find(({ type }) => type === "undecodable")).toMatchObject({
    reason: expect.stringMatching(/may not send this exit signal in the name of/) as string,
  });
  await cluster.wait(home.node.run(Process.send(victim, "alive")));
  expect(received).toEqual(["alive"]);
});

test("nor does it put words of others into its guest's mouth", async () => {
  const { pid } = await waiting(evil);
  const { pid: victim, received } = collector(home);
  const { pid: bystander } = collector(home);
  const effect = await evil.encode([victim, "message", new Attributed(bystander, "forged")]);
  evil.say(home, { type: "transfer.out", process: pid.key, epoch: 1, number: 1, effect });
  await cluster.pass(100);
  expect(home.events.find(({ type }) => type === "undecodable")).toMatchObject({
    reason: expect.stringMatching(/expected a message of .*, got one that says it is of/) as string,
  });
  expect(received).toEqual([]);
});

test("a message to a bounded mailbox says the truth about its sender, too", async () => {
  const { received, pid: bystander } = collector(home);
  const bounded = await cluster.wait(
    home.node.run(() =>
      Process.spawnOpt({ mailbox: { capacity: 9 } }, function* collect(self: Self<unknown>) {
        for (;;) received.push(yield* self.receive());
      }),
    ),
  );
  evil.node.run(Process.send(bounded, new Attributed(bystander, "forged"))).catch(() => {});
  await cluster.pass(100);
  await cluster.wait(evil.node.run(Process.send(bounded, "genuine")));
  expect(received).toEqual(["genuine"]);
});

test("whoever has lost the connection is not answered any more", async () => {
  const full = await cluster.wait(
    home.node.run(() =>
      Process.spawnOpt({ mailbox: { capacity: 1 } }, function* busy(_self: Self<string>) {
        yield* Process.sleep("1h");
      }),
    ),
  );
  for (let sent = 0; sent < 2; sent += 1) host.node.run(Process.send(full, "waits")).catch(() => {});
  await cluster.pass(100);
  cluster.breakLinks("home", "host");
  await cluster.pass(1_000);
  expect(home.node.inspect().peers).not.toContain(host.ref.id);
});

test("nobody takes a process that was not given to them (P15)", async () => {
  const { pid, received } = await waiting(host);
  evil.say(home, {
    type: "transfer.claim",
    process: pid.key,
    epoch: 2,
    arrival: 1,
    baton: "guessed",
    term: null,
    received: 0,
  });
  await cluster.pass(100);
  expect(home.node.inspect().processes.find((process) => process.pid.equals(pid))?.host).toBe(host.ref.id);
  await cluster.wait(home.node.run(Process.send(pid, "still there")));
  await cluster.pass(100);
  expect(received).toEqual(["still there"]);
});

test("nobody is asked in another's name: the link is closed, with the reason, and nothing else is harmed", async () => {
  evil.said.length = 0;
  await cluster.wait(evil.node.run(Process.whereisAt(home.ref, "nobody")));
  const asked = evil.said.find(({ type }) => type === "signal.message") as Extract<Message, { from: unknown }>;
  evil.say(home, { ...asked, from: [evil.node.incarnation, 999] });
  await cluster.pass(100);
  expect(misbehaviour(home)).toMatchObject({
    node: evil.ref.id,
    reason: "node request: expected the asker's own ref",
  });
  expect(evil.events.map(({ type }) => type)).toContain("node.down");
});

test("what makes no sense closes the link of the one who said it", async () => {
  evil.say(home, { type: "heartbeat.watch", id: 1, heartbeat: await evil.encode("no heartbeat") });
  await cluster.pass(100);
  expect(misbehaviour(home)).toMatchObject({ node: evil.ref.id });
  expect(home.events.map(({ type }) => type)).toContain("node.down");
  expect(await cluster.wait(host.node.run(Process.whereisAt(home.ref, "nobody")))).toBeUndefined();
});

test("what is no message at all never gets that far", async () => {
  evil.say(home, { type: "transfer.in", process: "nonsense" } as unknown as Message);
  await cluster.pass(100);
  expect(home.events.find(({ type }) => type === "node.down")).toMatchObject({
    node: evil.ref.id,
    reason: expect.stringMatching(/process: expected a process/) as string,
  });
});

test("a value that cannot be decoded harms nobody but its receiver, who never sees it", async () => {
  const { pid, received } = collector(home);
  const { incarnation } = evil.node.kernel.address;
  const to = [home.node.incarnation, pid.serial] as const;
  const from = [incarnation, 1] as const;
  evil.say(home, { type: "signal.message", to, from, payload: { bytes: Uint8Array.of(0xff, 0xff), hashes: [] } });
  evil.say(home, { type: "signal.message", to, from, payload: await evil.encode("fine") });
  await cluster.pass(100);
  expect(received).toEqual(["fine"]);
  expect(home.events.map(({ type }) => type)).toContain("undecodable");
  expect(misbehaviour(home)).toBeUndefined();
});

test("what needs code that nobody has is dropped, and what comes after it arrives (R-401)", async () => {
  const { pid, received } = collector(home);
  const { incarnation } = evil.node.kernel.address;
  const to = [home.node.incarnation, pid.serial] as const;
  const from = [incarnation, 1] as const;
  evil.say(home, {
    type: "signal.message",
    to,
    from,
    payload: { ...(await evil.encode("needs code")), hashes: ["x".repeat(43)] },
  });
  evil.say(home, { type: "signal.message", to, from, payload: await evil.encode("after it") });
  await cluster.pass(200);
  expect(received).toEqual(["after it"]);
});
