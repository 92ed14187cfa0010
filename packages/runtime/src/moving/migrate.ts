import { CauseError, describe, isClean, Operation, parseCause, type Cause } from "@espalier/heartbeat";
import type { Alarm, Ringable } from "../timers/alarms.ts";
import { Refusal } from "../servers/call.ts";
import type { Cell } from "../cell.ts";
import { TransferRefusedError } from "../distribution/errors.ts";
import { OperationRefusedError } from "../errors.ts";
import { failure, noprocOf } from "../failure.ts";
import { NotMovableError } from "../frame.ts";
import type { Handler } from "../handlers.ts";
import type { Kernel } from "../kernel.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import { Transfer } from "./remote.ts";
import type { MigrationRequest } from "../exits/signal.ts";
import { suspended, type CapturedWait, type Waiting } from "../waiting.ts";
import { Watch, type CapturedWatch } from "../exits/watch.ts";

/** See `Process.migrate`. */
export class Migrate<A> extends Operation<A> {
  readonly pid: Pid;
  readonly request: MigrationRequest;
  readonly withinMs: number;
  readonly otherwise: { readonly value: unknown } | null;

  constructor(
    pid: Pid,
    request: MigrationRequest,
    withinMs: number,
    otherwise: { readonly value: unknown } | null = null,
  ) {
    super();
    this.pid = pid;
    this.request = request;
    this.withinMs = withinMs;
    this.otherwise = otherwise;
  }

  override get type(): "process.migrate" {
    return "process.migrate";
  }
}

export function performMigrate(kernel: Kernel, cell: Cell, operation: Migrate<unknown>): unknown {
  const { pid, request, withinMs, otherwise } = operation;
  if (pid.equals(cell.pid)) {
    if (request.home === true) {
      throw new OperationRefusedError(
        "process.migrate",
        "a process cannot hand over its own home; let another one do it",
      );
    }
    return (kernel.handlers.get("remote.transfer") as Handler)(kernel, cell, new Transfer(request.node));
  }
  const watch = new MigrationWatch(cell, kernel.newRef(cell), pid, request.node, otherwise);
  kernel.wait(cell, watch);
  if (withinMs < Infinity) watch.alarm = kernel.alarms.set(withinMs, watch);
  kernel.startWatch(watch);
  // The process may be known to be dead by now.
  if (watch.open) kernel.effect(cell, pid, { type: "migrate", ref: watch.ref, request });
  return suspended;
}

/** What came of it. */
export type MigrationAnswer =
  | { readonly type: "arrived" }
  | {
      readonly type: "failed";
      readonly name: string;
      readonly message: string;
      readonly code: string | null;
      /** Of an error that is made of a cause. */
      readonly cause: Cause | null;
      /** Of a refusal: what the target said. */
      readonly remote: TransferRefusedError["remote"] | null;
    };

export const arrived: MigrationAnswer = Object.freeze({ type: "arrived" });

/** Why a process did not move, as it travels. */
export function migrationFailed(error: unknown): MigrationAnswer {
  const { name, message, code } = (error instanceof Error ? error : new Error(describe(error))) as Error & {
    readonly code?: unknown;
  };
  return {
    type: "failed",
    name,
    message,
    code: typeof code === "string" ? code : null,
    cause: error instanceof CauseError ? error.reason : null,
    remote: error instanceof TransferRefusedError ? error.remote : null,
  };
}

/** The answer to those who are not trusted: a process takes along all that it knows. */
export function migrationForbidden(pid: Pid): MigrationAnswer {
  const why = `${pid.toString()} moves for those alone whom its home trusts`;
  return migrationFailed(new OperationRefusedError("process.migrate", why));
}

/** The asker's side: a monitor and an alias in one, as of a call. */
export class MigrationWatch extends Watch implements Waiting, Ringable {
  alarm: Alarm | null = null;
  readonly #node: NodeRef;
  readonly #otherwise: { readonly value: unknown } | null;

  constructor(owner: Cell, ref: Ref, target: Pid, node: NodeRef, otherwise: { readonly value: unknown } | null) {
    super(owner, ref, target);
    this.#node = node;
    this.#otherwise = otherwise;
  }

  get what(): string {
    return `migration of ${this.on.toString()}`;
  }

  get holder(): Cell {
    return this.owner;
  }

  get on(): Pid {
    return this.target as Pid;
  }

  override reply(kernel: Kernel, value: unknown): void {
    this.#over(kernel);
    kernel.unwatch(this);
    const error = value instanceof Refusal ? failure(value.cause) : this.#errorOf(value);
    if (error === null) kernel.resume(this.owner, undefined);
    else kernel.throwInto(this.owner, error);
  }

  override down(kernel: Kernel, cause: Cause): void {
    this.#over(kernel);
    // That it came to a good end is no error, but it did not move.
    kernel.throwInto(this.owner, failure(isClean(cause) ? noprocOf(this.on) : cause));
  }

  ring(): void {
    const { kernel } = this.owner;
    this.#takeBack(kernel);
    if (this.#otherwise === null) kernel.throwInto(this.owner, failure({ type: "timeout", what: this.what }));
    else kernel.resume(this.owner, this.#otherwise.value);
  }

  cancel(kernel: Kernel): void {
    this.#over(kernel);
    this.#takeBack(kernel);
  }

  override capture(): CapturedWatch {
    const data = { node: this.#node, otherwise: this.#otherwise };
    return { kind: "migration", serial: this.ref.serial, target: this.target, data };
  }

  captureWait(): CapturedWait {
    return { kind: "watch", data: this.ref.serial };
  }

  #over(kernel: Kernel): void {
    if (this.alarm !== null) kernel.alarms.cancel(this.alarm);
    this.alarm = null;
  }

  /** Nobody waits for it any more: what has not begun need not. */
  #takeBack(kernel: Kernel): void {
    if (!this.open) return;
    const { owner, ref } = this;
    kernel.unwatch(this);
    kernel.effect(owner, this.on, { type: "migrate", ref, request: null });
  }

  /** Null when it has arrived. */
  #errorOf(value: unknown): Error | null {
    const answer = (value ?? {}) as { readonly [Field in keyof Extract<MigrationAnswer, { type: "failed" }>]: unknown };
    if ((answer.type as string) === "arrived") return null;
    const { name, code, cause, remote } = answer;
    const message = String(answer.message);
    if (cause !== null && cause !== undefined) {
      return Object.assign(new CauseError(parseCause(cause, "migration")), { message });
    }
    if (code === "NOT_MOVABLE") return new NotMovableError(message);
    if (code === "TRANSFER_REFUSED" && typeof remote === "object" && remote !== null) {
      return new TransferRefusedError(this.#node.id, remote as TransferRefusedError["remote"]);
    }
    return Object.assign(new Error(message), { name: String(name), ...(typeof code === "string" ? { code } : {}) });
  }
}
