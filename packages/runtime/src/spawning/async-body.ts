import { Queue } from "@espalier/channels";
import { Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { OperationRefusedError } from "../errors.ts";
import type { Frame } from "../frame.ts";
import type { Kernel } from "../kernel.ts";
import type { suspended, Waiting } from "../waiting.ts";

/** What an async body asks of its process: operations, one after the other, and the signal of its end. */
export class AsyncBody {
  readonly requests: Queue<Request> = new Queue<Request>();
  readonly #aborting: AbortController = new AbortController();
  /** The process, once it waits for requests. */
  #cell: Cell | null = null;
  #over = false;

  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Performs `operation` after those asked for before; rejects when the process has ended. */
  perform(operation: Operation<unknown, any>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = { operation, resolve, reject };
      if (this.#over) refuse(request);
      else this.requests.push(request);
      this.wake();
    });
  }

  /** There is something to do for the frame, which belongs to this process. */
  wake(): void {
    if (this.#cell?.waiting === asyncIdling) this.#cell.kernel.resume(this.#cell, undefined);
  }

  attach(cell: Cell): void {
    this.#cell = cell;
  }

  /** The process has ended: every operation is refused from now on. */
  close(): void {
    this.#over = true;
    this.#aborting.abort();
    for (let request = this.requests.shift(); request !== undefined; request = this.requests.shift()) refuse(request);
  }
}

interface Request {
  readonly operation: Operation<unknown, any>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

function refuse({ operation, reject }: Request): void {
  reject(new OperationRefusedError(operation.type, "the process has ended"));
}

/**
 * The frame of an async body. The body runs in the event loop's own time; the frame performs what it asks for, and ends when its promise
 * does.
 */
export class AsyncFrame implements Frame {
  readonly #body: AsyncBody;
  #performing: Request | null = null;
  #outcome: { readonly threw: boolean; readonly value: unknown } | null = null;

  constructor(cell: Cell, body: AsyncBody, promise: PromiseLike<unknown>) {
    this.#body = body;
    body.attach(cell);
    const settle = (threw: boolean, value: unknown) => {
      this.#outcome = { threw, value };
      body.wake();
    };
    void Promise.resolve(promise).then(
      (value) => settle(false, value),
      (error: unknown) => settle(true, error),
    );
  }

  next(value: unknown): ReturnType<Frame["next"]> {
    this.#performing?.resolve(value);
    return this.#go();
  }

  throw(error: unknown): ReturnType<Frame["throw"]> {
    this.#performing?.reject(error);
    return this.#go();
  }

  return(value: unknown): IteratorReturnResult<unknown> {
    this.drop();
    return { done: true, value };
  }

  /** The process ends now, whatever the body is doing. */
  drop(): void {
    if (this.#performing !== null) refuse(this.#performing);
    this.#performing = null;
    this.#body.close();
  }

  #go(): ReturnType<Frame["next"]> {
    const request = this.#body.requests.shift();
    if (request !== undefined) {
      this.#performing = request;
      return { done: false, value: request.operation };
    }
    this.#performing = null;
    if (this.#outcome === null) return { done: false, value: asyncIdle };
    const { threw, value } = this.#outcome;
    this.#body.close();
    if (threw) throw value;
    return { done: true, value };
  }
}

/** What the frame yields while the body is busy with itself. */
class AsyncIdle extends Operation<void> {
  override get type(): "process.asyncIdle" {
    return "process.asyncIdle";
  }
}

const asyncIdle = new AsyncIdle();

const asyncIdling: Waiting = {
  what: "async body",
  cancel() {
    // The frame itself is what holds something, and is told of the end.
  },
};

export function performAsyncIdle(kernel: Kernel, cell: Cell): typeof suspended {
  return kernel.wait(cell, asyncIdling);
}
