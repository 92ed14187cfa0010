import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SeededRandom } from "@espalier/runtime/testing";
import { Container, createIdentity, Node, readIdentity, Server } from "espalier";
import { type Fate, Ledger, type Order, type Report, type Tally, type Target } from "./words.ts";

export interface SoakOptions {
  readonly seconds: number;
  /** Clients that are there at the same time. */
  readonly sessions: number;
  readonly seed: number;
}

/** The server's, after a collection of garbage. */
interface Sample {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly files: number;
  readonly links: number;
  /** Sessions that came up so far. */
  readonly done: number;
}

/** What stays for each session that came and went, in bytes, at most: a session that is kept is tens of thousands. */
const bytesPerSessionMax = 1_024;
/** Below this the heap is not said to grow: it is never the same twice. */
const growthBytesMin = 4 * 2 ** 20;
/** Longer than a handshake, a close that is not answered, or the silence after which a peer is given up. */
const patienceMs = 25_000;
const handshakeMs = 4_000;

// All clients have one address, and each comes many times: what one address may do is raised, and nothing else.
const limits = { handshakeMs, handshakesPerSecond: 1_000_000, halfOpenPerAddress: 10_000, halfOpen: 10_000 } as const;
const logger = { report: () => {} };
const options = { netTicktime: "8s", limits, logger } as const;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const now = (): number => performance.now();
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Files and sockets that are open; null where the system does not say. */
function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}

/** What keeps this program alive, by kind; what the standard streams are does not change. */
const resources = (): string => process.getActiveResourcesInfo().toSorted().join(" ");

/** A node, and three in a container, and all that they keep. */
class Town {
  readonly nodes: readonly Node[];
  readonly #container: Container;
  undecodable = 0;

  private constructor(container: Container, nodes: readonly Node[]) {
    this.#container = container;
    this.nodes = nodes;
    for (const node of nodes) {
      node.events.subscribe(({ type }) => {
        if (type === "undecodable" || type === "node.misbehaved") this.undecodable += 1;
      });
    }
  }

  static async start(clients: readonly string[]): Promise<Town> {
    const container = await Container.start({ limits, logger, listen: "ws://127.0.0.1:0" });
    const lone = await Node.start({ ...options, listen: "ws://127.0.0.1:0", allow: clients });
    const residents: Node[] = [];
    for (let index = 0; index < 3; index += 1) {
      residents.push(await container.create({ ...options, allow: clients }));
    }
    const town = new Town(container, [lone, ...residents]);
    for (const node of town.nodes) await node.run(Server.start(Ledger, undefined, { name: "ledger" }));
    return town;
  }

  get targets(): readonly Target[] {
    return this.nodes.map(({ ref: { id, address } }) => ({ id, address: address as string }));
  }

  get done(): number {
    return this.nodes.reduce((sum, node) => sum + (node.inspect().network?.handshakes.done ?? 0), 0);
  }

  get failed(): Readonly<Record<string, number>> {
    const all: Record<string, number> = {};
    for (const node of this.nodes) {
      const { network } = node.inspect();
      for (const [why, count] of Object.entries(network?.handshakes.failed ?? {})) all[why] = (all[why] ?? 0) + count;
    }
    return all;
  }

  get links(): number {
    return this.nodes.reduce((sum, node) => sum + node.inspect().links.length, 0);
  }

