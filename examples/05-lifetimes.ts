/**
 * Lifetimes: a heartbeat says how long something lives, wherever it runs, and why it ended.
 *
 *     node examples/05-lifetimes.ts
 */
import {
  CauseError,
  Channel,
  describeCause,
  Heartbeat,
  Node,
  Process,
  Remote,
  remote,
  type LocalGenerator,
  type NodeRef,
} from "espalier";

/** Squares numbers at `place`, and sends what it finds. It gives up at a number that is negative. */
const crunch = remote({}, function* crunch(place: NodeRef, numbers: readonly number[], inbox: Channel<number>) {
  yield* Remote.transfer(place);
  for (const n of numbers) {
    if (n < 0) throw new RangeError(`${n} is negative`);
    yield* Channel.send(inbox, n * n);
  }
  yield* Process.sleep("infinity");
});

export async function main(print: (line: string) => void = console.log): Promise<void> {
  await using me = await Node.start({ logger: { report: () => {} } });
  await using alice = await Node.start({
    listen: "ws://127.0.0.1:0",
    allow: [me.ref.id],
    logger: { report: () => {} },
  });
  const place = alice.ref;

  await me.run(function* () {
    const forTen = yield* Heartbeat.create("10s");
    const inbox = yield* Channel.create<number>();
    // Both are registered when their line returns: nothing that comes after is missed.
    const next = yield* Channel.subscribe(forTen, inbox);
    const ended = yield* Heartbeat.supervise(forTen);
    // Nobody waits for it, but it lives no longer than the heartbeat, also on another machine.
    yield* Remote.fork(Heartbeat.link(forTen, crunch(place, [3, 4], inbox)));
    print(`results: ${yield* next}, ${yield* next}`);
    yield* Heartbeat.stop(forTen);
    print(`ended: ${describeCause(yield* ended)}`);
    print(`the subscription: ${yield* causeOf(next)}`);
  });

  await me.run(function* () {
    const forTen = yield* Heartbeat.create("10s");
    const inbox = yield* Channel.create<number>();
    const ended = yield* Heartbeat.supervise(forTen);
    yield* Remote.fork(Heartbeat.link(forTen, crunch(place, [-1], inbox)));
    const cause = yield* ended;
    print(`ended: ${cause.type === "error" ? `${cause.error.name}: ${cause.error.message}` : cause.type}`);
  });

  await me.run(function* () {
    const short = yield* Heartbeat.create("20ms");
    print(`too slow: ${yield* causeOf(Heartbeat.link(short, Process.sleep("1h")))}`);

    // A heartbeat that lives while both do; a reset makes sure that there is at least so much left.
    const a = yield* Heartbeat.create("1h");
    const b = yield* Heartbeat.create("20ms");
    yield* Heartbeat.reset(b, "1h");
    const together = yield* Heartbeat.supervise(Heartbeat.both(a, b));
    yield* Heartbeat.fail(b, { type: "exit", reason: "enough" });
    print(`together: ${describeCause(yield* together)}; the other one is ${(yield* Heartbeat.status(a)).state}`);
  });
}

/** Why something failed. */
function* causeOf(what: Iterable<any>): LocalGenerator<string> {
  try {
    yield* what;
    return "did not fail";
  } catch (error) {
    if (!(error instanceof CauseError)) throw error;
    return describeCause(error.reason);
  }
}

if (import.meta.main) await main();
