import type { LocalGenerator } from "@espalier/heartbeat";
import { InKernel, Remote, toBase64Url, type Disk, type Kernel, type Pid } from "@espalier/runtime";
import { Parcel } from "./parcel.ts";

/** Who uses a queue of a node, and when the last of what it asked of the disk is done. */
interface Use {
  owner: Pid<any>;
  settled: Promise<unknown>;
}

const uses = new WeakMap<Kernel, Map<string, Use>>();

/** The format and its version. */
const signature = "espalier-delivery 1";

const extension = ".message";

/**
 * A queue on the disk: one file for each message, named by its number. A message is on the disk before whoever sent it hears that it was handed over,
 * and leaves when it is confirmed. The directory is below that of the node, which no other node uses; on the node one process at a time does.
 */
export class QueueFiles {
  readonly #id: string;
  readonly #kernel: Kernel;
  readonly #directory: string;
  readonly #use: Use;
  #last = 0;

  private constructor(id: string, kernel: Kernel, directory: string, use: Use) {
    this.#id = id;
    this.#kernel = kernel;
    this.#directory = directory;
    this.#use = use;
  }

  /** @throws TypeError when the node has no directory, or a process has the queue. */
  static open(id: string): InKernel<QueueFiles> {
    return new InKernel((kernel, { pid }) => {
      const data = kernel.checkpoints?.data;
      if (data === undefined) {
        throw new TypeError(`durable: expected a node with a data directory for the queue ${id}; start it with data`);
      }
      let known = uses.get(kernel);
      if (known === undefined) uses.set(kernel, (known = new Map()));
      let use = known.get(id);
      if (use === undefined) known.set(id, (use = { owner: pid, settled: Promise.resolve() }));
      if (!use.owner.equals(pid) && kernel.find(use.owner)?.alive === true) {
        throw new TypeError(`durable: expected a queue that nobody has, but ${use.owner.toString()} has ${id}`);
      }
      use.owner = pid;
      return new QueueFiles(id, kernel, `${data}/delivery/${id}`, use);
    });
  }

  /** What was not confirmed in a former life, in order. @throws TypeError naming a file that is damaged. */
  *load(partBytes: number): LocalGenerator<readonly Parcel[]> {
    const parcels: Parcel[] = [];
    const names = yield* this.#settled((disk) => disk.list(this.#directory));
    for (const name of names) {
      if (!name.endsWith(extension)) continue;
      const path = `${this.#directory}/${name}`;
      const file = yield* this.#settled((disk) => disk.read(path));
      if (file === null) continue;
      const parcel = new Parcel({ bytes: this.#parse(path, file) }, partBytes);
      parcel.stored = this.#last = Number.parseInt(name, 10);
      parcels.push(parcel);
    }
    return parcels;
  }

  /** @throws TypeError for a message that cannot be kept. */
  check({ bytes }: Parcel): void {
    if (bytes !== null) return;
    throw new TypeError(`message: expected one without code in it for the durable queue ${this.#id}; send data`);
  }

  *add(parcel: Parcel): LocalGenerator<void> {
    const bytes = parcel.bytes as Uint8Array;
    const head = new TextEncoder().encode(`${signature} ${toBase64Url(this.#kernel.host.crypto.sha256(bytes))}\n`);
    const file = new Uint8Array(head.length + bytes.length);
    file.set(head);
    file.set(bytes, head.length);
    this.#last += 1;
    parcel.stored = this.#last;
    yield* this.#settled((disk) => disk.write(this.#path(parcel.stored as number), file, { secret: true }));
  }

  *remove(stored: number): LocalGenerator<void> {
    yield* this.#settled((disk) => disk.remove(this.#path(stored)));
  }

  /** Sixteen digits: as text they are sorted as numbers. */
  #path(stored: number): string {
    return `${this.#directory}/${String(stored).padStart(16, "0")}${extension}`;
  }

  #parse(path: string, file: Uint8Array): Uint8Array {
    const end = file.indexOf(10);
    const [name, version, digest] = new TextDecoder().decode(file.subarray(0, Math.max(end, 0))).split(" ");
    if (`${name} ${version}` !== signature) {
      throw new TypeError(
        `${path}: expected a file of ${signature}; move it away, or start with the version that wrote it`,
      );
    }
    const bytes = file.slice(end + 1);
    if (digest !== toBase64Url(this.#kernel.host.crypto.sha256(bytes))) {
      throw new TypeError(
        `${path}: its digest does not fit its content; the file is damaged, move it away to go on without it`,
      );
    }
    return bytes;
  }

  /** One thing at a time, and after all that a former owner asked for: it may have ended while the disk was busy. */
  *#settled<T>(what: (disk: Disk) => Promise<T>): LocalGenerator<T> {
    const use = this.#use;
    const done = use.settled.then(() => what(this.#kernel.host.disk));
    // Whoever asked hears of the error, and nobody else.
    use.settled = done.catch(() => null);
    return yield* Remote.promise(() => done);
  }
}
