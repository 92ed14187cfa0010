import { describe, type LocalGenerator, type Operation } from "@espalier/heartbeat";
import { Pid, Server, ViaName, type Addressee, type Kernel, type Self, type ServerRef } from "@espalier/runtime";
import { parseFlags, type FlagOptions } from "./flags.ts";
import type { PartitionKey } from "./key-hash.ts";
import { checkSpec, parseSpec, type ChildSpec, type ProcessDefinition } from "./spec.ts";
import type { SupervisorPlan } from "./supervise.ts";
import { findPartition, partitionServer, type PartitionCalls, type ResizeReply } from "./supervise-partitions.ts";

/** How many partitions there are, and how they differ. */
export interface PartitionOptions extends Omit<FlagOptions, "autoShutdown"> {
  /** At least 1. A node runs in one thread, so there is no number that suits a machine. */
  readonly partitions: number;
  /** The arguments of a partition; by default those of the specification. */
  readonly withArguments?: (args: readonly unknown[], partition: number) => readonly unknown[];
}

/** A supervisor of partitions of one child, found by their keys. */
export class PartitionDefinition implements ProcessDefinition {
  readonly kind = "partitions";
  readonly body: (self: Self<unknown>) => LocalGenerator<void>;

  constructor(plan: SupervisorPlan) {
    this.body = function* partitionSupervisor(self) {
      yield* partitionServer.body(self, { self, plan });
    };
  }
}

/** A running supervisor of partitions. A value that travels. */
export type PartitionRef = ServerRef<PartitionCalls, Server.NoMessages>;

type PartitionTarget = { readonly target: Addressee<any> } | Addressee<any> | Pid;

/**
 * Defines a supervisor of a number of children that are all the same, so that work which a key belongs to always goes to the same one of them
 * (Elixir's `PartitionSupervisor`, R-1010 to R-1012). They are addressed by {@link partitionName}.
 *
 * ```ts
 * import { Process, Supervisor, type LocalGenerator, type Self } from "espalier";
 *
 * export function* counter(self: Self<string>): LocalGenerator<void> {
 *   for (let count = 1; ; count += 1) yield* self.receive();
 * }
 *
 * export const Counters = Supervisor.definePartitions(Supervisor.worker("counter", counter, []), { partitions: 4 });
 *
 * export function* count(user: string): LocalGenerator<void> {
 *   yield* Process.send(Supervisor.partitionName("counters", user), "seen");
 * }
 *
 * export const Shop = Supervisor.define({
 *   children: [Supervisor.partition("counters", Supervisor.worker("counter", counter, []), { partitions: 4, name: "counters" })],
 * });
 * ```
 *
 * @param spec the child; its id is replaced by the number of the partition, from 0.
 * @throws TypeError or RangeError naming the option, what was expected, and what came (R-1011).
 */
export function definePartitions(spec: ChildSpec, options: PartitionOptions): PartitionDefinition {
  const problem = checkSpec(spec);
  if (problem !== null) throw new TypeError(`partitions: ${problem}`);
  const { partitions, withArguments, ...flagOptions } = options;
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new RangeError(`partitions: expected an integer ≥ 1, got ${describe(partitions)}`);
  }
  const flags = parseFlags(flagOptions);
  if (flags.autoShutdown !== "never") {
    throw new TypeError(`autoShutdown of partitions: expected "never", got ${describe(flags.autoShutdown)}`);
  }
  const { id, name, significant, args } = spec;
  const of = `of child ${describe(id)}`;
  if (name !== null)
    throw new TypeError(`name ${of}: expected none, because all partitions would have it, got ${describe(name)}`);
  if (significant) throw new TypeError(`significant ${of}: expected false in a partition, got true`);
  const children = Array.from({ length: partitions }, (_, partition) => {
    const own = withArguments === undefined ? args : withArguments(args, partition);
    if (!Array.isArray(own)) throw new TypeError(`withArguments: expected it to return an array, got ${describe(own)}`);
    return { ...spec, id: String(partition), args: own };
  });
  return new PartitionDefinition({ flags, children });
}

/** A supervisor of partitions as a child, and what it is called. */
export interface PartitionChildOptions extends PartitionOptions {
  /** The name by which partitions are addressed. */
  readonly name: string | ViaName<any>;
}

/**
 * A child that supervises partitions: see `Supervisor.definePartitions`.
 *
 * @throws as that does.
 */
export function partition(id: string, spec: ChildSpec, { name, ...options }: PartitionChildOptions): ChildSpec {
  if (name === undefined)
    throw new TypeError(`name of ${describe(id)}: expected one, by which partitions are addressed`);
  return parseSpec("supervisor", id, definePartitions(spec, options), [], { name });
}

/**
 * The partition of a supervisor on this node that a key belongs to, as an address: it can be sent to, monitored and called wherever a name can,
 * and is looked up with each use (R-1010).
 *
 * - Errors, with its use: RangeError while there are no partitions (R-1012), TypeError for a key without a value; where nobody has the name it
 *   is as with any other name that nobody has.
 */
export function partitionName<M = any>(supervisor: PartitionTarget, key: PartitionKey): ViaName<M> {
  return new PartitionName<M>(targetOf(supervisor), key);
}

class PartitionName<in M> extends ViaName<M> {
  readonly #supervisor: Addressee<any>;
  readonly #key: PartitionKey;

  constructor(supervisor: Addressee<any>, key: PartitionKey) {
    super();
    this.#supervisor = supervisor;
    this.#key = key;
  }

  override whereis(kernel: Kernel): Pid<any> | undefined {
    const supervisor = this.#supervisor;
    if (supervisor instanceof Pid) return findPartition(kernel, supervisor, this.#key);
    if (typeof supervisor === "string") return findPartition(kernel, kernel.whereis(supervisor)?.pid, this.#key);
    if (supervisor instanceof ViaName) return findPartition(kernel, supervisor.whereis(kernel), this.#key);
    return undefined;
  }

  override *register(): LocalGenerator<Pid<any> | null> {
    throw new TypeError(
      `${this.toString()}: expected a name that can be given, got a partition, which its supervisor starts`,
    );
  }

  override *unregister(): LocalGenerator<void> {}

  override toString(): string {
    const supervisor = this.#supervisor;
    const of = typeof supervisor === "object" && "node" in supervisor ? supervisor.name : supervisor.toString();
    return `partition ${describe(this.#key)} of ${of}`;
  }
}

/** How many partitions there are. */
export function partitions(supervisor: PartitionTarget): Operation<number> {
  return callsOf(supervisor).partitions().within("infinity");
}

/**
 * Changes how many partitions there are, between none and as many as there were at first: the last ones are stopped, the last first, or started
 * again (R-1012). Keys belong to other partitions afterwards.
 */
export function resize(supervisor: PartitionTarget, count: number): Operation<ResizeReply> {
  return callsOf(supervisor).resize(count).within("infinity");
}

function callsOf(supervisor: PartitionTarget): PartitionRef["call"] {
  return Server.ref(partitionServer, targetOf(supervisor)).call;
}

function targetOf(supervisor: PartitionTarget): Addressee<any> {
  if (supervisor instanceof Pid) return supervisor as Pid<any>;
  return typeof supervisor === "object" && "target" in supervisor ? supervisor.target : supervisor;
}