  /** All that there is because of somebody else. */
  kept(): string {
    const nodes = this.nodes.map((node) => {
      const { records, moving, homes, peers, links, channels, heartbeats, timerList, processes, network } =
        node.inspect();
      return {
        records,
        moving,
        homes,
        peers: peers.length,
        links: links.length,
        channels,
        heartbeats: heartbeats.length,
        timers: timerList.map(({ what }) => what),
        processes: processes.map(({ label, mailbox }) => `${label} ${mailbox}`),
        halfOpen: network?.handshakes.halfOpen,
        dialsQueued: network?.dialsQueued,
        connections: network?.connections,
      };
    });
    return JSON.stringify([nodes, this.#container.inspect().pipes.halfOpen, resources(), openFiles()]);
  }

  /** Ends what there is with a client, and lets it in again. */
  async revoke(target: string, client: string): Promise<void> {
    const node = this.nodes.find(({ ref }) => ref.id === target) as Node;
    await node.access.revoke(client);
    node.access.allow(client);
  }

  async stop(): Promise<void> {
    await this.#container.stop();
    await this.nodes[0]?.stop();
  }
}

/** An OS process of clients, which may be killed at any time and comes again with the same keys. */
class Crowd {
  readonly #keys: readonly string[];
  readonly #town: Town;
  readonly #lifeMs: number;
  readonly tallies: Tally[] = [];
  #process: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  /** It has begun. */
  ready: Promise<void> = Promise.resolve();
  #code: number | null = null;
  kills = 0;

  constructor(keys: readonly string[], town: Town, lifeMs: number) {
    this.#keys = keys;
    this.#town = town;
    this.#lifeMs = lifeMs;
  }

  begin(seed: number): void {
    const child = fork(new URL("clients.ts", import.meta.url), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#process = child;
    // Whoever was killed meanwhile does not hear it.
    const order = (message: Order): void => void (child.connected && child.send(message, () => {}));
    const life = this.kills;
    let begun = (): void => {};
    this.ready = new Promise((resolve) => (begun = resolve));
    child.on("message", (message: Report) => {
      if (message.type === "tally") this.tallies[life] = message.tally;
      else if (message.type === "ready") {
        const { targets } = this.#town;
        order({ type: "begin", keys: this.#keys, targets, seed, lifeMs: this.#lifeMs });
        begun();
      } else {
        const { client, target } = message;
        void this.#town.revoke(target, client).then(() => order({ type: "revoked", client }));
      }
    });
    this.#ended = new Promise((resolve) => {
      child.once("close", (code) => {
        this.#code = code;
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    this.kills += 1;
    this.#process?.kill("SIGKILL");
    await this.#ended;
  }

  /** @returns whether it ended in order. */
  async finish(): Promise<boolean> {
    const child = this.#process as ChildProcess;
    if (child.connected) child.send({ type: "finish" } satisfies Order);
    const timer = setTimeout(() => child.kill("SIGKILL"), 4 * patienceMs);
    await this.#ended;
    clearTimeout(timer);
    return this.#code === 0;
  }
}

/**
 * A node and a container of three, in this OS process, with `sessions` clients in two others that come, speak and die in every way that there
 * is. Prints how it goes, and what is left.
 *
 * @returns whether nothing is left, nothing was lost, and memory is flat.
 */
export async function soak({ seconds, sessions, seed }: SoakOptions): Promise<boolean> {
  // First, so that the stream that is written to counts among what there was before.
  console.log(`${sessions} clients for ${seconds} s, seed ${seed}`);
  const before = resources();
  const identities = Array.from({ length: sessions }, () => createIdentity());
  const keys = identities.map((identity) => identity.keyText());
  const town = await Town.start(keys.map((key) => readIdentity(key).id));
  const baseline = town.kept();
  const lifeMs = Math.min(15_000, seconds * 100);
  const half = sessions >> 1;
  const crowds = [keys.slice(0, half), keys.slice(half)].map((of) => new Crowd(of, town, lifeMs));
  const [steady, mortal] = crowds as [Crowd, Crowd];
  const random = new SeededRandom(seed);
  const samples: Sample[] = [];
  const sample = (): Sample => {
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    const atMs = now() - began;
    return { atMs, heapBytes: heapUsed, rssBytes: rss, files: openFiles() ?? 0, links: town.links, done: town.done };
  };
  steady.begin(seed * 2);
  mortal.begin(seed * 2 + 1);
  const everyMs = Math.max(250, (seconds * 1_000) / 40);
  const killEveryMs = Math.max(2_000, (seconds * 1_000) / 6);
  // To load the code takes longer than anything else.
  await Promise.all(crowds.map((crowd) => crowd.ready));
  const began = now();
  const endsAt = began + seconds * 1_000;
  let killAt = now() + killEveryMs * (0.5 + random.unit());
  while (now() < endsAt) {
    await sleep(Math.min(everyMs, Math.max(1, endsAt - now())));
    const one = sample();
    samples.push(one);
    if (samples.length % 4 === 0) console.log(lineOf(one));
    if (now() < killAt || endsAt - now() < killEveryMs / 2) continue;
    await mortal.kill();
    mortal.begin(seed * 2 + 1 + 2 * mortal.kills);
    await mortal.ready;
    killAt = now() + killEveryMs * (0.5 + random.unit());
  }
  const done = town.done;
  const elapsedMs = now() - began;
  const inOrder = await Promise.all(crowds.map((crowd) => crowd.finish()));

  const faults: string[] = [];
  const left = await settled(() => town.kept(), baseline);
  if (left !== null) faults.push(`something is left of the clients:\n  expected ${baseline}\n  got      ${left}`);
  const last = sample();
  const tallies = crowds.flatMap((crowd) => crowd.tallies).filter((tally) => tally !== undefined);
  const lives: Record<string, number> = {};
  for (const tally of tallies) {
    for (const fate of Object.keys(tally.lives) as Fate[]) lives[fate] = (lives[fate] ?? 0) + tally.lives[fate];
  }
  const total = (of: (tally: Tally) => number): number => tallies.reduce((sum, tally) => sum + of(tally), 0);
  const lost = total((tally) => tally.lost);
  if (lost > 0) faults.push(`${lost} messages were lost of sessions in order`);
  if (total((tally) => tally.said) === 0) faults.push("nobody said anything");
  const failures = tallies.flatMap((tally) => tally.failures);
  if (failures.length > 0) faults.push(`sessions in order that failed: ${failures.slice(0, 5).join("; ")}`);
  if (!inOrder.every(Boolean)) faults.push("a process of clients did not end in order");
  if (town.undecodable > 0) faults.push(`${town.undecodable} messages that make no sense`);
  const heap = slope(samples, (one) => one.heapBytes);
  const rss = slope(samples, (one) => one.rssBytes);
  if (heap.growthBytes > growthBytesMin && heap.perSession > bytesPerSessionMax) {
    faults.push(`the heap grows: ${heap.text}`);
  }
  const kinds = town.failed;
  await town.stop();
  const remaining = await settled(resources, before);
  if (remaining !== null) faults.push(`something is left of the nodes: ${remaining}, where there was ${before}`);

  console.log(
    `sessions   ${done} in ${(elapsedMs / 1_000).toFixed(0)} s, ${Math.round((done * 1_000) / elapsedMs)} a second`,
  );
  console.log(`lives      ${text(lives)}; ${mortal.kills} times ${sessions - half} at once by SIGKILL`);
  console.log(`handshakes that came to nothing: ${text(kinds)}`);
  console.log(`messages   ${total((tally) => tally.said)} said, ${lost} lost`);
  console.log(`heap       ${heap.text}; at the end ${mebibytes(last.heapBytes)}`);
  console.log(`RSS        ${rss.text}; at the end ${mebibytes(last.rssBytes)}`);
  console.log(`files      ${last.files} at the end, ${Math.max(...samples.map((one) => one.files))} at most`);
  for (const fault of faults) console.log(fault);
  console.log(faults.length === 0 ? "nothing is left" : "NOT as it should be");
  return faults.length === 0;
}

function lineOf({ atMs, heapBytes, rssBytes, files, links, done }: Sample): string {
  return `${(atMs / 1_000).toFixed(0).padStart(5)} s  ${String(links).padStart(5)} links  ${String(done).padStart(7)} sessions  heap ${mebibytes(heapBytes)}  RSS ${mebibytes(rssBytes)}  ${files} files`;
}

const text = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${what} ${count}`)
    .join(", ");

/** By how much something grows over the second half, by least squares. */
function slope(
  samples: readonly Sample[],
  of: (sample: Sample) => number,
): { readonly growthBytes: number; readonly perSession: number; readonly text: string } {
  const half = samples.slice(samples.length >> 1);
  const [first, last] = [half[0], half.at(-1)] as [Sample, Sample];
  const mean = (what: (sample: Sample) => number): number =>
    half.reduce((sum, one) => sum + what(one), 0) / half.length;
  const [meanMs, meanBytes] = [mean((one) => one.atMs), mean(of)];
  const squares = mean((one) => (one.atMs - meanMs) ** 2);
  const perMs = squares === 0 ? 0 : mean((one) => (one.atMs - meanMs) * (of(one) - meanBytes)) / squares;
  const growthBytes = perMs * (last.atMs - first.atMs);
  const perSession = growthBytes / Math.max(1, last.done - first.done);
  const perMinute = `${((perMs * 60_000) / 2 ** 10).toFixed(0)} KiB a minute`;
  return {
    growthBytes,
    perSession,
    text: `${mebibytes(meanBytes)} on the average of the second half, grows by ${perMinute}, ${perSession.toFixed(0)} bytes a session`,
  };
}

/** Waits until it is so. @returns how it is instead, or null. */
async function settled(of: () => string, wanted: string): Promise<string | null> {
  const until = now() + patienceMs;
  for (;;) {
    const found = of();
    if (found === wanted) return null;
    if (now() > until) return found;
    await sleep(100);
  }
}
