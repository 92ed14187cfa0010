import { Process } from "@espalier/runtime";
import { expect, test } from "vitest";

// OTP's badarg: what makes no sense is refused where it is written, before anything is done (`process_flag_badarg`, `cancel_timer_e`, `read_timer_trivial`
// of its suites).

function* body(): Generator<never, void> {}

const wrong: readonly unknown[] = [undefined, null, 1, "name", {}];

test.each<readonly [what: string, operation: (value: any) => unknown, expected: RegExp]>([
  ["spawnAt", (node) => Process.spawnAt(node, body), /Process\.spawnAt: expected a NodeRef/],
  ["spawnLinkAt", (node) => Process.spawnLinkAt(node, body), /Process\.spawnLinkAt: expected a NodeRef/],
  ["whereisAt", (node) => Process.whereisAt(node, "name"), /Process\.whereisAt: expected a NodeRef/],
  ["trapExit", (trapping) => Process.trapExit(trapping), /Process\.trapExit: expected true or false/],
  ["cancelTimer", (timer) => Process.cancelTimer(timer), /Process\.cancelTimer: expected what Process\.sendAfter/],
  ["readTimer", (timer) => Process.readTimer(timer), /Process\.readTimer: expected what Process\.sendAfter/],
  ["spawnRequest", (parameters) => Process.spawnRequest(body, parameters), /parameters: expected an array/],
])("Process.%s refuses what it cannot do anything with", (_, operation, expected) => {
  for (const value of wrong) expect(() => operation(value)).toThrow(expected);
});

test.each<readonly [what: string, operation: (value: any) => unknown, expected: RegExp]>([
  ["start: on", (on) => Process.start(body, [], { on }), /Process\.start: on: expected a NodeRef/],
  ["spawnOpt: on", (on) => Process.spawnOpt({ on }, body), /Process\.spawnOpt: on: expected a NodeRef/],
  ["spawnOpt: monitor", (monitor) => Process.spawnOpt({ monitor }, body), /Process\.spawnOpt: monitor: expected true/],
  ["spawnRequest: on", (on) => Process.spawnRequest(body, [], { on }), /Process\.spawnRequest: on: expected a NodeRef/],
  ["spawnRequest: reply", (reply) => Process.spawnRequest(body, [], { reply }), /reply: expected "yes", "no"/],
  ["alias: mode", (mode) => Process.alias({ mode }), /mode: expected "explicit-unalias" or "reply"/],
])("Process.%s refuses what makes no sense", (_, operation, expected) => {
  for (const value of [null, 1, "explicit"]) expect(() => operation(value)).toThrow(expected);
});

test("an alias of a monitor has a mode that there is", () => {
  const monitor: any = { alias: "for ever" };
  for (const operation of [
    () => Process.spawnOpt({ monitor }, body),
    () => Process.spawnRequest(body, [], { monitor }),
    () => Process.monitor("name", monitor),
  ]) {
    expect(operation).toThrow(/alias: expected "explicit-unalias", "demonitor" or "reply-demonitor", got "for ever"/);
  }
});
