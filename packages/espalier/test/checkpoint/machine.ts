import {
  createIdentity,
  Process,
  remote,
  Remote,
  startConnected,
  type NodeEvent,
  type Node,
  type Report,
} from "espalier";
import type { Disk, DiskLock } from "@espalier/runtime";
import { ManualHost, type ManualDisk } from "@espalier/runtime/testing";

/** A disk whose machine may lose its power before or after any access, or that may be full. */
export class FragileDisk implements Disk {
  readonly under: ManualDisk;
  /** How many accesses happened. */
  accesses = 0;
  /** The number of the access that never answers; `done`: it had its effect. */
  dies: { readonly at: number; readonly done: boolean } | null = null;
  /** What writing fails with. */
  trouble: Error | null = null;
  #dead = false;

  constructor(under: ManualDisk) {
    this.under = under;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  read(path: string): Promise<Uint8Array | null> {
    return this.#access(() => this.under.read(path));
  }

  write(path: string, bytes: Uint8Array, options?: { readonly secret?: boolean }): Promise<void> {
    return this.#access(async () => {
      if (this.trouble !== null) throw this.trouble;
      await this.under.write(path, bytes, options);
    });
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#access(() => this.under.list(directory));
  }

  remove(path: string): Promise<void> {
    return this.#access(() => this.under.remove(path));
  }

  lock(path: string): Promise<DiskLock> {
    return this.#access(() => this.under.lock(path));
  }

  /** The power is gone: nothing is answered any more. */
  die(): void {
    this.#dead = true;
  }

  #access<T>(access: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => {});
    if (this.#dead) return never;
    this.accesses += 1;
    if (this.dies?.at !== this.accesses) return access();
    this.#dead = true;
    return this.dies.done ? access().then(() => never) : never;
  }
}

/** One life of a node on a disk that outlives it. */
export interface Life {
  readonly host: ManualHost;
  readonly disk: FragileDisk;
  readonly node: Node;
  readonly events: NodeEvent[];
  readonly reports: Report[];
  /** Nothing of it happens any more, and the operating system takes its locks. */
  crash(): void;
}

let lives = 0;

/** It is the same node in all its lives. */
const identity = createIdentity(new ManualHost({ seed: 99 }));

/** Starts a node in a life of its own; null when its disk died meanwhile. */
export async function begin(
  under: ManualDisk,
  boot: (node: Node) => void = () => {},
  dies: FragileDisk["dies"] = null,
  trouble: Error | null = null,
): Promise<Life | null> {
  lives += 1;
  const host = new ManualHost({ seed: lives });
  const disk = new FragileDisk(under);
  disk.dies = dies;
  disk.trouble = trouble;
  const events: NodeEvent[] = [];
  const reports: Report[] = [];
  const starting = startConnected({
    host: Object.assign(Object.create(host) as ManualHost, { disk }),
    identity,
    data: "state",
    checkpointsMax: 3,
    logger: { report: (report) => void reports.push(report) },
  });
  const crash = (): void => {
    disk.die();
    under.locks.clear();
  };
  let node: Node | null = null;
  const failed: unknown[] = [];
  starting.then(
    (started) => {
      node = started;
      // Before anything that was resumed has its turn.
      node.events.subscribe((event) => void events.push(event));
      boot(node);
    },
    (error: unknown) => void failed.push(error),
  );
  await pass(host);
  if (failed.length > 0) throw failed[0];
  if (node === null) {
    crash();
    return null;
  }
  return { host, disk, node, events, reports, crash };
}

/** Lets everything happen that does not need time, in the order of a real event loop: all that promises bring, then a round of tasks. */
export async function pass(host: ManualHost): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    for (let turn = 0; turn < 32; turn += 1) await Promise.resolve();
    host.run();
  }
}

export const count = remote({}, function* count(steps: number) {
  let sum = 0;
  for (let step = 1; step <= steps; step += 1) {
    sum += step;
    const { epoch, resumed } = yield* Remote.checkpoint();
    yield* Process.send("ledger", { step, sum, epoch, resumed });
  }
  return sum;
});
