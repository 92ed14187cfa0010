import { describe } from "@espalier/heartbeat";
import { Pid } from "@espalier/runtime";
import type { LockId } from "./global-locks.ts";
import type { Names } from "./global-table.ts";

/** What the process of `Global` on one node asks of the one on another. Each is answered once. */
export type GlobalAsk =
  /** A process of the asker's node has the name now; `replace`: whoever had it has it no more. */
  | { readonly type: "add"; readonly name: string; readonly pid: Pid<any>; readonly replace: boolean }
  /** A process of the asker's node has it no more. */
  | { readonly type: "remove"; readonly name: string; readonly pid: Pid<any> }
  /** A process of the asked node is to have the name. */
  | {
      readonly type: "claim";
      readonly name: string;
      readonly pid: Pid<any>;
      readonly replace: boolean;
      readonly resolver: string;
    }
  /** A process of the asked node is to have it no more. */
  | { readonly type: "release"; readonly name: string; readonly pid: Pid<any> }
  | { readonly type: "lock" | "unlock"; readonly id: LockId; readonly holder: Pid<any> };

/** What the processes of `Global` say to each other. */
export type GlobalMessage =
  /** All names of the sender's node. */
  | { readonly type: "global.sync"; readonly names: Names }
  | { readonly type: "global.ask"; readonly serial: number; readonly ask: GlobalAsk }
  | { readonly type: "global.answer"; readonly serial: number; readonly value: unknown };

/** How long a name may be, in UTF-16 units; also that of a lock. */
export const globalNameMax = 1_024;

export function isGlobalMessage(message: unknown): message is { readonly type: GlobalMessage["type"] } {
  if (typeof message !== "object" || message === null) return false;
  const { type } = message as Partial<GlobalMessage>;
  return type === "global.sync" || type === "global.ask" || type === "global.answer";
}

/** @throws TypeError when it makes no sense. */
export function parseGlobalMessage(message: { readonly type: GlobalMessage["type"] }, namesMax: number): GlobalMessage {
  const { type, names, serial, ask, value } = message as Readonly<Record<string, unknown>>;
  switch (type) {
    case "global.sync": {
      if (!(names instanceof Map)) throw new TypeError(`names: expected a map, got ${describe(names)}`);
      if (names.size > namesMax) throw new TypeError(`names: expected at most ${namesMax}, got ${names.size}`);
      for (const [name, pid] of names as ReadonlyMap<unknown, unknown>) {
        checkName(name);
        checkPid(pid);
      }
      return { type, names: names as Names };
    }
    case "global.ask":
      return { type, serial: checkSerial(serial), ask: parseAsk(ask) };
    default:
      return { type: "global.answer", serial: checkSerial(serial), value };
  }
}

function parseAsk(ask: unknown): GlobalAsk {
  if (typeof ask !== "object" || ask === null) throw new TypeError(`ask: expected an object, got ${describe(ask)}`);
  const { type, name, pid, replace, resolver, id, holder } = ask as Readonly<Record<string, unknown>>;
  switch (type) {
    case "add":
      return { type, name: checkName(name), pid: checkPid(pid), replace: replace === true };
    case "claim":
      return {
        type,
        name: checkName(name),
        pid: checkPid(pid),
        replace: replace === true,
        resolver: checkName(resolver),
      };
    case "remove":
    case "release":
      return { type, name: checkName(name), pid: checkPid(pid) };
    case "lock":
    case "unlock":
      return { type, id: checkLock(id), holder: checkPid(holder) };
    default:
      throw new TypeError(`ask: expected something that is asked for, got ${describe(type)}`);
  }
}

/** @throws TypeError when it cannot be a name. */
export function checkName(name: unknown): string {
  if (typeof name === "string" && name !== "" && name.length <= globalNameMax) return name;
  throw new TypeError(`name: expected a string of 1 to ${globalNameMax} characters, got ${describe(name)}`);
}

/** @throws TypeError when it is none. */
export function checkLock(id: unknown): LockId {
  const { resource, requester } = (typeof id === "object" && id !== null ? id : {}) as Partial<LockId>;
  return { resource: checkName(resource), requester: checkName(requester) };
}

/** @throws TypeError when it is none. */
export function checkPid(pid: unknown): Pid<any> {
  if (pid instanceof Pid) return pid;
  throw new TypeError(`pid: expected a pid, got ${describe(pid)}`);
}

function checkSerial(serial: unknown): number {
  if (typeof serial === "number" && Number.isSafeInteger(serial)) return serial;
  throw new TypeError(`serial: expected a whole number, got ${describe(serial)}`);
}
