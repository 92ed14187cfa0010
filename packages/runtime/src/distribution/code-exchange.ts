import type { CodeStore, Hash } from "../code.ts";
import type { CodeNeedMessage, CodeSupplyMessage, Message } from "../message.ts";
import type { NodeId } from "../node-ref.ts";

/** What waits for definitions, or for its turn behind something that does. */
interface Job {
  readonly hashes: readonly Hash[];
  /** Why the definitions will not come; null when they are here. */
  readonly work: (problem: string | null) => void;
}

/**
 * Does things in order that need definitions first: what was sent together with a function waits until the function is known here, and
 * everything behind it in the same line waits too. A node is asked once for the whole set that is missing.
 */
export class CodeExchange {
  readonly #code: CodeStore;
  readonly #send: (peer: NodeId, message: Message) => boolean;
  /** What waits, by line; a line without anything waiting is not here. */
  readonly #lines = new Map<string, { readonly peer: NodeId; readonly jobs: Job[] }>();
  /** What each peer has been asked for. */
  readonly #asked = new Map<NodeId, Set<Hash>>();

  constructor(code: CodeStore, send: (peer: NodeId, message: Message) => boolean) {
    this.#code = code;
    this.#send = send;
  }

  /** Calls `work` once `hashes` are here, or cannot be had from `peer`; never before what was put into the same line earlier. */
  run(line: string, peer: NodeId, hashes: readonly Hash[], work: (problem: string | null) => void): void {
    const waiting = this.#lines.get(line);
    if (waiting !== undefined) {
      waiting.jobs.push({ hashes, work });
      return;
    }
    if (hashes.length === 0 || this.#code.missing(hashes).length === 0) {
      work(null);
      return;
    }
    const created = { peer, jobs: [{ hashes, work }] };
    this.#lines.set(line, created);
    this.#advance(line, created);
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
  supplied(peer: NodeId, message: CodeSupplyMessage): void {
    const asked = this.#asked.get(peer);
    if (asked === undefined) return;
    let problem: string | null = message.missing.length === 0 ? null : "its sender lacks the definitions itself";
    try {
      // Nobody gets code in here that was not asked for.
      this.#code.admit(message.definitions.filter(({ hash }) => asked.has(hash)));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    for (const { hash } of message.definitions) asked.delete(hash);
    for (const hash of message.missing) asked.delete(hash);
    this.#resume(peer, problem);
  }

  /** The link is gone: what was asked for will not come. */
  lost(peer: NodeId): void {
    if (this.#asked.delete(peer)) this.#resume(peer, "the link to its sender was lost");
  }

  #resume(peer: NodeId, problem: string | null): void {
    for (const [line, waiting] of [...this.#lines]) {
      if (waiting.peer !== peer || this.#lines.get(line) !== waiting) continue;
      const first = waiting.jobs[0];
      if (problem !== null && first !== undefined && this.#code.missing(first.hashes).length > 0) {
        waiting.jobs.shift();
        first.work(problem);
      }
      this.#advance(line, waiting);
    }
  }

  /** Does what can be done, and asks for what the next job lacks. */
  #advance(line: string, waiting: { readonly peer: NodeId; readonly jobs: Job[] }): void {
    for (let job = waiting.jobs[0]; job !== undefined; job = waiting.jobs[0]) {
      const missing = this.#code.missing(job.hashes);
      if (missing.length > 0 && this.#ask(waiting.peer, missing)) return;
      waiting.jobs.shift();
      job.work(missing.length === 0 ? null : "the link to its sender was lost");
      if (this.#lines.get(line) !== waiting) return;
    }
    this.#lines.delete(line);
  }

  #ask(peer: NodeId, hashes: readonly Hash[]): boolean {
    const asked = this.#asked.get(peer) ?? new Set();
    this.#asked.set(peer, asked);
    const fresh = hashes.filter((hash) => !asked.has(hash));
    if (fresh.length === 0) return true;
    for (const hash of fresh) asked.add(hash);
    if (this.#send(peer, { type: "code.need", hashes: fresh })) return true;
    this.#asked.delete(peer);
    return false;
  }
}
