import { describe, type LocalGenerator } from "@espalier/heartbeat";
import { ViaName, type Kernel, type Pid } from "@espalier/runtime";
import { entityTable } from "./entity-table.ts";
import type { RegistryKey } from "./registry-key.ts";

/** The address of an entity, whether it runs or not: see `Entities.via`. */
export class EntityName<in M = any> extends ViaName<M> {
  /** The kind. */
  readonly kind: string;
  readonly key: RegistryKey;

  constructor(kind: string, key: RegistryKey) {
    super();
    this.kind = kind;
    this.key = key;
  }

  override whereis(kernel: Kernel): Pid<any> | undefined {
    return entityTable(kernel, this.kind)?.reach(this.key);
  }

  override *register(): LocalGenerator<Pid<any> | null> {
    throw new TypeError(`name: expected one that a process can take, got the entity ${this.toString()}`);
  }

  override *unregister(): LocalGenerator<void> {}

  override toString(): string {
    return `${this.kind} ${describe(this.key)}`;
  }
}
