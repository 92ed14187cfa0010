import { Binding, type Label } from "./binding.ts";
import type { Node } from "./tree.ts";
import { fieldsOf, walk } from "./walk.ts";

/** What the printer writes for the locals, labels and free names of one tree. */
export interface Names {
  local(binding: Binding): string;
  label(label: Label): string;
  free(name: string): string;
}

/**
 * The author's own names: for text that is read again. A local gives way to a free name that a tool's renaming had hidden from it.
 */
export function authorNames(tree: Node, free: Iterable<string>): Names {
  const reserved = new Set(free);
  const taken = new Set([...reserved, ...[...bindingsIn(tree)].map(({ name }) => name)]);
  const renamed = new Map<Binding, string>();
  for (const binding of bindingsIn(tree)) {
    if (reserved.has(binding.name)) renamed.set(binding, claim(binding.name, taken));
  }
  return {
    local: (binding) => renamed.get(binding) ?? binding.name,
    label: (label) => label.name,
    free: (name) => name,
  };
}

/**
 * One name for each local of the whole tree, so that every live variable can be named at every position: the author's, for the first
 * of its name. Names that begin with `$` are the compiler's own; internal free names stand for them with a `%`.
 */
export function uniqueNames(tree: Node, free: Iterable<string>): Names {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const name of free) names.set(name, claim(name, taken));
  const locals = new Map<Binding, string>();
  for (const binding of bindingsIn(tree)) locals.set(binding, claim(binding.name, taken));
  const labels = new Map<Label, string>();
  const takenLabels = new Set<string>();
  return {
    local: (binding) =>
      binding.kind === "temporary" ? `$${binding.index}` : demand(locals, binding, () => claim(binding.name, taken)),
    label: (label) => demand(labels, label, () => claim(label.name, takenLabels)),
    free: (name) => (name.startsWith("%") ? `$${name.slice(1)}` : demand(names, name, () => claim(name, taken))),
  };
}

/** All bindings of a tree, in the order of the source. */
function bindingsIn(tree: Node): ReadonlySet<Binding> {
  const found = new Set<Binding>();
  walk(tree, (node) => {
    for (const field of fieldsOf(node.type)) {
      const value = (node as unknown as Record<string, unknown>)[field];
      if (value instanceof Binding) found.add(value);
    }
  });
  return found;
}

function claim(name: string, taken: Set<string>): string {
  const wish = name.startsWith("$") ? `_${name}` : name;
  let free = wish;
  for (let suffix = 1; taken.has(free); suffix++) free = `${wish}$${suffix}`;
  taken.add(free);
  return free;
}

function demand<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
