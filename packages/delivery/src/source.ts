import { describe } from "@espalier/heartbeat";
import { NodeRef, Pid, ViaName, type Addressee, type RemoteName } from "@espalier/runtime";

/** Where a producer is. @throws TypeError when it is nowhere. */
export function checkSource(source: unknown): Addressee<any> {
  if (source instanceof Pid || source instanceof ViaName || isRemoteName(source)) return source as Addressee<any>;
  if (typeof source === "string" && source !== "") return source;
  throw new TypeError(
    `from: expected a producer's pid, its name, { name, node } or a via name, got ${describe(source)}`,
  );
}

/** Whether both are the same address. Two that are not may be those of one process. */
export function isSameSource(one: Addressee<any>, other: Addressee<any> | null): boolean {
  if (one instanceof Pid) return other instanceof Pid && one.equals(other);
  if (isRemoteName(one)) return isRemoteName(other) && one.name === other.name && one.node.id === other.node.id;
  return one === other;
}

function isRemoteName(value: unknown): value is RemoteName {
  if (typeof value !== "object" || value === null) return false;
  const { name, node } = value as Partial<RemoteName>;
  return typeof name === "string" && name !== "" && node instanceof NodeRef;
}
