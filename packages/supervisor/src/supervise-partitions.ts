import { describe, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import {
  InKernel,
  Process,
  Server,
  type Cell,
  type Kernel,
  type Pid,
  type Self,
  type ServerDefinition,
} from "@espalier/runtime";
import { countChildren, whichChildren, type ChildCounts, type ChildInfo } from "./inventory.ts";
import { partitionOf, type PartitionKey } from "./key-hash.ts";
import { SupervisingStatic, type SupervisorPlan } from "./supervise.ts";
import { viewStatic } from "./view.ts";

/** What became of a change of the number of partitions. */
export type ResizeReply =
  | { readonly type: "resized"; readonly before: number }
  /** A partition did not start: those before it run. */
  | { readonly type: "failed"; readonly partition: number; readonly cause: Cause }
  | { readonly type: "invalid"; readonly problem: string };

/** What a supervisor of partitions can be called for; the first parameter is the server's. */
export interface PartitionCalls {
  readonly whichChildren: (state: any) => readonly ChildInfo<Pid<any>>[];
  readonly countChildren: (state: any) => ChildCounts;
  readonly partitions: (state: any) => number;
  readonly resize: (state: any, partitions: number) => LocalGenerator<ResizeReply>;
}

/** What the process is started with: a child for each partition, called "0", "1" and so on. */
interface Beginning {
  readonly self: Self<unknown>;
  readonly plan: SupervisorPlan;
}

/** One running supervisor of partitions, and who has which. */
class Partitions {
  readonly supervising: SupervisingStatic;
  /** How many there were at first, and may be at most (R-1012). */
  readonly countMax: number;
  count: number;

  constructor(supervising: SupervisingStatic, count: number) {
    this.supervising = supervising;
    this.countMax = count;
    this.count = count;
  }

  /**
   * The process of the partition that a key belongs to; undefined while there is none.
   *
   * @throws RangeError when there are no partitions; TypeError for a key without a value.
   */
  at(key: PartitionKey): Pid<any> | undefined {
    if (this.count === 0)
      throw new RangeError("partition: expected at least one, got a supervisor that was resized to 0");
    const { children } = this.supervising.state;
    const index = partitionOf(key, this.count);
    const id = String(index);
    const child = children[index]?.spec.id === id ? children[index] : children.find(({ spec }) => spec.id === id);
    return (child?.pid as Pid<any> | null | undefined) ?? undefined;
  }

  /** Stops the last ones, or starts them again (R-1012). */
  *resize(count: number): LocalGenerator<ResizeReply> {
    const { countMax, count: before } = this;
    if (!Number.isInteger(count) || count < 0 || count > countMax) {
      const problem = `partitions: expected an integer from 0 to ${countMax}, as many as there were at first, got ${describe(count)}`;
      return { type: "invalid", problem };
    }
    // At once, so that nobody is sent to a partition that is about to end.
    if (count < before) this.count = count;
    for (let index = before - 1; index >= count; index -= 1) {
      yield* this.supervising.ask({ type: "terminate-child", id: String(index) });
    }
    for (let index = before; index < count; index += 1) {
      const reply = yield* this.supervising.ask({ type: "restart-child", id: String(index) });
      if (reply.type === "failed") return { type: "failed", partition: index, cause: reply.cause };
      this.count = index + 1;
    }
    return { type: "resized", before };
  }
}

/** By the cell of the supervisor, so that they go with it. */
const partitionsOf = new WeakMap<Cell, Partitions>();

/**
 * The process of a partition, as this node knows it; undefined when the supervisor is not there, or the partition has no process.
 *
 * @throws as {@link Partitions.at}.
 */
export function findPartition(kernel: Kernel, supervisor: Pid | undefined, key: PartitionKey): Pid<any> | undefined {
  const cell = supervisor === undefined ? undefined : kernel.find(supervisor);
  return cell === undefined ? undefined : partitionsOf.get(cell)?.at(key);
}

/** A supervisor of partitions as a server: a static supervisor whose children are found by their keys. */
export const partitionServer: ServerDefinition<any, Beginning, PartitionCalls, Server.NoMessages> = Server.define({
  label: "partition supervisor",
  *init({ self, plan }: Beginning) {
    yield* self.trapExit();
    const supervising = new SupervisingStatic(self, plan);
    const partitions = new Partitions(supervising, plan.children.length);
    yield* new InKernel((_kernel, cell) => void partitionsOf.set(cell, partitions));
    yield* Process.expose((brief) => viewStatic(supervising.state, brief));
    yield* supervising.take({ type: "boot" });
    return supervising.ended === null ? partitions : Server.stop(supervising.ended);
  },
  call: {
    whichChildren: ({ supervising }: Partitions) => whichChildren(supervising.state),
    countChildren: ({ supervising }: Partitions) => countChildren(supervising.state),
    partitions: ({ count }: Partitions) => count,
    resize: (partitions: Partitions, count: number) => partitions.resize(count),
  },
  *info({ supervising }: Partitions, message: unknown) {
    yield* supervising.message(message);
    return supervising.ended === null ? Server.noReply() : Server.stop(supervising.ended);
  },
  formatStatus: ({ supervising }: Partitions) => viewStatic(supervising.state),
  *terminate({ supervising }: Partitions, cause: Cause) {
    if (supervising.state.phase === "running") yield* supervising.take({ type: "stop", cause });
  },
});
