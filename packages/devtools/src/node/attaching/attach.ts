import { setTimeout as sleep } from "node:timers/promises";
import type { Plane } from "../../protocol/capability.ts";
import { DevToolsError } from "../errors.ts";
import type { Target } from "../programs/target.ts";
import { addressAt, Inspector } from "./inspector.ts";
import { checkOsProcess, listenerOn, refused } from "./os-process.ts";

export interface AttachOptions {
  /** What may be asked beside `inspect`. Nothing unless given: whoever attaches could do anything, and need not hand that on. */
  readonly planes?: readonly Plane[];
  /** The signal is sent even if the program is not called node: SIGUSR1 ends most programs that are not Node's. */
  readonly force?: boolean;
  /** How long its inspector is waited for, in milliseconds: 5,000 unless given. A program answers the signal when its event loop is free. */
  readonly patienceMs?: number;
}

const usualPatienceMs = 5_000;
const betweenLooksMs = 50;
/** How long an inspector may take to close. Another debugger may hold it open. */
const closingMs = 1_000;

/**
 * Starts dev tools in a program of this user's that was not prepared for it but uses `espalier`: opens its inspector by SIGUSR1, calls the hook that `Node.start` left
 * there, and closes the inspector again, unless it was open before. While it is open, every program on this machine that can reach the port may run code in that
 * one; that is for some 100 ms.
 *
 * Rejects with a DevToolsError: there is no such process, it is another user's, it is not Node's, it has no nodes of `espalier`, its inspector's port is taken.
 *
 * @param osPid the operating system's number of the program.
 */
export async function attach(
  osPid: number,
  { planes = [], force = false, patienceMs = usualPatienceMs }: AttachOptions = {},
): Promise<Target> {
  const { inspectorPort: port } = checkOsProcess(osPid, force);
  const before = await inspectorOf(osPid, port);
  if (before !== null) {
    using inspector = before;
    return await startIn(inspector, osPid, planes);
  }
  process.kill(osPid, "SIGUSR1");
  const target = await startBriefly(osPid, port, planes, patienceMs);
  // Whoever attaches next is not to meet an inspector that is about to close.
  const untilMs = performance.now() + closingMs;
  while (performance.now() < untilMs && (await addressAt(port)) !== null) await sleep(betweenLooksMs);
  return target;
}

/** In an inspector that was opened for that alone, and is about to close when this has what was started. */
async function startBriefly(
  osPid: number,
  port: number,
  planes: readonly Plane[],
  patienceMs: number,
): Promise<Target> {
  using inspector = await opened(osPid, port, patienceMs);
  try {
    return await startIn(inspector, osPid, planes);
  } finally {
    // It closes once this session is over, which it would wait for.
    await inspector.evaluate('void setTimeout(() => process.getBuiltinModule("node:inspector").close(), 50)');
  }
}

async function opened(osPid: number, port: number, patienceMs: number): Promise<Inspector> {
  const untilMs = performance.now() + patienceMs;
  while (performance.now() < untilMs) {
    const inspector = await inspectorOf(osPid, port);
    if (inspector !== null) return inspector;
    await sleep(betweenLooksMs);
  }
  throw refused(
    `${osPid}: opened no inspector on port ${port} within ${patienceMs / 1_000} s`,
    "its event loop is blocked, it has a handler of its own for SIGUSR1, or it was started with another --inspect-port",
  );
}

/** Null: no inspector is open there. */
async function inspectorOf(osPid: number, port: number): Promise<Inspector | null> {
  const inspector = await Inspector.at(port);
  if (inspector === null) return null;
  // What it says of itself is worth nothing: it may be another user's, who waits for somebody to attach.
  const listener = listenerOn(port, osPid);
  if (listener === "nobody" || listener === "another") {
    inspector[Symbol.dispose]();
    // It has closed since: somebody had attached before.
    if (listener === "nobody") return null;
    throw refused(
      `port ${port} of the inspector is taken by another process than ${osPid}`,
      "close the debugger of that one, or start this one with another --inspect-port",
    );
  }
  const pid = await inspector.evaluate("process.pid");
  if (pid === osPid) return inspector;
  inspector[Symbol.dispose]();
  throw refused(
    `port ${port} of the inspector is taken by ${Number.isSafeInteger(pid) ? `the process ${String(pid)}` : "something else"}`,
    "close the debugger of that one, or start this one with another --inspect-port",
  );
}

async function startIn(inspector: Inspector, osPid: number, planes: readonly Plane[]): Promise<Target> {
  const found = await inspector.evaluate(
    `(async () => { const hook = globalThis[Symbol.for("espalier.devtools")]; return typeof hook === "function" ? await hook(${JSON.stringify(planes)}) : null; })()`,
  );
  if (found === null) {
    throw new DevToolsError(
      "NO_ESPALIER",
      `${osPid}: has started no node of espalier`,
      "nodes of another version, or in a worker thread, cannot be attached to",
    );
  }
  const { url, socket, token } = found as { readonly [name: string]: unknown };
  if (typeof token === "string" && typeof url === "string") return { url, token };
  if (typeof token === "string" && typeof socket === "string") return { socket, token };
  throw new DevToolsError(
    "NO_ESPALIER",
    `${osPid}: expected an address and a token of its dev tools, got something else`,
  );
}
