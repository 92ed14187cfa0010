import { Tally } from "@espalier/heartbeat";
import type { CodeStore, Hash, PackedDefinition, Trust } from "../code.ts";
import type { Host } from "../host.ts";
import type { CodeNeedMessage, CodeSupplyMessage, Message } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { beyond, type Limits } from "../limits.ts";
import { ProtocolError } from "./errors.ts";
import { Insistence } from "./insistence.ts";
import { type Manifests, readReference } from "./manifests.ts";

/** What waits for definitions, or for its turn behind something that does. */
interface Job {
  /** As the peer named them. */
  readonly hashes: readonly string[];
  /** Called with why the definitions will not come; null when they are here. */
  readonly work: (problem: string | null) => void;
  /** What it keeps in memory. */
  readonly bytes: number;
  /** The disk was asked for what is missing. */
  recalled?: true;
}

interface Line {
  readonly peer: NodeId;
  /** Whether it outlives the link: then its jobs wait for the next one. */
  readonly isSure: boolean;
  readonly jobs: Job[];
  /** Until the disk has answered. */
  recalling?: Promise<void>;
}

/**
 * Does things in order that need definitions first: what was sent together with a function waits until the function is known here, and
 * everything behind it in the same line waits too. What is missing is looked for on this node's disk, and then the peer is asked, once
 * for the whole set.
 */
export class CodeExchange {
  readonly #code: CodeStore;
  readonly #manifests: Manifests;
  readonly #trustIn: (peer: NodeId) => Trust;
  readonly #hears: (peer: NodeId) => boolean;
  readonly #send: (peer: NodeId, message: Message) => boolean;
  readonly #insistence: Insistence;
  /** What waits, by line; a line without anything waiting is not here. */
  readonly #lines = new Map<string, Line>();
  /** What each peer has been asked for. */
  readonly #asked = new Map<NodeId, Map<Hash, string>>();
  readonly #limits: Limits;
  readonly #misbehaved: (peer: NodeId, reason: string) => void;
  /** What waits of each peer. */
  readonly #jobs = new Tally();
  readonly #bytes = new Tally();
  #stopped = false;

  constructor(
    code: CodeStore,
    manifests: Manifests,
    trustIn: (peer: NodeId) => Trust,
    host: Host,
    patienceMs: number,
    hears: (peer: NodeId) => boolean,
    send: (peer: NodeId, message: Message) => boolean,
    limits: Limits,
    misbehaved: (peer: NodeId, reason: string) => void,
  ) {
    this.#limits = limits;
    this.#misbehaved = misbehaved;
    this.#code = code;
    this.#manifests = manifests;
    this.#trustIn = trustIn;
    this.#hears = hears;
    this.#send = send;
    this.#insistence = new Insistence(host, patienceMs, (peer, message) => void send(peer, message));
  }

  /**
   * Calls `work` once `hashes` are here, or cannot be had from `peer` any more; never before what was put into the same line earlier. What a
   * link brought is over with the link, if it waits still. When more waits than the limits allow, or more `bytes`, the node is told.
   */
  run(line: string, peer: NodeId, hashes: readonly string[], work: (problem: string | null) => void, bytes = 0): void {
    this.#run(line, peer, false, { hashes, work, bytes });
  }

  /** The same for what must not get lost with a link: it waits for the next one, until the line is dropped. */
  runSurely(line: string, peer: NodeId, hashes: readonly string[], work: () => void, bytes = 0): void {
    this.#run(line, peer, true, { hashes, work, bytes });
  }

