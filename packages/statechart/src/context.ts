import { Server } from "@espalier/runtime";

/** How xstate writes down an actor in a context. */
interface WrittenActor {
  readonly xstate$$type: 1;
  readonly id: string;
}

/**
 * A context to be kept: actors are written down by their ids, and whoever waits for a reply is left out, because nobody waits in another life. Only
 * plain objects and arrays are looked through; what else there is stays as it is.
 */
export function packContext(context: unknown): unknown {
  return mapped(context, (value) => {
    if (value instanceof Server.From) return { value: null };
    return isActor(value) ? { value: { xstate$$type: 1, id: value.id } satisfies WrittenActor } : null;
  });
}

/** The other way: actors are there again, under their ids. */
export function unpackContext(context: unknown, children: Readonly<Record<string, unknown>>): unknown {
  return mapped(context, (value) => (isWrittenActor(value) ? { value: children[value.id] } : null));
}

function mapped(value: unknown, replace: (value: object) => { readonly value: unknown } | null): unknown {
  if (typeof value !== "object" || value === null) return value;
  const replaced = replace(value);
  if (replaced !== null) return replaced.value;
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, replace)]));
}

function isActor(value: object): value is { readonly id: string } {
  return "sessionId" in value && "send" in value && "ref" in value;
}

function isWrittenActor(value: object): value is WrittenActor {
  return "xstate$$type" in value && value.xstate$$type === 1;
}
