import type { AnyStateNode } from "xstate";
import type { Machine } from "./xstate.ts";

type Kind = "actions" | "guards" | "delays" | "actors";

/**
 * Everything that a machine refers to by a name has to be there: xstate passes over an action that nobody has implemented, and takes a delay
 * without a value for none at all.
 *
 * @throws TypeError with all that is missing.
 */
export function checkMachine(machine: Machine): void {
  const missing = new Map<string, string>();
  const need = (kind: Kind, reference: unknown, node: AnyStateNode): void => {
    const name = nameOf(reference);
    const known = (machine.implementations as Readonly<Record<Kind, Readonly<Record<string, unknown>>>>)[kind];
    if (name === null || known[name] !== undefined) return;
    missing.set(`${kind} ${name}`, `${kind}.${name} (in #${node.id})`);
  };
  for (const node of (machine as unknown as { readonly idMap: ReadonlyMap<string, AnyStateNode> }).idMap.values()) {
    for (const action of [...node.entry, ...node.exit]) {
      need("actions", action, node);
      needDelay(action, (delay) => need("delays", delay, node));
    }
    for (const { src } of node.invoke) {
      if (typeof src === "string" && !src.startsWith("xstate.invoke.")) need("actors", src, node);
    }
    for (const transition of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
      if (transition.guard !== undefined) need("guards", transition.guard, node);
      for (const action of transition.actions) {
        need("actions", action, node);
        needDelay(action, (delay) => need("delays", delay, node));
      }
    }
  }
  if (missing.size === 0) return;
  const what = [...missing.values()].join(", ");
  throw new TypeError(
    `machine ${machine.id}: expected an implementation of everything that it names, found none of ${what}; give them to setup(…), or to machine.provide(…)`,
  );
}

/** The name by which something is referred to; null when it is there itself. */
function nameOf(reference: unknown): string | null {
  if (typeof reference === "string") return reference;
  if (typeof reference !== "object" || reference === null) return null;
  return (reference as { readonly type?: string }).type ?? null;
}

/** A built-in action may be delayed by name. */
function needDelay(action: unknown, need: (delay: string) => void): void {
  const { delay } = (typeof action === "function" ? action : {}) as { readonly delay?: unknown };
  if (typeof delay === "string") need(delay);
}
