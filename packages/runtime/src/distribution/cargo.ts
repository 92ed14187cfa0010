import { describe, Operation } from "@espalier/heartbeat";
import type { CodeStore } from "../code.ts";
import type { FrameState } from "../frame.ts";
import { parseHops } from "../moving/hops.ts";
import { checkDestination, type Destination } from "../addresses/destination.ts";
import type { Kernel } from "../kernel.ts";
import type { OpenRequest } from "../moving/migrations.ts";
import type { CapturedProcess, CapturedTimer } from "../moving/moving.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import { Pid } from "../addresses/pid.ts";
import { Ref } from "../addresses/ref.ts";
import type { CapturedEntry, CapturedMarker } from "../stack.ts";
import type { Resumption } from "../moving/travelling-wait.ts";
import type { CapturedWatch } from "../exits/watch.ts";
import { migrationRequest } from "./payloads.ts";

/** What of a process travels. */
export interface Cargo {
  readonly captured: CapturedProcess;
  /** Whether somebody at its home waits for what the body returns. */
  readonly awaited: boolean;
}

/** The definitions that the frames themselves are of. */
export function frameHashes({ stack }: CapturedProcess): readonly string[] {
  return stack.flatMap((entry) => ("marker" in entry ? [] : [entry.hash]));
}

/**
 * Tries to restore the frames, and forgets them again: whether a process can go on is known before it is taken, because afterwards nobody could
 * have it back.
 *
 * @throws CodeRefusedError when a frame cannot go on here.
 */
export function checkFrames(code: CodeStore, { stack }: CapturedProcess, stranger: NodeId | null = null): void {
  for (const entry of stack) if (!("marker" in entry)) void code.restore(entry, stranger);
}

/**
 * Checks what a peer says a process consists of, and that this node knows every kind of thing in it.
 *
 * @throws TypeError naming what is wrong.
 */
export function parseCargo(kernel: Kernel, data: unknown): Cargo {
  const { captured, awaited } = record(data, "cargo");
  const fields = record(captured, "process");
  const { label, parent, trapping, exitMap, starter } = fields;
  if (typeof label !== "string") throw unexpected("label", "a text", label);
  if (!(parent instanceof Pid)) throw unexpected("parent", "a pid", parent);
  if (typeof trapping !== "boolean") throw unexpected("trapping", "true or false", trapping);
  if (exitMap !== null && typeof exitMap !== "function") throw unexpected("exitMap", "a function or nothing", exitMap);
  if (starter !== null && !(starter instanceof Ref)) throw unexpected("starter", "a ref or nothing", starter);
  const mailbox = list(fields, "mailbox");
  const stack = list(fields, "stack").map((entry) => parseEntry(kernel, entry));
  const top = stack.at(-1);
  if (top === undefined || ("marker" in top && !frameMarkers.has(top.marker))) {
    throw unexpected("stack", "a frame on top", top);
  }
  return {
    captured: {
      label,
      parent,
      stack,
      mailbox,
      urgent: indexIn(fields["urgent"], mailbox.length),
      mapped: list(fields, "mapped").map((entry) => parseMapped(entry, mailbox.length)),
      stash: list(fields, "stash"),
      trapping,
      exitMap: exitMap as CapturedProcess["exitMap"],
      links: list(fields, "links").map((peer) => {
        if (peer instanceof Pid) return peer;
        throw unexpected("link", "a pid", peer);
      }),
      watches: list(fields, "watches").map((watch) => parseWatch(kernel, watch)),
      refSerial: whole(fields, "refSerial"),
      starter,
      timers: list(fields, "timers").map(parseTimer),
      resumption: parseResumption(kernel, fields["resumption"]),
      requests: list(fields, "requests").map(parseRequest),
      reductions: whole(fields, "reductions"),
      hops: parseHops(fields["hops"]),
    },
    awaited: awaited === true,
  };
}

function parseMapped(data: unknown, length: number): readonly [number, number] {
  if (!Array.isArray(data) || data.length !== 2) throw unexpected("mapped", "a serial and an index", data);
  const [serial, index] = data as readonly unknown[];
  return [whole({ serial }, "serial"), indexIn(index, length - 1)];
}