  /** Whether anything waits in this line. */
  isWaiting(line: string): boolean {
    return (this.#lines.get(line)?.jobs.length ?? 0) > 0;
  }

  /** What would have been done in this line is not done any more. */
  drop(line: string): void {
    const dropped = this.#lines.get(line);
    if (dropped === undefined) return;
    for (const job of dropped.jobs) this.#count(dropped.peer, job, -1);
    this.#lines.delete(line);
  }

  /** How many lines wait, and how many peers were asked. */
  get size(): number {
    return this.#lines.size + this.#asked.size;
  }

  /** A peer asks for definitions. */
  needed(peer: NodeId, { hashes }: CodeNeedMessage): void {
    const missing = this.#code.missing(hashes.map((text) => readReference(text).hash));
    this.#send(peer, { type: "code.supply", definitions: this.#manifests.supply(peer, hashes), missing });
  }

  /** The answer to what was asked. */
  supplied(peer: NodeId, { definitions, missing }: CodeSupplyMessage): void {
    const asked = this.#asked.get(peer);
    if (asked === undefined) return;
    let problem = missing.some((hash) => asked.has(hash)) ? "its sender lacks the definitions itself" : null;
    // Nobody gets code in here that was not asked for.
    const wanted = reachable(definitions, asked.keys());
    try {
      if (wanted.length > 0) this.#code.admit(wanted, this.#trustIn(peer), peer);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    for (const { hash } of wanted) asked.delete(hash);
    for (const hash of missing) asked.delete(hash);
    if (asked.size === 0) this.#settle(peer);
    this.#resume(peer, problem, () => true);
  }

  /** A link to `peer` is up: what was asked for over an earlier one may not come. */
  linked(peer: NodeId): void {
    this.#insistence.linked(peer);
    // What it needs may have come from elsewhere while nobody listened to it.
    this.#resume(peer, null, ({ isSure }) => isSure);
  }

  /** The link to `peer` is gone. */
  lost(peer: NodeId): void {
    this.#resume(peer, "the link to its sender was lost", ({ isSure }) => !isSure);
    const isAwaited = [...this.#lines.values()].some((line) => line.peer === peer);
    if (!isAwaited) this.#settle(peer);
  }

  stop(): void {
    this.#stopped = true;
    this.#insistence.stop();
  }

  #run(name: string, peer: NodeId, isSure: boolean, job: Job): void {
    // Nothing waits anywhere, as nearly always.
    if (this.#lines.size === 0 && job.hashes.length === 0) return this.#work(peer, job, null);
    const waiting = this.#lines.get(name);
    if (waiting !== undefined) {
      waiting.jobs.push(job);
      this.#count(waiting.peer, job, 1);
    } else if (this.#manifests.missing(job.hashes).length === 0) this.#do(peer, job);
    else {
      const line = { peer, isSure, jobs: [job] };
      this.#lines.set(name, line);
      this.#count(peer, job, 1);
      this.#advance(name, line, null);
    }
  }

  #count(peer: NodeId, { bytes }: Job, change: 1 | -1): void {
    this.#jobs.add(peer, change);
    this.#bytes.add(peer, change * bytes);
    if (change < 0) return;
    const { awaitingCodePerPeer, awaitingCodeBytesPerPeer } = this.#limits;
    if (this.#jobs.of(peer) > awaitingCodePerPeer) {
      this.#misbehaved(peer, beyond(this.#limits, "awaitingCodePerPeer", "messages wait for definitions"));
    } else if (this.#bytes.of(peer) > awaitingCodeBytesPerPeer) {
      this.#misbehaved(peer, beyond(this.#limits, "awaitingCodeBytesPerPeer", "bytes wait for definitions"));
    }
  }

  #do(peer: NodeId, job: Job): void {
    const isNew = this.#manifests.used(peer, job.hashes);
    // Without a link nothing is remembered: it may be this node's own message, or the peer may never be back.
    if (isNew && !this.#send(peer, { type: "code.have", hashes: job.hashes })) this.#manifests.forget(peer);
    this.#work(peer, job, null);
  }

  /** It may be done long after it came, when nobody is there any more to be told of a peer's mistake. */
  #work(peer: NodeId, job: Job, problem: string | null): void {
    try {
      job.work(problem);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#misbehaved(peer, error.message);
    }
  }

  #resume(peer: NodeId, problem: string | null, concerns: (line: Line) => boolean): void {
    for (const [name, line] of [...this.#lines]) {
      if (line.peer === peer && concerns(line) && this.#lines.get(name) === line) this.#advance(name, line, problem);
    }
  }

  /** Does what can be done, and asks for what the next job lacks; with a `problem`, what lacks something is not waited for. */
  #advance(name: string, line: Line, problem: string | null): void {
    // What is not lost with a link waits while its peer is revoked; it is dropped when what it is about is given up.
    if (line.isSure && !this.#hears(line.peer)) return;
    for (let job = line.jobs[0]; job !== undefined; job = line.jobs[0]) {
      const missing = this.#manifests.missing(job.hashes);
      if (missing.length > 0 && problem === null) return this.#fetch(name, line, job, missing);
      line.jobs.shift();
      this.#count(line.peer, job, -1);
      if (missing.length === 0) this.#do(line.peer, job);
      else this.#work(line.peer, job, problem);
      if (this.#lines.get(name) !== line) return;
    }
    this.#lines.delete(name);
  }

  /** From the disk if it is there, which is asked once; else from the peer. */
  #fetch(name: string, line: Line, job: Job, missing: readonly string[]): void {
    if (job.recalled === undefined) {
      job.recalled = true;
      const recalled = this.#code.recall(missing.map((text) => readReference(text).hash));
      if (recalled !== null) {
        line.recalling = recalled.then(() => {
          delete line.recalling;
          if (!this.#stopped && this.#lines.get(name) === line) this.#advance(name, line, null);
        });
      }
    }
    if (line.recalling === undefined) this.#ask(line.peer, missing);
  }

  #ask(peer: NodeId, references: readonly string[]): void {
    const asked = this.#asked.get(peer) ?? new Map<Hash, string>();
    this.#asked.set(peer, asked);
    const fresh = references.filter((text) => !asked.has(readReference(text).hash));
    if (fresh.length === 0) return;
    for (const text of fresh) asked.set(readReference(text).hash, text);
    this.#insistence.say(peer, peer, { type: "code.need", hashes: [...asked.values()] });
  }

  #settle(peer: NodeId): void {
    this.#asked.delete(peer);
    this.#insistence.settle(peer);
  }
}

/** Those of `definitions` that are among `roots`, or that one of those needs. */
export function reachable(
  definitions: readonly PackedDefinition[],
  roots: Iterable<Hash>,
): readonly PackedDefinition[] {
  const byHash = new Map(definitions.map((one) => [one.hash, one]));
  const reached = new Set<Hash>();
  const waiting = [...roots];
  for (let hash = waiting.pop(); hash !== undefined; hash = waiting.pop()) {
    const one = byHash.get(hash);
    if (one === undefined || reached.has(hash)) continue;
    reached.add(hash);
    waiting.push(...Object.values(one.dependencies));
  }
  return definitions.filter(({ hash }) => reached.has(hash));
}
