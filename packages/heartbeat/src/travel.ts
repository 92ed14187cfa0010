import { copyCause } from "./cause-data.ts";
import { describe } from "./describe.ts";
import { fieldText, travelsAsError } from "./error-travels.ts";
import { HeartbeatForgottenError, HeartbeatLimitError } from "./errors.ts";
import { travelsByFields, type FieldTravels } from "./field-travels.ts";
import { CompositeHeartbeat, heartbeatArgument, LeafHeartbeat } from "./heartbeat.ts";
import * as Heartbeat from "./heartbeat.namespace.ts";
import * as operations from "./operations.ts";
import { ScopeStack, scopesMax } from "./scope.ts";

/** How heartbeats, the stacks of them, and operations on them cross machines: each as the list of its fields. */
export const heartbeatTravels: readonly FieldTravels[] = [
  travelsByFields("heartbeat", LeafHeartbeat, ["home", "incarnation", "serial"], leaf),
  travelsByFields("heartbeat.composite", CompositeHeartbeat, ["combine", "left", "right"], composite),
  {
    name: "heartbeat.scopes",
    type: ScopeStack,
    encode: ({ heartbeats, inherited }: ScopeStack) => [inherited, ...heartbeats],
    decode: scopes,
  },
  travelsByFields("heartbeat.create", operations.CreateHeartbeat, ["durationMs"], Heartbeat.create),
  travelsByFields("heartbeat.stop", operations.StopHeartbeat, ["heartbeat"], Heartbeat.stop),
  {
    ...travelsByFields("heartbeat.fail", operations.FailHeartbeat, ["heartbeat", "cause"], Heartbeat.fail),
    encode: ({ heartbeat, cause }: operations.FailHeartbeat) => [heartbeat, copyCause(cause)],
  },
  travelsByFields("heartbeat.reset", operations.ResetHeartbeat, ["heartbeat", "durationMs"], Heartbeat.reset),
  travelsByFields("heartbeat.status", operations.AskHeartbeatStatus, ["heartbeat"], Heartbeat.status),
  travelsByFields("heartbeat.supervise", operations.SuperviseHeartbeat, ["heartbeat"], Heartbeat.supervise),
  travelsByFields("heartbeat.end", operations.HeartbeatEnd, ["heartbeat", "registration"], end),
  travelsByFields("heartbeat.link", operations.LinkHeartbeat, ["heartbeat", "what"], Heartbeat.link),
  travelsAsError("error.heartbeat-limit", HeartbeatLimitError, ({ limit, max }) => [limit, max], beyondLimit),
  travelsAsError(
    "error.heartbeat-forgotten",
    HeartbeatForgottenError,
    () => [],
    () => ({ code: "HEARTBEAT_FORGOTTEN" }),
  ),
];

function beyondLimit(limit: unknown, max: unknown): object {
  if (typeof max !== "number") throw new TypeError(`error.heartbeat-limit: expected a number, got ${describe(max)}`);
  return { code: "HEARTBEAT_LIMIT", limit: fieldText(limit, "error.heartbeat-limit"), max };
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
