import type { Hash, TravellingFunctions, Travels } from "@espalier/runtime";
import { CollectionCursor, EntryCursor, IndexCursor, KeyCursor } from "./cursor.ts";
import { closure, type Definition, functionValues } from "./definition.ts";
import { errorTravels } from "./error-travels.ts";
import { CodeRefusedError } from "./errors.ts";
import { ClosureReference, FunctionReference } from "./function-value.ts";
import { privateTravels } from "./private.ts";
import { type PrivateHome, privateTargetOf } from "./private-function.ts";
import { RemoteCall } from "./remote-call.ts";

/** Where definitions are found. */
export interface Definitions {
  /**
   * @param stranger by whose word it is used, when the sender did not trust that.
   * @throws CodeRefusedError when it is not there.
   */
  definition(hash: Hash, stranger?: string | null): Definition;
}

/**
 * How code values cross machines, for a node whose definitions are in `store`.
 *
 * @param home the node, as the home of private functions of this program that it is the first to hand out.
 */
export function codeTravels(store: Definitions, home: PrivateHome | null = null): readonly Travels[] {
  return [
    functionTravels(store),
    closureTravels(store),
    remoteTravels(store),
    indexCursorTravels,
    keyCursorTravels,
    entryCursorTravels,
    collectionCursorTravels,
    ...privateTravels(home),
    ...errorTravels,
  ];
}

/** Functions that were defined, and those that running definitions made, travel; no other function does. */
export const codeFunctions: TravellingFunctions = {
  standIn: (f) => functionValues.referenceTo(f) ?? privateTargetOf(f),
};

function functionTravels(store: Definitions): Travels<FunctionReference> {
  return {
    name: "code.function",
    type: FunctionReference,
    encode: ({ hash, stranger }) => (stranger === null ? hash : [hash, stranger]),
    decode: (data) => {
      const [hash, stranger] = Array.isArray(data) ? (data as readonly unknown[]) : [data];
      if (typeof hash !== "string") throw new TypeError("code.function: expected a hash");
      return store.definition(hash, readStranger(stranger, "code.function")).value as FunctionReference;
    },
    hashes: ({ hash }) => [hash],
  };
}

function closureTravels(store: Definitions): Travels<ClosureReference> {
  return {
    name: "code.closure",
    type: ClosureReference,
    encode: ({ hash, unit, captures, stranger }) => [hash, unit, captures, ...(stranger === null ? [] : [stranger])],
    decode: (data) => {
      const { hash, unit, captures } = readCall(data, "code.closure");
      const definition = store.definition(hash, readStranger((data as readonly unknown[])[3], "code.closure"));
      if (Number.isInteger(unit) && definition.functionShape(unit)?.captures.length === captures.length)
        return definition.function(unit, captures) as ClosureReference;
      checkUnit(store, hash, unit, captures);
      return closure(definition, unit, () => captures) as object as ClosureReference;
    },
    hashes: ({ hash }) => [hash],
  };
}

function remoteTravels(store: Definitions): Travels<RemoteCall<unknown>> {
  return {
    name: "code.remote",
    type: RemoteCall,
    encode: ({ definition: { hash, stranger = null }, unit, captures, args }) => [
      hash,
      unit,
      captures,
      args,
      ...(stranger === null ? [] : [stranger]),
    ],
    decode: (data) => {
      const { hash, unit, captures } = readCall(data, "code.remote");
      const [, , , args, stranger] = data as readonly unknown[];
      if (!Array.isArray(args)) throw new TypeError("code.remote: expected arguments");
      checkUnit(store, hash, unit, captures);
      return new RemoteCall(store.definition(hash, readStranger(stranger, "code.remote")), unit, captures, args);
    },
    hashes: ({ definition }) => [definition.hash],
  };
}

const indexCursorTravels: Travels<IndexCursor> = {
  name: "code.index-cursor",
  type: IndexCursor,
  encode: ({ items, index }) => [items, index],
  decode: (data) => {
    const [items, index] = readPair(data, "code.index-cursor");
    if (!Array.isArray(items) && !ArrayBuffer.isView(items))
      throw new TypeError("code.index-cursor: expected an array");
    return new IndexCursor(items as unknown as ArrayLike<unknown>, readIndex(index, "code.index-cursor"));
  },
};

const keyCursorTravels: Travels<KeyCursor> = {
  name: "code.key-cursor",
  type: KeyCursor,
  encode: ({ object, keys, index }) => [object, index, keys],
  decode: (data) => {
    const [object, index] = readPair(data, "code.key-cursor");
    const keys = (data as readonly unknown[])[2];
    if (typeof object !== "object" || object === null) throw new TypeError("code.key-cursor: expected an object");
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === "string"))
      throw new TypeError("code.key-cursor: expected keys");
    return new KeyCursor(object, keys, readIndex(index, "code.key-cursor"));
  },
};

const entryCursorTravels: Travels<EntryCursor> = {
  name: "code.entry-cursor",
  type: EntryCursor,
  encode: ({ collection, left }) => [collection, left],
  decode: (data) => {
    const [collection, left] = readPair(data, "code.entry-cursor");
    if (!(collection instanceof Map) && !(collection instanceof Set))
      throw new TypeError("code.entry-cursor: expected a Map or a Set");
    if (!Number.isSafeInteger(left) || (left as number) < -1)
      throw new TypeError("code.entry-cursor: expected how many entries are left");
    return new EntryCursor(collection, left as number);
  },
};

const collectionCursorTravels: Travels<CollectionCursor | IndexCursor> = {
  name: "code.collection-cursor",
  type: CollectionCursor,
  encode: (cursor) => (cursor as CollectionCursor).rest(),
  decode: (data) => {
    if (!Array.isArray(data)) throw new TypeError("code.collection-cursor: expected an array");
    return new IndexCursor(data);
  },
};

interface Call {
  readonly hash: Hash;
  readonly unit: number;
  readonly captures: readonly unknown[];
}

function readCall(data: unknown, name: string): Call {
  const [hash, unit, captures] = Array.isArray(data) ? (data as unknown[]) : [];
  if (typeof hash !== "string" || typeof unit !== "number" || !Array.isArray(captures)) {
    throw new TypeError(`${name}: expected hash, unit and captures`);
  }
  return { hash, unit, captures };
}

function readStranger(value: unknown, name: string): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`${name}: expected the peer by whose word it is used`);
}

function checkUnit(store: Definitions, hash: Hash, unit: number, captures: readonly unknown[]): void {
  const shape = Number.isInteger(unit) ? store.definition(hash).shape(unit) : undefined;
  if (shape === undefined || shape.captures !== captures.length)
    throw new CodeRefusedError(`definition ${hash} has no such function`);
}

function readPair(data: unknown, name: string): readonly [unknown, unknown] {
  if (!Array.isArray(data) || data.length < 2) throw new TypeError(`${name}: expected a list`);
  return [data[0], data[1]];
}

function readIndex(index: unknown, name: string): number {
  if (typeof index !== "number" || !(Number.isInteger(index) || index === Infinity) || index < -1)
    throw new TypeError(`${name}: expected an index`);
  return index;
}
