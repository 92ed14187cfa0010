import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { Node } from "@espalier/runtime";
import type { ChaosPort } from "../acting/chaos-port.ts";
import { type Plane, planes as allPlanes } from "../protocol/capability.ts";
import { DevToolsError } from "./errors.ts";
import type { WatchdogOptions } from "./watchdog/watchdog.ts";

/** How dev tools are served; everything has a default. */
export interface DevToolsOptions {
  /** The nodes that can be looked at: all of this OS process that the package `espalier` started unless given. */
  readonly nodes?: readonly Node[];
  /** What may be asked, beside `inspect`, which always may: a link is made for each. Nothing else unless given. */
  readonly planes?: readonly Plane[];
  /** Makes what does harm to a node on purpose: `chaosActions` of `@espalier/testkit`. Giving it allows the plane `chaos`. */
  readonly chaos?: (node: Node) => ChaosPort;
  /** The address to listen on: `127.0.0.1` unless given. One that is not of this machine alone needs `proxy`. */
  readonly host?: string;
  /** The TCP port: a free one unless given. */
  readonly port?: number;
  /** Listen on a Unix socket, instead of a port: its path, or true for one in the user's own directory. */
  readonly socket?: string | true;
  /**
   * Others than this machine may ask, through a proxy that speaks TLS: by which names it is called, and whether the request is of somebody who may. It is
   * asked for every request, and the token is needed all the same.
   */
  readonly proxy?: {
    readonly hosts: readonly string[];
    readonly authenticate: (request: IncomingMessage) => boolean | Promise<boolean>;
  };
  /** What the program is called: the title of the OS process unless given, or, when nobody gave it one, the file that it runs. */
  readonly name?: string;
  /**
   * What all tokens are made of: 32 random bytes, kept secret. Given the same again, links outlive the program. New ones unless given.
   */
  readonly secret?: Uint8Array;
  /** Whether a file says to other programs of this user that it can be looked at, and has a token for reading. True unless given. */
  readonly discoverable?: boolean;
  /** Whether a thread watches that the event loop comes round, and says which process blocks it when it does not. False unless given. */
  readonly watchdog?: boolean | WatchdogOptions;
}

const checks: {
  readonly [K in keyof Required<DevToolsOptions>]: readonly [expected: string, is: (value: unknown) => boolean];
} = {
  nodes: ["an array of nodes", (value) => Array.isArray(value) && value.every((node) => isNode(node))],
  planes: [
    `an array of ${allPlanes.join(", ")}`,
    (value) => Array.isArray(value) && value.every((plane) => allPlanes.includes(plane as Plane)),
  ],
  chaos: ["a function that makes the chaos actions of a node", (value) => typeof value === "function"],
  host: ["an address or a name", (value) => typeof value === "string" && value !== ""],
  port: [
    "a whole number from 0 to 65535",
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65_535,
  ],
  socket: [
    "true or an absolute path",
    (value) => value === true || (typeof value === "string" && value.startsWith("/")),
  ],
  proxy: ["an object with `hosts` and a function `authenticate`", isProxy],
  name: ["a text", (value) => typeof value === "string"],
  secret: ["32 bytes", (value) => value instanceof Uint8Array && value.length === 32],
  discoverable: ["true or false", (value) => typeof value === "boolean"],
  watchdog: ["true, false or { afterMs, print }, with afterMs at least 50", isWatchdog],
};

/** @throws TypeError naming the option; DevToolsError for an address that others could reach. */
export function checkDevToolsOptions(options: DevToolsOptions): void {
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name as keyof DevToolsOptions] : undefined;
    if (check === undefined) {
      throw new TypeError(
        `DevTools.start: there is no option ${JSON.stringify(name)}; expected one of ${Object.keys(checks).join(", ")}`,
      );
    }
    const [expected, is] = check;
    // The value may be a secret, or what somebody took for one.
    if (value !== undefined && !is(value))
      throw new TypeError(`${name}: expected ${expected}, got a value of type ${typeof value} that is not`);
  }
  if (options.planes?.includes("chaos") === true && options.chaos === undefined) {
    throw new TypeError("planes: expected `chaos` with it, a function that makes the chaos actions of a node");
  }
  const { host, socket, port, proxy } = options;
  if (socket !== undefined && (host !== undefined || port !== undefined)) {
    throw new TypeError("socket: expected no host and no port with it: it is listened on one or the other");
  }
  if (host === undefined || isLoopback(host) || proxy !== undefined) return;
  throw new DevToolsError(
    "ADDRESS_REFUSED",
    `host: expected an address of this machine alone, got ${JSON.stringify(host)}`,
    "leave it out and come through an SSH tunnel, or give `proxy` with a function that says who may ask",
  );
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

function isNode(value: unknown): boolean {
  return typeof (value as Partial<Node> | null)?.kernel === "object";
}

function isWatchdog(value: unknown): boolean {
  if (typeof value === "boolean") return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([name, given]: [string, unknown]) => {
    if (given === undefined) return true;
    if (name === "afterMs") return Number.isFinite(given) && (given as number) >= 50;
    return name === "print" && typeof given === "boolean";
  });
}

function isProxy(value: unknown): boolean {
  const { hosts, authenticate } = (value ?? {}) as Partial<NonNullable<DevToolsOptions["proxy"]>>;
  const named =
    Array.isArray(hosts) && hosts.length > 0 && hosts.every((host) => typeof host === "string" && host !== "");
  return named && typeof authenticate === "function";
}
