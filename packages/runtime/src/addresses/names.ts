import { describe, Operation } from "@espalier/heartbeat";
import type { Cell } from "../cell.ts";
import { NameTakenError, OperationRefusedError } from "../errors.ts";
import { failure, noprocOf } from "../failure.ts";
import type { Kernel } from "../kernel.ts";
import type { NodeRef } from "../cluster/node-ref.ts";
import type { Pid } from "./pid.ts";
import { ViaName } from "./via-name.ts";

/** See `Process.register`. */
export class Register extends Operation<void> {
  readonly name: string;
  /** Null registers the process itself. */
  readonly pid: Pid | null;

  constructor(name: string, pid: Pid | null) {
    super();
    this.name = name;
    this.pid = pid;
  }

  override get type(): "process.register" {
    return "process.register";
  }
}

export function performRegister(kernel: Kernel, cell: Cell, { name, pid }: Register): void {
  if (pid === null && cell.place !== null) {
    throw new OperationRefusedError("process.register", "the process is away from its home, where its name would be");
  }
  const owner = pid === null ? cell : kernel.find(pid);
  if (owner === undefined || !owner.alive) throw failure(noprocOf(pid as Pid));
  const holder = kernel.whereis(name);
  if (holder !== undefined) throw new NameTakenError(name, holder.pid);
  if (owner.name !== null) {
    throw new TypeError(
      `Process.register: expected a process without a name, got one registered as ${JSON.stringify(owner.name)}`,
    );
  }
  kernel.register(owner, name);
}

/** See `Process.unregister`. */
export class Unregister extends Operation<void> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override get type(): "process.unregister" {
    return "process.unregister";
  }
}

export function performUnregister(kernel: Kernel, _cell: Cell, { name }: Unregister): void {
  const holder = kernel.whereis(name);
  if (holder === undefined) throw failure(noprocOf(name));
  kernel.unregister(holder);
}

/** See `Process.whereis`. */
export class WhereIs<M> extends Operation<Pid<M> | undefined> {
  readonly name: string | ViaName<any>;

  constructor(name: string | ViaName<any>) {
    super();
    this.name = name;
  }

  override get type(): "process.whereis" {
    return "process.whereis";
  }
}

export function performWhereIs(kernel: Kernel, _cell: Cell, { name }: WhereIs<any>): Pid<any> | undefined {
  return typeof name === "string" ? kernel.whereis(name)?.pid : name.whereis(kernel);
}

/** See `Process.registered`. */
export class Registered extends Operation<readonly string[]> {
  override get type(): "process.registered" {
    return "process.registered";
  }
}

export function performRegistered(kernel: Kernel): readonly string[] {
  return [...kernel.names].filter(([, cell]) => cell.alive).map(([name]) => name);
}

/** See `Process.alive`. */
export class IsAlive extends Operation<boolean> {
  readonly pid: Pid;

  constructor(pid: Pid) {
    super();
    this.pid = pid;
  }

  override get type(): "process.alive" {
    return "process.alive";
  }
}

export function performIsAlive(kernel: Kernel, _cell: Cell, { pid }: IsAlive): boolean {
  if (!kernel.isHome(pid)) {
    throw new TypeError(`Process.alive: expected a process whose home is this node, got ${pid.toString()}; monitor it`);
  }
  return kernel.find(pid)?.alive ?? false;
}

/** The name that a process is to be started under. @throws TypeError naming what was expected. */
export function startName(name: string | ViaName<any>, on: NodeRef | undefined, what: string): string | ViaName<any> {
  if (!(name instanceof ViaName)) return checkName(name);
  if (on === undefined) return name;
  throw new TypeError(
    `${what}: expected a name in a registry, or where to run (on), got both; take the name over there`,
  );
}

/** @throws TypeError when it is none. */
export function checkName(name: string): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`name: expected a string that is not empty, got ${describe(name)}`);
}
