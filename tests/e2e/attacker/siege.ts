import { setTimeout } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  createIdentity,
  Node,
  Process,
  type Limits,
  type LocalGenerator,
  type NodeEvent,
  type NodeRef,
  type Self,
} from "espalier";
import { afterAll, beforeAll, expect } from "vitest";
import { encode, type Cbor } from "./cbor.ts";
import { Dialler, targetOf, type DialOptions, type Mallory } from "./mallory.ts";
import { openPipe, type Pipe } from "./pipe.ts";

export const quiet = { report: () => {} };
export const sharedKey = Buffer.alloc(32, 7);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
export const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const resources = (): readonly string[] => process.getActiveResourcesInfo();

/** What keeps this program alive, by kind, beyond what did `before`. */
function leftSince(before: readonly string[]): readonly string[] {
  const known = [...before];
  return resources().filter((kind) => {
    const at = known.indexOf(kind);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

/** To be called once a file, before all else: nothing may be left of all its sieges, no socket, no port, no timer, no memory. */
export function expectNothingLeft(): void {
  let before: readonly string[] = [];
  let heapBefore = 0;
  beforeAll(() => {
    before = resources();
    heapBefore = heapBytes();
  });
  afterAll(async () => {
    for (let tries = 0; tries < 100 && leftSince(before).length > 0; tries += 1) await setTimeout(50);
    expect(leftSince(before)).toEqual([]);
    expect(heapBytes() - heapBefore).toBeLessThan(32 * 2 ** 20);
  });
}

type Ask = { readonly text: string; readonly to: { readonly name: string; readonly node: NodeRef } };

function* ask(self: Self<string>, to: NodeRef, own: NodeRef, text: string): LocalGenerator<string> {
  yield* Process.register(text);
  yield* Process.send({ name: "echo", node: to }, { text, to: { name: text, node: own } } satisfies Ask);
  return yield* self.receive();
}

/** A node under attack, and an honest one that talks with it all the time. */
export class Siege implements AsyncDisposable {
  readonly node: Node;
  readonly honest: Node;
  readonly events: NodeEvent[] = [];
  /** What its only process has received. */
  readonly received: unknown[] = [];
  /** Its address in signals. */
  victim: readonly [string, number] = ["", 0];
  #asked = 0;

  private constructor(node: Node, honest: Node) {
    this.node = node;
    this.honest = honest;
    node.events.subscribe((event) => void this.events.push(event));
  }

  static async begin(
    allow: readonly string[],
    limits: Partial<Limits> = {},
    start: (options: Parameters<typeof Node.start>[0]) => Promise<Node> = (options) =>
      Node.start({ listen: "ws://127.0.0.1:0", ...options }),
  ): Promise<Siege> {
    const identity = createIdentity();
    const node = await start({ allow: [identity.id, ...allow], sharedKey, limits, logger: quiet });
    const honest = await Node.start({ identity, listen: "ws://127.0.0.1:0", allow: [node.ref.id], logger: quiet });
    const siege = new Siege(node, honest);
    const ready = Promise.withResolvers<void>();
    const { received } = siege;
    function* echo(self: Self<Ask>): LocalGenerator<never> {
      yield* Process.register("echo");
      siege.victim = [self.pid.address.incarnation, self.pid.serial];
      ready.resolve();
      for (;;) {
        const message = yield* self.receive();
        received.push(message);
        if (message?.to !== undefined) yield* Process.send(message.to, message.text);
      }
    }
    void node.run(echo).catch(() => {});
    await ready.promise;
    await siege.unharmed();
    siege.events.length = 0;
    return siege;
  }

  get url(): string {
    return this.node.ref.url;
  }

  /** Everything that was said of failures so far, as one text. */
  get said(): string {
    return this.events.flatMap((event) => ("reason" in event ? [`${event.type}: ${event.reason}`] : [])).join("\n");
  }

  /** The honest session answers, nothing but what it said has arrived, and no handshake is under way. */
  async unharmed(): Promise<void> {
    const text = `ask ${(this.#asked += 1)}`;
    expect(await this.honest.run(ask, this.node.ref, this.honest.ref, text)).toBe(text);
    const received = this.received.map((message) => (message as Ask).text);
    expect(received).toEqual(Array.from({ length: this.#asked }, (_, index) => `ask ${index + 1}`));
    const { links, processes } = this.node.inspect();
    expect(links.filter(({ peer }) => peer === this.honest.ref.id)).toHaveLength(1);
    expect(processes.filter(({ label }) => label !== "echo")).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.node.stop(), this.honest.stop()]);
  }
}

/** The siege is {@link Siege.unharmed}, what went wrong was said by name, and everything that was the attacker's is gone. */
export async function expectOver(siege: Siege, why: RegExp): Promise<void> {
  await expect.poll(() => siege.said, { timeout: 5000 }).toMatch(why);
  await expect.poll(() => siege.node.inspect().network?.handshakes.halfOpen, { timeout: 5000 }).toBe(0);
  await expect.poll(() => siege.node.inspect().links.map(({ peer }) => peer)).toEqual([siege.honest.ref.id]);
  expect(siege.node.inspect().network?.connections).toBe(1);
  await siege.unharmed();
  siege.events.length = 0;
}

/** A handshake up to the third frame, which is given and not sent. */
export async function almost(
  me: Mallory,
  url: string,
  options: DialOptions = {},
): Promise<{ pipe: Pipe; dialler: Dialler }> {
  const to = targetOf(url);
  const pipe = await openPipe(to.url);
  const dialler = new Dialler(me, to.key, options);
  pipe.send(dialler.first());
  dialler.second((await pipe.next()) as Buffer);
  return { pipe, dialler };
}

/** The static key that the node uses now: it shows it to whoever connects. */
export async function staticKeyOf(me: Mallory, url: string): Promise<Uint8Array> {
  const { pipe, dialler } = await almost(me, url);
  pipe.destroy();
  return dialler.handshake.theirs as Uint8Array;
}

/** One first frame; what comes back until the pipe is closed or has said something. */
export async function knock(url: string, first: Uint8Array): Promise<Buffer | null> {
  const pipe = await openPipe(targetOf(url).url);
  pipe.send(first);
  const answer = await pipe.next();
  pipe.destroy();
  return answer;
}

export const payload = (value: Cbor): { readonly bytes: Buffer; readonly hashes: readonly string[] } => ({
  bytes: encode(value),
  hashes: [],
});
