import { channelTravels } from "@espalier/channels";
import { heartbeatTravels } from "@espalier/heartbeat";
import { NodeAddress, NodeRef, Pid, Ref, type Travels } from "@espalier/runtime";

// The codec of nodes would refuse what cannot travel, such as a function in a message that nobody got; what somebody only looks at may lose
// that. The channel between processes copies plain data, maps and sets included, and so only instances of classes have to be marked.

/** What stands for an instance of a class. */
const mark = "$kind";

type Kind = Pick<Travels, "name" | "type"> & { encode(value: any): unknown; decode(data: any): unknown };

const kinds: readonly Kind[] = [
  {
    name: "pid",
    type: Pid,
    encode: ({ address, serial }: Pid) => [address.id, address.incarnation, serial],
    decode: ([id, incarnation, serial]: [string, string, number]) => new Pid(new NodeAddress(id, incarnation), serial),
  },
  {
    name: "ref",
    type: Ref,
    encode: ({ owner, serial }: Ref) => [owner, serial],
    decode: ([owner, serial]: [Pid, number]) => new Ref(owner, serial),
  },
  {
    name: "node",
    type: NodeRef,
    encode: ({ id, address }: NodeRef) => [id, address],
    decode: ([id, address]: [string, string | null]) => new NodeRef(id, address),
  },
  {
    name: "error",
    type: Error,
    encode: (error: Error & { readonly code?: unknown }) => {
      const { name, message, stack, cause, code } = error;
      return {
        message,
        fields: { name, stack, ...(cause === undefined ? {} : { cause }), ...(code === undefined ? {} : { code }) },
      };
    },
    decode: ({ message, fields }: { readonly message: string; readonly fields: object }) =>
      Object.assign(new Error(message), fields),
  },
  ...heartbeatTravels,
  ...channelTravels,
];

const byName: ReadonlyMap<string, Kind> = new Map(kinds.map((kind) => [kind.name, kind]));
const byType: ReadonlyMap<unknown, Kind> = new Map(kinds.map((kind) => [kind.type, kind]));

/**
 * A value as data that processes of this machine can send each other. Pids, references, heartbeats, channels and errors arrive as what they
 * are; an instance of any other class as its fields, and a function, a symbol or a cycle as a text that says so.
 */
export function pack(value: unknown): unknown {
  return packInside(value, []);
}

function packInside(value: unknown, above: readonly object[]): unknown {
  if (typeof value === "function") return `[function ${value.name}]`;
  if (typeof value === "symbol") return `[${value.toString()}]`;
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "[circular]";
  const inside = [...above, value];
  const deeper = (part: unknown): unknown => packInside(part, inside);
  if (Array.isArray(value)) return value.map(deeper);
  if (value instanceof Map) return new Map([...value].map(([key, entry]) => [deeper(key), deeper(entry)]));
  if (value instanceof Set) return new Set([...value].map(deeper));
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || isTime(value)) return value;
  const kind = kindOf(value);
  if (kind !== undefined) return { [mark]: kind.name, data: deeper(kind.encode(value)) };
  const fields = Object.fromEntries(Object.entries(value).map(([key, field]) => [key, deeper(field)]));
  return Object.hasOwn(fields, mark) ? { [mark]: "plain", data: Object.entries(fields) } : fields;
}

/** The value that {@link pack} made `data` of. */
export function unpack(data: unknown): unknown {
  if (typeof data !== "object" || data === null) return data;
  if (Array.isArray(data)) return data.map(unpack);
  if (data instanceof Map) return new Map([...data].map(([key, entry]) => [unpack(key), unpack(entry)]));
  if (data instanceof Set) return new Set([...data].map(unpack));
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer || isTime(data)) return data;
  if (Object.hasOwn(data, mark)) {
    const { [mark]: name, data: inner } = data as { readonly [mark]: string; readonly data: unknown };
    const fields = unpack(inner);
    if (name === "plain") return Object.fromEntries(fields as [string, unknown][]);
    const kind = byName.get(name);
    if (kind === undefined) throw new TypeError(`parcel: expected a kind of value that is known, got ${name}`);
    return kind.decode(fields);
  }
  return Object.fromEntries(Object.entries(data).map(([key, field]) => [key, unpack(field)]));
}

function kindOf(value: object): Kind | undefined {
  return byType.get(value.constructor) ?? (value instanceof Error ? byName.get("error") : undefined);
}

function isTime(value: object): boolean {
  return Object.prototype.toString.call(value) === "[object Date]";
}
