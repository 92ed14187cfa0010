import type { CodeLimits, Hash, PackedDefinition } from "@espalier/runtime";
import { CodeRefusedError } from "./errors.ts";

/** What was sent together, by hash. */
export type Delivery = ReadonlyMap<Hash, PackedDefinition>;

/**
 * Checks what somebody says is a set of definitions: the shape of each, their number and size, and that each is there once. What their texts
 * are worth is not known yet.
 *
 * @throws CodeRefusedError naming what is wrong.
 */
export function readDelivery(packed: unknown, limits: CodeLimits): Delivery {
  if (!Array.isArray(packed)) throw new CodeRefusedError("definitions that were sent are no list");
  if (packed.length > limits.delivery) {
    throw new CodeRefusedError(
      `${packed.length} definitions were sent together; at most ${limits.delivery} are taken at once`,
    );
  }
  const delivery = new Map<Hash, PackedDefinition>();
  let size = 0;
  for (const one of packed as unknown[]) {
    checkShape(one, limits);
    if (delivery.has(one.hash)) refuseDefinition(one, "it was sent twice, at once");
    delivery.set(one.hash, one);
    size += one.text.length;
    if (size > limits.deliveryText) {
      throw new CodeRefusedError(
        `definitions that were sent together have more than ${limits.deliveryText} characters of text`,
      );
    }
  }
  return delivery;
}

/** @throws CodeRefusedError that says which definition was refused, and why. */
export function refuseDefinition({ name, hash }: PackedDefinition, why: string, cause?: unknown): never {
  throw new CodeRefusedError(`definition ${name} (${hash}) was refused: ${why}`, { cause });
}

/** The definitions that one of a delivery says it needs, builtins left out. */
export function* referencesOf({ dependencies }: PackedDefinition): IterableIterator<Hash> {
  for (const reference of Object.values(dependencies)) if (!reference.startsWith("##")) yield reference;
}

/**
 * A delivery in groups, each after what it needs: groups of one, and of definitions that need one another (Tarjan, without recursion: a
 * chain may have any length here).
 *
 * @throws CodeRefusedError for a circle whose hashes are not those of one group, and for groups that are too large.
 */
export function inGroups(delivery: Delivery, limits: CodeLimits): readonly (readonly PackedDefinition[])[] {
  const groups: PackedDefinition[][] = [];
  const index = new Map<Hash, number>();
  const low = new Map<Hash, number>();
  const stack: PackedDefinition[] = [];
  const waiting = new Set<Hash>();
  for (const root of delivery.values()) {
    const path: { readonly one: PackedDefinition; readonly references: Iterator<Hash> }[] = [];
    const enter = (one: PackedDefinition): void => {
      index.set(one.hash, index.size);
      low.set(one.hash, index.size - 1);
      stack.push(one);
      waiting.add(one.hash);
      path.push({ one, references: referencesOf(one) });
    };
    if (!index.has(root.hash)) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { hash } = top.one;
      const { done, value: reference } = top.references.next();
      if (done !== true) {
        const needed = delivery.get(reference);
        if (needed === undefined) continue;
        if (!index.has(reference)) enter(needed);
        else if (waiting.has(reference))
          low.set(hash, Math.min(low.get(hash) as number, index.get(reference) as number));
        continue;
      }
      path.pop();
      const lowest = low.get(hash) as number;
      const above = path.at(-1)?.one.hash;
      if (above !== undefined) low.set(above, Math.min(low.get(above) as number, lowest));
      if (lowest !== index.get(hash)) continue;
      const group = stack.splice(stack.lastIndexOf(top.one));
      for (const member of group) waiting.delete(member.hash);
      checkGroup(group, limits);
      groups.push(group);
    }
  }
  return groups;
}

/** Where the members of a group are kept together: what their hashes begin with. */
export function groupOf(hash: Hash): string {
  const dot = hash.indexOf(".");
  return dot === -1 ? hash : hash.slice(0, dot);
}

const hashPattern = /^[\w-]{20,64}(?:\.\d{1,4})?$/;

export function isHash(value: unknown): value is Hash {
  return typeof value === "string" && hashPattern.test(value);
}

function checkGroup(group: readonly PackedDefinition[], limits: CodeLimits): void {
  const [first, second] = group as readonly [PackedDefinition, PackedDefinition?];
  if (second === undefined) return;
  if (group.length > limits.group) {
    refuseDefinition(first, `${group.length} definitions need one another; at most ${limits.group} may`);
  }
  const stranger = group.find(({ hash }) => groupOf(hash) !== groupOf(first.hash) || groupOf(hash) === hash);
  if (stranger !== undefined) {
    refuseDefinition(stranger, `it needs itself, by way of others, and its hash is not one of their group`);
  }
}

function checkShape(packed: unknown, limits: CodeLimits): asserts packed is PackedDefinition {
  const { hash, name, kind, text, dependencies, origin, author } = (packed ?? {}) as Record<string, unknown>;
  const isRight =
    isHash(hash) &&
    typeof name === "string" &&
    name.length <= limits.name &&
    (kind === "remote" || kind === "fn" || kind === "constant") &&
    typeof text === "string" &&
    typeof dependencies === "object" &&
    dependencies !== null &&
    Object.values(dependencies).every((reference) => typeof reference === "string") &&
    (origin === undefined || typeof origin === "string") &&
    (author === undefined || (typeof author === "string" && author.length <= limits.name));
  if (!isRight) throw new CodeRefusedError("a definition that was sent does not have the shape of one");
  const one = packed as PackedDefinition;
  if (text.length > limits.text) {
    refuseDefinition(one, `its text has ${text.length} characters; at most ${limits.text} are read`);
  }
  const references = Object.entries(dependencies) as [string, string][];
  if (references.length > limits.dependencies) {
    refuseDefinition(one, `it has ${references.length} dependencies; at most ${limits.dependencies} are allowed`);
  }
  for (const [local, reference] of references) {
    if (local.length > limits.name) refuseDefinition(one, `a dependency's name has ${local.length} characters`);
    const isBuiltin = reference.startsWith("##") && reference.length <= limits.name;
    if (!isBuiltin && !isHash(reference)) refuseDefinition(one, `\`${local}\` is neither a hash nor a builtin`);
  }
}
