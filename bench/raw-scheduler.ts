import { Queue } from "@espalier/channels";

/** The body of a raw process: `const message = yield` waits for the next one. */
export type RawBody = (self: RawProcess) => Generator<undefined, void, any>;

/**
 * What the engine allows: processes as generators with a mailbox and a run queue, and not one feature more. No failures, links, limits,
 * fairness, introspection or selective receive. The ratio to this is what ours cost.
 */
export class RawScheduler {
  readonly #ready: Queue<RawProcess> = new Queue();

  spawn(body: RawBody): RawProcess {
    const created = new RawProcess(this, body);
    this.#ready.push(created);
    return created;
  }

  wake(process: RawProcess): void {
    this.#ready.push(process);
  }

  /** Until nobody can go on. */
  run(): void {
    for (let process = this.#ready.shift(); process !== undefined; process = this.#ready.shift()) process.step();
  }
}

export class RawProcess {
  readonly #scheduler: RawScheduler;
  readonly #generator: Generator<undefined, void, any>;
  readonly #messages: Queue<unknown> = new Queue();
  #status: "new" | "running" | "waiting" | "woken" = "new";

  constructor(scheduler: RawScheduler, body: RawBody) {
    this.#scheduler = scheduler;
    this.#generator = body(this);
  }

  send(message: unknown): void {
    this.#messages.push(message);
    if (this.#status !== "waiting") return;
    this.#status = "woken";
    this.#scheduler.wake(this);
  }

  step(): void {
    if (this.#status === "new") this.#generator.next();
    this.#status = "running";
    while (this.#messages.length > 0) this.#generator.next(this.#messages.shift());
    this.#status = "waiting";
  }
}
