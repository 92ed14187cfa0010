import { describe } from "./describe.ts";
import { CompositeHeartbeat, heartbeatArgument, LeafHeartbeat } from "./heartbeat.ts";
import * as Heartbeat from "./heartbeat.namespace.ts";
import * as operations from "./operations.ts";
import { ScopeStack, scopesMax } from "./scope.ts";

/** How a kind of value crosses machines, in the form that the runtime's codec takes. */
export interface HeartbeatTravels {
  readonly name: string;
  readonly type: abstract new (...fields: any[]) => object;
  encode(value: any): readonly unknown[];
  /** @throws TypeError or RangeError naming what is wrong with `data`, which comes from a peer. */
  decode(data: unknown): object;
}

/** How heartbeats, the stacks of them, and operations on them cross machines: each as the list of its fields. */
export const heartbeatTravels: readonly HeartbeatTravels[] = [
  kind("heartbeat", LeafHeartbeat, ["home", "incarnation", "serial"], leaf),
  kind("heartbeat.composite", CompositeHeartbeat, ["combine", "left", "right"], composite),
  {
    name: "heartbeat.scopes",
    type: ScopeStack,
    encode: ({ heartbeats, inherited }: ScopeStack) => [inherited, ...heartbeats],
    decode: scopes,
  },
  kind("heartbeat.create", operations.CreateHeartbeat, ["durationMs"], Heartbeat.create),
  kind("heartbeat.stop", operations.StopHeartbeat, ["heartbeat"], Heartbeat.stop),
  kind("heartbeat.fail", operations.FailHeartbeat, ["heartbeat", "cause"], Heartbeat.fail),
  kind("heartbeat.reset", operations.ResetHeartbeat, ["heartbeat", "durationMs"], Heartbeat.reset),
  kind("heartbeat.status", operations.AskHeartbeatStatus, ["heartbeat"], Heartbeat.status),
  kind("heartbeat.supervise", operations.SuperviseHeartbeat, ["heartbeat"], Heartbeat.supervise),
  kind("heartbeat.end", operations.HeartbeatEnd, ["heartbeat", "registration"], end),
  kind("heartbeat.link", operations.LinkHeartbeat, ["heartbeat", "what"], Heartbeat.link),
];

/** @param build takes the fields in their order, and checks them. */
function kind<T extends object>(
  name: string,
  type: abstract new (...fields: any[]) => T,
  fields: readonly (keyof T)[],
  build: (...fields: any[]) => T,
): HeartbeatTravels {
  return {
    name,
    type,
    encode: (value: T) => fields.map((field) => value[field]),
    decode: (data) => {
      if (Array.isArray(data) && data.length === fields.length) return build(...data);
      throw new TypeError(`${name}: expected a list of ${fields.length}, got ${describe(data)}`);
    },
  };
}

function leaf(home: unknown, incarnation: unknown, serial: unknown): LeafHeartbeat {
  if (typeof serial !== "number" || !Number.isSafeInteger(serial) || serial < 1) {
    throw new TypeError(`heartbeat serial: expected a whole number from 1, got ${describe(serial)}`);
  }
  return new LeafHeartbeat(idText(home, "heartbeat home"), idText(incarnation, "heartbeat incarnation"), serial);
}

function composite(combine: unknown, left: unknown, right: unknown): CompositeHeartbeat {
  if (combine !== "both" && combine !== "either") {
    throw new TypeError(`composite heartbeat: expected both or either, got ${describe(combine)}`);
  }
  return new CompositeHeartbeat(combine, heartbeatArgument(left, combine), heartbeatArgument(right, combine));
}

function end(heartbeat: unknown, registration: unknown): operations.HeartbeatEnd {
  if (typeof registration !== "string" || registration.length > 256) {
    throw new TypeError(`heartbeat registration: expected at most 256 characters, got ${describe(registration)}`);
  }
  return new operations.HeartbeatEnd(heartbeatArgument(heartbeat, "heartbeat.end"), registration);
}

function scopes(data: unknown): ScopeStack {
  if (!Array.isArray(data) || data.length > scopesMax + 1) {
    throw new TypeError(`scopes: expected a list of at most ${scopesMax + 1}, got ${describe(data)}`);
  }
  const [inherited, ...heartbeats] = data as unknown[];
  if (typeof inherited !== "number" || !Number.isInteger(inherited) || inherited < 0 || inherited > heartbeats.length) {
    throw new TypeError(`scopes: expected 0 to ${heartbeats.length} inherited ones, got ${describe(inherited)}`);
  }
  const checked = heartbeats.map((heartbeat) => heartbeatArgument(heartbeat, "scopes"));
  return new ScopeStack(checked, inherited);
}

/** No slash, comma or parenthesis: they separate the parts of a key. */
function idText(value: unknown, name: string): string {
  if (typeof value === "string" && /^[\w.:-]{1,128}$/.test(value)) return value;
  throw new TypeError(`${name}: expected 1 to 128 letters, digits and . : _ -, got ${describe(value)}`);
}
