import { type Cause, describe, type Operation, parseCause } from "@espalier/heartbeat";
import {
  Attributed,
  type Frame,
  NodeRef,
  OperationRefusedError,
  Pid,
  Ref,
  RemoteOperation,
  StartedTask,
  type Task,
} from "@espalier/runtime";

/** What an operation performs, or a process begins with: see {@link Fields.what}. */
export type What = Operation<any, any> | Frame | ((...parameters: readonly unknown[]) => unknown);

/** Reads what stands for `what` in data from a sandbox. */
export type ReadWhat = (data: unknown) => What;

/** The fields of an operation as a sandbox says them: nothing about them is believed. */
export class Fields {
  readonly #type: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #readWhat: ReadWhat;

  constructor(type: string, fields: Readonly<Record<string, unknown>>, readWhat: ReadWhat) {
    this.#type = type;
    this.#fields = fields;
    this.#readWhat = readWhat;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value === "string" && value !== "" && value.length <= textLengthMax) return value;
    throw this.#unexpected(name, `a text of 1 to ${textLengthMax} characters`);
  }

  flag(name: string): boolean {
    const value = this.value(name);
    if (typeof value === "boolean") return value;
    throw this.#unexpected(name, "true or false");
  }

  ms(name: string): number {
    const value = this.value(name);
    if (typeof value === "number" && value >= 0) return value;
    throw this.#unexpected(name, "milliseconds");
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name);
    if (Array.isArray(value)) return value as readonly unknown[];
    throw this.#unexpected(name, "a list");
  }

  cause(name: string): Cause {
    return parseCause(this.value(name), `${this.#type}: ${name}`);
  }

  pid(name: string): Pid<any> {
    return this.#instance<Pid<any>>(name, Pid);
  }

  /** A process, or the name of one. */
  target(name: string): Pid<any> | string {
    return typeof this.value(name) === "string" ? this.text(name) : this.pid(name);
  }

  /** Whom a signal is for, or the name of one. A node itself, which is process 0, obeys nobody's code. */
  receiver(name: string): Pid<any> | string {
    return typeof this.value(name) === "string" ? this.text(name) : this.receiverPid(name);
  }

  receiverPid(name: string): Pid<any> {
    const pid = this.pid(name);
    if (pid.serial !== 0) return pid;
    throw new OperationRefusedError(this.#type, "code in a sandbox says nothing to a node itself");
  }

  /** What is sent to others. What a message says of its sender is believed, so a node has to say it itself. */
  message(name: string): unknown {
    const message = this.value(name);
    if (!(message instanceof Attributed)) return message;
    throw new OperationRefusedError(this.#type, "code in a sandbox does not say who sends a message");
  }

  ref(name: string): Ref {
    return this.#instance(name, Ref);
  }

  node(name: string): NodeRef {
    return this.#instance(name, NodeRef);
  }

  /** A node; null for none. */
  on(name: string): NodeRef | null {
    return this.value(name) === null ? null : this.node(name);
  }

  task(name: string): Task<unknown> {
    return this.#instance<Task<unknown>>(name, StartedTask);
  }

  /** What to return when the time is over: `{}` for nothing. */
  otherwise(name: string): { readonly otherwise?: unknown } {
    const value = this.value(name);
    if (value === null) return {};
    if (typeof value === "object" && "value" in value) return { otherwise: value.value };
    throw this.#unexpected(name, "what to return when the time is over, or nothing");
  }

  /** A computation, an operation or a generator of the sandbox. */
  what(name: string): What {
    return this.#readWhat(this.value(name));
  }

  /** What a process can begin with: a computation, or a function that describes one. */
  body(name: string): any {
    const what = this.what(name);
    if (typeof what === "function" || what instanceof RemoteOperation) return what;
    throw this.#unexpected(name, "a remote");
  }

  /** @throws TypeError unless it is nothing: a function of the sandbox cannot be called by the node. */
  nothing(name: string): void {
    if (this.value(name) !== null)
      throw this.#unexpected(name, "nothing, for no function of a sandbox is called outside of it");
  }

  #instance<T extends object>(name: string, type: abstract new (...fields: any[]) => T): T {
    const value = this.value(name);
    if (value instanceof type) return value;
    throw this.#unexpected(name, `a ${type.name}`);
  }

  #unexpected(name: string, expected: string): TypeError {
    return new TypeError(`${this.#type}: ${name}: expected ${expected}, got ${describe(this.value(name))}`);
  }
}

const textLengthMax = 1_024;
