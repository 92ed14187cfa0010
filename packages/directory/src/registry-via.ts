import { describe, type LocalGenerator } from "@espalier/heartbeat";
import { ViaName, type Kernel, type Pid } from "@espalier/runtime";
import { checkKey, type RegistryKey } from "./registry-key.ts";
import { checkUnique, inTable, registerIn, unregister, type RegistryDefinition } from "./registry.ts";
import { tableOf } from "./registry-table.ts";

/** See {@link via}. */
export class RegistryVia<in M = any> extends ViaName<M> {
  readonly registry: RegistryDefinition<any, any, "unique">;
  readonly key: RegistryKey;
  readonly value: unknown;

  constructor(registry: RegistryDefinition<any, any, "unique">, key: RegistryKey, value: unknown) {
    super();
    this.registry = registry;
    this.key = key;
    this.value = value;
  }

  override whereis(kernel: Kernel): Pid<any> | undefined {
    return tableOf(kernel, this.registry.name)?.entriesOf(this.key)[0]?.owner.pid;
  }

  override *register(): LocalGenerator<Pid<any> | null> {
    const { registry, key, value } = this;
    return yield* inTable(registry, (table, kernel, cell) => registerIn(registry, table, kernel, cell, key, value));
  }

  override *unregister(): LocalGenerator<void> {
    yield* unregister(this.registry, this.key);
  }

  override toString(): string {
    return `${describe(this.key)} in ${this.registry.name}`;
  }
}

/**
 * A unique key as a name: it stands wherever a name does, to send to, to monitor, to call, to start under (R-1033).
 *
 * @throws TypeError for a registry of duplicate keys, and for what is no {@link RegistryKey}.
 */
export function via<K extends RegistryKey, M = any>(
  registry: RegistryDefinition<K, any, "unique">,
  key: NoInfer<K>,
  value?: unknown,
): RegistryVia<M> {
  checkKey(key);
  checkUnique(registry, "Registry.via");
  return new RegistryVia<M>(registry, key, value);
}
