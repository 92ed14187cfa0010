/**
 * A computation that moves: it begins here, goes on at Alice's, and ends at Bob's. Neither has this file: nodes ask each other for the
 * definitions that they lack, by their hash.
 *
 *     node examples/04-computation-that-moves.ts
 */
import { fn, Node, NotMovableError, Process, Remote, remote, type NodeRef, type Pid, type Self } from "espalier";

const sum = fn((xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));

export const sortThenSum = remote({ sum }, function* (alice: NodeRef, bob: NodeRef) {
  const xs = [92, 3, 145, 9, 2, 64];
  yield* Remote.transfer(alice);
  const sorted = xs.toSorted((a, b) => a - b); // runs on alice
  yield* Remote.transfer(bob);
  return sum(sorted); // runs on bob; nothing is run twice
});

/** The same process wherever it is: its pid and its mailbox come along. */
const traveller = remote({}, function* traveller(self: Self<string>, home: Pid<string>, places: readonly NodeRef[]) {
  for (const place of places) {
    yield* Remote.transfer(place);
    const question = yield* self.receive();
    yield* Process.send(home, `${question}: ${(yield* Remote.here()).id}`);
  }
});

/** Something that is alive across the move cannot travel: an error that names it, before anything is sent. */
const stuck = remote({}, function* stuck(place: NodeRef) {
  const pending = Promise.resolve(1);
  yield* Remote.transfer(place);
  return yield* Remote.promise(() => pending);
});

export async function main(print: (line: string) => void = console.log): Promise<void> {
  // Three nodes, each with its own key, in one OS process for once. Each names who may come in.
  await using me = await Node.start({ logger: { report: () => {} } });
  await using alice = await Node.start({ listen: "ws://127.0.0.1:0", allow: [me.ref.id] });
  await using bob = await Node.start({ listen: "ws://127.0.0.1:0", allow: [me.ref.id, alice.ref.id] });
  const names = new Map([
    [me.ref.id, "me"],
    [alice.ref.id, "alice"],
    [bob.ref.id, "bob"],
  ]);

  print(`sum: ${await me.run(sortThenSum(alice.ref, bob.ref))}`);

  await me.run(function* (self: Self<string>) {
    const pid = yield* Process.spawn(traveller, self.pid, [alice.ref, bob.ref, me.ref]);
    for (const question of ["first", "second", "third"]) {
      yield* Process.send(pid, question);
      const [place, id] = (yield* self.receive()).split(": ");
      print(`${place}: on ${names.get(id ?? "")}`);
    }
  });

  try {
    await me.run(stuck(alice.ref));
  } catch (error) {
    if (!(error instanceof NotMovableError)) throw error;
    print(error.message);
  }
}

if (import.meta.main) await main();
