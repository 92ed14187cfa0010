import type { Local, LocalGenerator, Moving, Outcome, Cause, LinkHeartbeat, Table } from "@espalier/heartbeat";
import { compileTable, Heartbeat, Operation } from "@espalier/heartbeat";

// What must compile, and what must not. tsc runs this file; nothing executes it.

declare function expectType<T>(value: T): void;
declare const lifetime: Heartbeat;

class Elsewhere extends Operation<string, Moving> {
  readonly type = "test.elsewhere";
}

export function* operationsHaveTheirResults(): LocalGenerator<void> {
  expectType<Heartbeat>(yield* Heartbeat.create("10s"));
  expectType<Outcome>(yield* Heartbeat.stop(lifetime));
  expectType<Outcome>(yield* Heartbeat.reset(lifetime, 100));
  expectType<Outcome>(yield* Heartbeat.fail(lifetime, { type: "exit", reason: 1 }));
  const ended = yield* Heartbeat.supervise(lifetime);
  expectType<Cause>(yield* ended);
  const status = yield* Heartbeat.status(lifetime);
  if (status.state === "live") expectType<number>(status.remainingMs);
  // @ts-expect-error a live heartbeat has no cause
  if (status.state === "live") expectType<Cause>(status.cause);
}

export function* linkingALocalBodyStaysLocal(): LocalGenerator<number> {
  const asFunction = yield* Heartbeat.link(lifetime, function* () {
    yield* Heartbeat.stop(lifetime);
    return 1;
  });
  const asGenerator = yield* Heartbeat.link(lifetime, helper());
  const asOperation = yield* Heartbeat.link(lifetime, Heartbeat.link(lifetime, helper));
  return asFunction + asGenerator + asOperation;
}

function* helper(): LocalGenerator<number> {
  return 2;
}

export function* linkingAMovingBodyMoves(): LocalGenerator<string> {
  expectType<LinkHeartbeat<string, Moving>>(Heartbeat.link(lifetime, new Elsewhere()));
  // @ts-expect-error a plain generator cannot perform what may move (S98)
  return yield* Heartbeat.link(lifetime, new Elsewhere());
}

export function* linkingABodyThatDoesBothMoves(): LocalGenerator<string> {
  const mixed = Heartbeat.link(lifetime, function* (): Generator<Local | Moving, string, any> {
    yield* Heartbeat.stop(lifetime);
    return yield* new Elsewhere();
  });
  // @ts-expect-error one operation in it may move
  return yield* mixed;
}

export function durationsAreChecked(): void {
  Heartbeat.create("1.5s");
  Heartbeat.create("infinity");
  // @ts-expect-error no such unit
  Heartbeat.create("10 seconds");
}

export function tablesKnowTheirNames(): void {
  const door = compileTable({
    initial: "shut",
    states: { shut: { on: { open: "ajar" } }, ajar: { on: { close: "shut" } } },
  });
  expectType<Table<"shut" | "ajar", "open" | "close">>(door);
  door.transition("shut", "open");
  // @ts-expect-error no such event
  door.transition("shut", "slam");
  // @ts-expect-error no such state
  void door.state.locked;
}
