import type { CodeStore, Hash, PackedDefinition, Trust } from "../code.ts";
import type { Host } from "../host.ts";
import type { CodeNeedMessage, CodeSupplyMessage, Message } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { ProtocolError } from "./errors.ts";
import { Insistence } from "./insistence.ts";
import { type Manifests, readReference } from "./manifests.ts";

/** What waits for definitions, or for its turn behind something that does. */
interface Job {
  /** As the peer named them. */
  readonly hashes: readonly string[];
  /** Called with why the definitions will not come; null when they are here. */
  readonly work: (problem: string | null) => void;
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

/** What waits in one line. A peer that lets more wait for its own definitions is cut off. */
const jobsMax = 100_000;

/**
 * Does things in order that need definitions first: what was sent together with a function waits until the function is known here, and
 * everything behind it in the same line waits too. What is missing is looked for on this node's disk, and then the peer is asked, once
 * for the whole set.
 */
export class CodeExchange {
  readonly #code: CodeStore;
  readonly #manifests: Manifests;
  readonly #trustIn: (peer: NodeId) => Trust;
  readonly #send: (peer: NodeId, message: Message) => boolean;
  readonly #insistence: Insistence;
  /** What waits, by line; a line without anything waiting is not here. */
  readonly #lines = new Map<string, Line>();
  /** What each peer has been asked for. */
  readonly #asked = new Map<NodeId, Map<Hash, string>>();
  #stopped = false;

  constructor(
    code: CodeStore,
    manifests: Manifests,
    trustIn: (peer: NodeId) => Trust,
    host: Host,
    patienceMs: number,
    send: (peer: NodeId, message: Message) => boolean,
  ) {
    this.#code = code;
    this.#manifests = manifests;
    this.#trustIn = trustIn;
    this.#send = send;
    this.#insistence = new Insistence(host, patienceMs, (peer, message) => void send(peer, message));
  }

  /**
   * Calls `work` once `hashes` are here, or cannot be had from `peer` any more; never before what was put into the same line earlier. What a
   * link brought is over with the link, if it waits still.
   */
  run(line: string, peer: NodeId, hashes: readonly string[], work: (problem: string | null) => void): void {
    this.#run(line, peer, false, { hashes, work });
  }

  /** The same for what must not get lost with a link: it waits for the next one, until the line is dropped. */
  runSurely(line: string, peer: NodeId, hashes: readonly string[], work: () => void): void {
    this.#run(line, peer, true, { hashes, work });
  }

  /** Whether anything waits in this line. */
  isWaiting(line: string): boolean {
    return (this.#lines.get(line)?.jobs.length ?? 0) > 0;
  }

  /** What would have been done in this line is not done any more. */
  drop(line: string): void {
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
    if (this.#lines.size === 0 && job.hashes.length === 0) return job.work(null);
    const waiting = this.#lines.get(name);
    if (waiting !== undefined) {
      waiting.jobs.push(job);
      if (waiting.jobs.length > jobsMax && !isSure) throw new ProtocolError("too much waits for its definitions");
    } else if (this.#manifests.missing(job.hashes).length === 0) this.#do(peer, job);
    else {
      const line = { peer, isSure, jobs: [job] };
      this.#lines.set(name, line);
      this.#advance(name, line, null);
    }
  }

  #do(peer: NodeId, job: Job): void {
    const isNew = this.#manifests.used(peer, job.hashes);
    // Without a link nothing is remembered: it may be this node's own message, or the peer may never be back.
    if (isNew && !this.#send(peer, { type: "code.have", hashes: job.hashes })) this.#manifests.forget(peer);
    job.work(null);
  }

  #resume(peer: NodeId, problem: string | null, concerns: (line: Line) => boolean): void {
    for (const [name, line] of [...this.#lines]) {
      if (line.peer === peer && concerns(line) && this.#lines.get(name) === line) this.#advance(name, line, problem);
    }
  }

  /** Does what can be done, and asks for what the next job lacks; with a `problem`, what lacks something is not waited for. */
  #advance(name: string, line: Line, problem: string | null): void {
    for (let job = line.jobs[0]; job !== undefined; job = line.jobs[0]) {
      const missing = this.#manifests.missing(job.hashes);
      if (missing.length > 0 && problem === null) return this.#fetch(name, line, job, missing);
      line.jobs.shift();
      if (missing.length === 0) this.#do(line.peer, job);
      else job.work(problem);
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
