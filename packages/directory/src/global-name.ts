import type { LocalGenerator } from "@espalier/heartbeat";
import { ownPid, ViaName, type Kernel, type Pid } from "@espalier/runtime";
import { checkName } from "./global-messages.ts";
import { register, unregister, whereis } from "./global.ts";
import { globalTableOf } from "./global-table.ts";

/**
 * A name of the cluster, to be used where a name can stand: to send to, to call, to monitor, to start a process under. It means the same on every
 * node, so it is a value that travels.
 */
export function name<M = unknown>(of: string): ViaName<M> {
  return new GlobalName<M>(checkName(of));
}

/** See {@link name}. */
export class GlobalName<in M = unknown> extends ViaName<M> {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override whereis(kernel: Kernel): Pid<any> | undefined {
    return globalTableOf(kernel)?.whereis(this.name);
  }

  override *register(): LocalGenerator<Pid<any> | null> {
    const self = yield* ownPid;
    for (;;) {
      if (yield* register(this.name, self)) return null;
      // Whoever had it may have ended meanwhile: then it is tried again.
      const holder = yield* whereis<any>(this.name);
      if (holder !== undefined) return holder;
    }
  }

  override *unregister(): LocalGenerator<void> {
    const self = yield* ownPid;
    const holder = yield* whereis<any>(this.name);
    if (holder?.equals(self) === true) yield* unregister(this.name);
  }

  override toString(): string {
    return `global name ${JSON.stringify(this.name)}`;
  }
}
