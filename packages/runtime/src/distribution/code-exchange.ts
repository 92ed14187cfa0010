import type { CodeStore, Hash, Trust } from "../code.ts";
import type { Host } from "../host.ts";
import type { CodeNeedMessage, CodeSupplyMessage, Message } from "../message.ts";
import type { NodeId } from "../node-ref.ts";
import { Insistence } from "./insistence.ts";

/** What waits for definitions, or for its turn behind something that does. */
interface Job {
  readonly hashes: readonly Hash[];
  /** Called with why the definitions will not come; null when they are here. */
  readonly work: (problem: string | null) => void;
}

interface Line {
  readonly peer: NodeId;
  /** Whether it outlives the link: then its jobs wait for the next one. */
  readonly isSure: boolean;
  readonly jobs: Job[];
}

/**
 * Does things in order that need definitions first: what was sent together with a function waits until the function is known here, and
 * everything behind it in the same line waits too. A node is asked once for the whole set that is missing.
 */
export class CodeExchange {
  readonly #code: CodeStore;
  readonly #trustIn: (peer: NodeId) => Trust;
  readonly #send: (peer: NodeId, message: Message) => boolean;
  readonly #insistence: Insistence;
  /** What waits, by line; a line without anything waiting is not here. */
  readonly #lines = new Map<string, Line>();
  /** What each peer has been asked for. */
  readonly #asked = new Map<NodeId, Set<Hash>>();

  constructor(
    code: CodeStore,
    trustIn: (peer: NodeId) => Trust,
    host: Host,
    patienceMs: number,
    send: (peer: NodeId, message: Message) => boolean,
  ) {
    this.#code = code;
    this.#trustIn = trustIn;
    this.#send = send;
    this.#insistence = new Insistence(host, patienceMs, (peer, message) => void send(peer, message));
  }

  /**
   * Calls `work` once `hashes` are here, or cannot be had from `peer` any more; never before what was put into the same line earlier. What a
   * link brought is over with the link, if it waits still.
   */
  run(line: string, peer: NodeId, hashes: readonly Hash[], work: (problem: string | null) => void): void {
    this.#run(line, peer, false, { hashes, work });
  }

  /** The same for what must not get lost with a link: it waits for the next one, until the line is dropped. */
  runSurely(line: string, peer: NodeId, hashes: readonly Hash[], work: () => void): void {
    this.#run(line, peer, true, { hashes, work });
  }

  /** What would have been done in this line is not done any more. */
  drop(line: string): void {
    this.#lines.delete(line);
  }

  /** A peer asks for definitions. */
  needed(peer: NodeId, { hashes }: CodeNeedMessage): void {
    const missing = new Set(this.#code.missing(hashes));
    const here = hashes.filter((hash) => !missing.has(hash));
    this.#send(peer, { type: "code.supply", definitions: this.#code.pack(here), missing: [...missing] });
  }

  /** The answer to what was asked. */
  supplied(peer: NodeId, { definitions, missing }: CodeSupplyMessage): void {
    const asked = this.#asked.get(peer);
    if (asked === undefined) return;
    let problem = missing.length === 0 ? null : "its sender lacks the definitions itself";
    try {
      // Nobody gets code in here that was not asked for.
      const wanted = definitions.filter(({ hash }) => asked.has(hash));
      this.#code.admit(wanted, this.#trustIn(peer));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    for (const { hash } of definitions) asked.delete(hash);
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
    this.#insistence.stop();
  }

  #run(name: string, peer: NodeId, isSure: boolean, job: Job): void {
    // Nothing waits anywhere, as nearly always.
    if (this.#lines.size === 0 && job.hashes.length === 0) return job.work(null);
    const waiting = this.#lines.get(name);
    if (waiting !== undefined) waiting.jobs.push(job);
    else if (job.hashes.length === 0 || this.#code.missing(job.hashes).length === 0) job.work(null);
    else {
      const line = { peer, isSure, jobs: [job] };
      this.#lines.set(name, line);
      this.#advance(name, line, null);
    }
  }

  #resume(peer: NodeId, problem: string | null, concerns: (line: Line) => boolean): void {
    for (const [name, line] of [...this.#lines]) {
      if (line.peer === peer && concerns(line) && this.#lines.get(name) === line) this.#advance(name, line, problem);
    }
  }

  /** Does what can be done, and asks for what the next job lacks; with a `problem`, what lacks something is not waited for. */
  #advance(name: string, line: Line, problem: string | null): void {
    for (let job = line.jobs[0]; job !== undefined; job = line.jobs[0]) {
      const missing = this.#code.missing(job.hashes);
      if (missing.length > 0 && problem === null) {
        this.#ask(line.peer, missing);
        return;
      }
      line.jobs.shift();
      job.work(missing.length === 0 ? null : problem);
      if (this.#lines.get(name) !== line) return;
    }
    this.#lines.delete(name);
  }

  #ask(peer: NodeId, hashes: readonly Hash[]): void {
    const asked = this.#asked.get(peer) ?? new Set();
    this.#asked.set(peer, asked);
    if (hashes.every((hash) => asked.has(hash))) return;
    for (const hash of hashes) asked.add(hash);
    this.#insistence.say(peer, peer, { type: "code.need", hashes: [...asked] });
  }

  #settle(peer: NodeId): void {
    this.#asked.delete(peer);
    this.#insistence.settle(peer);
  }
}
