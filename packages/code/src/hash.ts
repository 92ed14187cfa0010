import { toBase64Url } from "@espalier/runtime";
import { sha256 } from "@noble/hashes/sha2.js";
import { Builtin } from "./builtins.ts";
import { canonical } from "./syntax/canonical.ts";
import { isGlobal } from "./globals.ts";
import type { Node } from "./syntax/tree.ts";

/** What a hash is computed of: everything that decides how a definition behaves. */
export interface Hashable {
  readonly kind: "remote" | "fn" | "constant";
  readonly tree: Node;
  /** What the free names of the tree stand for, standard globals excepted. */
  readonly dependencies: ReadonlyMap<string, Hashable | Builtin>;
}

/**
 * The version of canonical form and hash. Definitions of another version have other hashes, so they never pass for one another; nodes of
 * different versions could share no code, and refuse each other.
 */
export const hashVersion = 1;

const hashes = new WeakMap<Hashable, string>();

/**
 * The content hash of a definition: SHA-256 over its canonical tree with its dependencies' hashes in place, base64url, 43 characters.
 * Definitions that depend on one another are hashed as a group; each is `group.index` then.
 *
 * Names of locals and of dependencies, layout and comments are not in it, nor is where a cycle was entered.
 */
export function hashOfDefinition(definition: Hashable): string {
  const known = hashes.get(definition);
  if (known !== undefined) return known;
  for (const component of components(definition)) hashComponent(component);
  return hashes.get(definition) as string;
}

/** Strongly connected components among what has no hash yet, dependencies first (Tarjan). */
function components(start: Hashable): readonly (readonly Hashable[])[] {
  const found: Hashable[][] = [];
  const index = new Map<Hashable, number>();
  const low = new Map<Hashable, number>();
  const stack: Hashable[] = [];
  const visit = (definition: Hashable): number => {
    const number = index.size;
    index.set(definition, number);
    low.set(definition, number);
    stack.push(definition);
    let lowest = number;
    for (const dependency of definition.dependencies.values()) {
      if (dependency instanceof Builtin || hashes.has(dependency)) continue;
      const seen = index.get(dependency);
      if (seen === undefined) lowest = Math.min(lowest, visit(dependency));
      else if (stack.includes(dependency)) lowest = Math.min(lowest, seen);
    }
    low.set(definition, lowest);
    if (lowest === number) found.push(stack.splice(stack.indexOf(definition)));
    return lowest;
  };
  visit(start);
  return found;
}

function hashComponent(component: readonly Hashable[]): void {
  const members = new Set(component);
  const [first] = component as readonly [Hashable];
  const isCycle = component.length > 1 || [...first.dependencies.values()].some((dependency) => dependency === first);
  if (!isCycle) {
    hashes.set(first, digest(write(first, members, () => "")));
    return;
  }
  const colours = refine(component, members);
  // Members of one colour cannot be told apart however far one follows them: they are one definition, under two names.
  const classes = [...new Set(colours.values())].sort();
  const reference = (definition: Hashable): string => `cycle:${classes.indexOf(colours.get(definition) as string)}`;
  const texts = new Map(
    component.map((definition) => [colours.get(definition), write(definition, members, reference)]),
  );
  const group = digest(classes.map((colour) => texts.get(colour)).join("\n"));
  for (const definition of component) {
    const place = classes.indexOf(colours.get(definition) as string);
    hashes.set(definition, classes.length === 1 ? group : `${group}.${place}`);
  }
}

/** Tells the members of a cycle apart by content alone: each round a colour takes in the colours that it refers to. */
function refine(component: readonly Hashable[], members: ReadonlySet<Hashable>): ReadonlyMap<Hashable, string> {
  let colours = new Map(component.map((definition) => [definition, ""]));
  for (let count = 0; ;) {
    const last = colours;
    colours = new Map(
      component.map((definition) => [
        definition,
        digest(write(definition, members, (other) => `cycle:${last.get(other) as string}`)),
      ]),
    );
    const distinct = new Set(colours.values()).size;
    if (distinct === count) return colours;
    count = distinct;
  }
}

function write(definition: Hashable, members: ReadonlySet<Hashable>, reference: (member: Hashable) => string): string {
  const resolve = (name: string): string => {
    const dependency = definition.dependencies.get(name);
    if (dependency === undefined) {
      if (isGlobal(name)) return `global:${name}`;
      throw new Error(`${name}: a definition's free names are checked before it is hashed`);
    }
    if (dependency instanceof Builtin) return `##${dependency.name}`;
    return members.has(dependency) ? reference(dependency) : `#${hashes.get(dependency) as string}`;
  };
  return `(espalier-${hashVersion} ${definition.kind} ${canonical(definition.tree, resolve)})`;
}

function digest(text: string): string {
  return toBase64Url(sha256(new TextEncoder().encode(text)));
}
