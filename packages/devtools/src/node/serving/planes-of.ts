import type { Plane } from "../../protocol/capability.ts";
import type { Method } from "../../protocol/requests.ts";
import { TroubleError } from "../../protocol/trouble-error.ts";

const needs: Readonly<Record<Method, Plane>> = {
  capabilities: "inspect",
  overview: "inspect",
  table: "inspect",
  tree: "inspect",
  process: "inspect",
  crashes: "inspect",
  crash: "inspect",
  lifetimes: "inspect",
  network: "inspect",
  recording: "inspect",
  "trace.start": "inspect",
  "trace.get": "inspect",
  "trace.stop": "inspect",
  state: "values",
  suspend: "manage",
  resume: "manage",
  restart: "manage",
  exit: "manage",
  kill: "manage",
  send: "manage",
  "chaos.list": "chaos",
  "chaos.do": "chaos",
};

/** @throws TroubleError that says which token would do. */
export function checkPlane(method: Method, planes: readonly Plane[]): void {
  const plane = needs[method];
  if (planes.includes(plane)) return;
  throw new TroubleError({
    code: "forbidden",
    message: `${method}: expected a token with the plane ${plane}, got one with ${planes.join(", ") || "none"}`,
    hint: `start the dev tools with the plane ${plane}, and take the link that is printed for it`,
  });
}

/** Whether it only looks at what the runtime keeps, and takes the event loop's time for that: the rest waits for processes. */
export function isLook(method: Method): boolean {
  return needs[method] === "inspect" && method !== "capabilities";
}