/** A number of messages, or the place of one. */
function indexIn(value: unknown, length: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= length) return value;
  throw unexpected("message", `a whole number of 0 to ${length}`, value);
}

/** Frames that travel as markers do. */
const frameMarkers: ReadonlySet<string> = new Set(["launch", "performed"]);

function parseEntry(kernel: Kernel, data: unknown): CapturedEntry {
  const fields = record(data, "stack entry");
  if ("marker" in fields) {
    const { marker } = fields;
    if (typeof marker !== "string" || !(frameMarkers.has(marker) || kernel.markerMakers.has(marker))) {
      throw unexpected("marker", "one that this node knows", marker);
    }
    if (marker === "launch") parseLaunch(fields["data"]);
    return { marker, data: fields["data"] } satisfies CapturedMarker;
  }
  const { hash } = fields;
  if (typeof hash !== "string") throw unexpected("frame", "a hash", hash);
  return {
    hash,
    unit: whole(fields, "unit"),
    abi: whole(fields, "abi"),
    position: whole(fields, "position"),
    slots: list(fields, "slots"),
  } satisfies FrameState;
}

function parseLaunch(data: unknown): void {
  const { body, parameters } = record(data, "launch");
  if (typeof body !== "function" && !(body instanceof Operation))
    throw unexpected("body", "a function or a Remote", body);
  if (!Array.isArray(parameters)) throw unexpected("parameters", "a list", parameters);
}

function parseWatch(kernel: Kernel, data: unknown): CapturedWatch {
  const fields = record(data, "watch");
  const { kind, target } = fields;
  if (typeof kind !== "string" || !kernel.watchMakers.has(kind)) {
    throw unexpected("watch", "one that this node knows", kind);
  }
  if (target !== null && !(target instanceof Pid)) throw unexpected("watch target", "a pid or nothing", target);
  return { kind, serial: whole(fields, "serial"), target, data: fields["data"] };
}

function parseTimer(data: unknown): CapturedTimer {
  const fields = record(data, "timer");
  const { to, message, remainingMs } = fields;
  const receiver = checkDestination(to as Destination<any>, "timer of a process that arrives");
  if (typeof remainingMs !== "number" || !(remainingMs >= 0)) throw unexpected("timer", "a duration", remainingMs);
  return { serial: whole(fields, "serial"), to: receiver, message, remainingMs };
}

function parseResumption(kernel: Kernel, data: unknown): Resumption {
  const { type, value, error, fresh, wait, remainingMs } = record(data, "resumption");
  switch (type) {
    case "value":
      return { type, value };
    case "error":
      return { type, error, fresh: fresh === true };
    case "wait": {
      const { kind, data: waited } = record(wait, "wait");
      const how = typeof kind === "string" ? kernel.waitKinds.get(kind) : undefined;
      if (how === undefined) throw unexpected("wait", "one that this node knows", kind);
      if (remainingMs !== null && !(typeof remainingMs === "number" && remainingMs >= 0)) {
        throw unexpected("wait", "a duration or nothing", remainingMs);
      }
      return { type, wait: { kind: kind as string, data: how.parse(waited) }, remainingMs };
    }
    default:
      throw unexpected("resumption", "value, error or wait", type);
  }
}

function parseRequest(data: unknown): OpenRequest {
  const { ref, request } = record(data, "request to move");
  if (!(ref instanceof Ref)) throw unexpected("request to move", "a ref", ref);
  const parsed = migrationRequest(request);
  if (parsed === null) throw unexpected("request to move", "a node", request);
  return { ref, request: parsed };
}

function record(data: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof data === "object" && data !== null && !Array.isArray(data)) return data as Record<string, unknown>;
  throw unexpected(name, "an object", data);
}

function list(fields: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value as unknown[];
  throw unexpected(name, "a list", value);
}

function whole(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw unexpected(name, "a whole number of at least 0", value);
}

function unexpected(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${name} of a process that arrives: expected ${expected}, got ${describe(value)}`);
}
