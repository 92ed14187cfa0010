import { createIdentity } from "@espalier/wire";
import { toBase64Url } from "@espalier/runtime";
import { expect, it } from "vitest";
import { Caller, firstFrame, stage } from "./world.ts";

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

it("hands a pipe to the node that its first frame names, with that frame, and each later frame as it is", async () => {
  const { host, container, doorman, callFor } = await stage();
  const [a, b] = [doorman("a"), doorman("b")];
  await host.wait(container.create(a.record));
  await host.wait(container.create(b.record));
  const caller = callFor(b.id);
  caller.pipe.send(Uint8Array.of(1));
  host.run();
  expect(b.frames).toEqual([toBase64Url(firstFrame(b.id)), toBase64Url(Uint8Array.of(1))]);
  expect(a.frames).toEqual([]);
  expect(caller.heard.map(text)).toEqual([`b ${firstFrame(b.id).length}`, "b 1"]);
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 0, routed: 1, local: 0 });
  caller.pipe.close();
  host.run();
  expect(b.closed).toBe(1);
  await host.wait(container.stop());
  expect(host.timers).toBe(0);
});

it("refuses by name whoever wants a node that is not here, or sleeps, and waits until they have read it", async () => {
  const { host, container, doorman, callFor, events } = await stage();
  const sleeper = doorman("sleeper");
  container.createAsleep(sleeper.record);
  const { id: nobody } = createIdentity(host);
  const [lost, early] = [callFor(nobody), callFor(sleeper.id)];
  expect(lost.refusal).toBe(`no node ${nobody} lives here`);
  expect(early.refusal).toBe(`the node ${sleeper.id} is asleep`);
  expect([lost.end, early.end]).toEqual([null, null]);
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 2, routed: 0, refused: { unknown: 1, asleep: 1 } });
  expect(events.filter(({ type }) => type === "container.refused")).toMatchObject([
    { node: nobody, kind: "unknown" },
    { node: sleeper.id, kind: "asleep" },
  ]);
  lost.pipe.close();
  host.run();
  expect(container.inspect().pipes.halfOpen).toBe(1);
  host.advance(5_000);
  expect(early.end).toMatch(/within 5000 ms/);
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 0, refused: { asleep: 1, late: 0 } });
  expect(sleeper.starts).toBe(0);
  expect(host.timers).toBe(0);
});

it("refuses another version by name, and closes on what is none of the protocol, or too large", async () => {
  const { host, container, doorman, call } = await stage();
  const a = doorman("a");
  await host.wait(container.create(a.record));
  const [other, web, short, large] = [call(), call(), call(), call()];
  other.pipe.send(firstFrame(a.id, 9));
  web.pipe.send(new TextEncoder().encode("GET / HTTP/1.1"));
  short.pipe.send(firstFrame(a.id).slice(0, 20));
  large.pipe.send(new Uint8Array(65_536));
  host.run();
  expect(other.refusal).toBe("version mismatch: wire 1 here, wire 9 there");
  expect([web.end, short.end, large.end]).toEqual([
    "what connected does not speak Espalier's protocol",
    expect.stringContaining("a first frame of 20 bytes"),
    "a frame of 65536 bytes; the limit is 65535",
  ]);
  expect(a.frames).toEqual([]);
  expect(container.inspect().pipes.refused).toMatchObject({ misfit: 1, malformed: 3 });
});

it("tells the node how much of the time for the handshake is over (S299)", async () => {
  const { host, container, doorman, call } = await stage();
  const a = doorman("a");
  await host.wait(container.create(a.record));
  const caller = call();
  host.advance(3_000);
  caller.pipe.send(firstFrame(a.id));
  host.run();
  expect(a.waitedMs).toEqual([3_000]);
});

it("closes a pipe that says nothing for the time of a handshake, and one that says more before it was answered", async () => {
  const { host, container, call, callFor } = await stage();
  const silent = call();
  host.advance(4_999);
  expect(silent.end).toBeNull();
  host.advance(1);
  expect(silent.end).toBe("no first frame within 5000 ms");
  const eager = callFor(createIdentity(host).id);
  eager.pipe.send(Uint8Array.of(1));
  host.run();
  expect(eager.end).toBe("a second frame before the first was answered");
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 0, refused: { late: 1, unknown: 1, malformed: 0 } });
  expect(host.timers).toBe(0);
});

it("keeps nobody out of a node for a flood: not silent pipes, not those to a node that starts (S283)", async () => {
  const { host, container, doorman, call, callFor } = await stage({ limits: { halfOpen: 16, halfOpenPerAddress: 64 } });
  const [a, b] = [doorman("a"), doorman("b")];
  let open = (): void => {};
  a.gate = new Promise((resolve) => (open = resolve));
  const starting = container.create(a.record);
  await host.wait(container.create(b.record));

  const victim = new Caller(host, "ws://here:1");
  host.run();
  const flood = Array.from({ length: 40 }, () => callFor(a.id));
  expect(container.inspect().pipes).toMatchObject({ halfOpen: 16, refused: { crowded: 25 } });
  // Of those who have said nothing there is only one: it is not they who have most.
  expect(victim.end).toBeNull();
  victim.pipe.send(firstFrame(b.id));
  host.run();
  expect(victim.heard.map(text)).toEqual([`b ${firstFrame(b.id).length}`]);

  const silent = Array.from({ length: 40 }, () => call());
  expect(text(callFor(b.id).heard[0])).toMatch(/^b /);
  expect(silent.filter(({ end }) => end === null).length).toBe(7);
  open();
  await host.wait(starting);
  expect(a.frames).toHaveLength(flood.filter(({ end }) => end === null).length);
});

it("keeps nobody out for those who were refused and stay", async () => {
  const { host, container, call, callFor } = await stage({ limits: { halfOpen: 16, halfOpenPerAddress: 64 } });
  const victim = call();
  const { id: nobody } = createIdentity(host);
  const refused = Array.from({ length: 40 }, () => callFor(nobody));
  expect(victim.end).toBeNull();
  expect(refused.filter(({ end }) => end === null)).toHaveLength(15);
  expect(refused.every(({ refusal }) => refusal !== null)).toBe(true);
  expect(container.inspect().pipes.halfOpen).toBe(16);
});

it("lets nodes of one container reach each other without the network, through the same door", async () => {
  const { host, container, doorman } = await stage({ address: "ws://public:1" });
  const [a, b] = [doorman("a"), doorman("b")];
  await host.wait(container.create(a.record));
  await host.wait(container.create(b.record));
  for (const url of ["ws://public:1", "ws://here:1"]) {
    const heard: string[] = [];
    const pipe = a.network?.connect(url, {
      open: () => pipe?.send(firstFrame(b.id)),
      frame: (bytes) => heard.push(text(bytes)),
      closed: () => {},
    });
    host.run();
    expect(heard).toEqual([`b ${firstFrame(b.id).length}`]);
  }
  expect(b.remotes).toEqual(Array.from({ length: 2 }, () => `ws://public:1/#${a.id}`));
  expect(container.inspect().pipes).toMatchObject({ routed: 2, local: 2, halfOpen: 0 });
  // Anywhere else is the network's business.
  const elsewhere: string[] = [];
  a.network?.connect("ws://elsewhere:1", { open() {}, frame() {}, closed: (reason) => elsewhere.push(reason) });
  host.run();
  expect(elsewhere).toEqual(["connect ws://elsewhere:1: nobody listens there"]);
});
