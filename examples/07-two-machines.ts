/**
 * Two machines that have never heard of this file, and a third that uses them. Each has a key of its own, and names the keys that it lets in.
 *
 *     npx espalier key me.key                    # prints <me>; makes the key when there is none
 *     npx espalier key alice.key                 # prints <alice>
 *     npx espalier node --listen 7000 --key alice.key --allow <me>
 *     npx espalier node --listen 7001 --key bob.key --allow <me> --allow <alice>
 *     node examples/07-two-machines.ts me.key <alice's address> <bob's address>
 */
import {
  CauseError,
  describeCause,
  Node,
  NodeRef,
  Process,
  Remote,
  remote,
  Supervisor,
  type Down,
  type Pid,
  type Self,
} from "espalier";
import { sortThenSum } from "./04-computation-that-moves.ts";

/** Answers whoever asks where it is. It is supervised from here, and runs there. */
const clerk = remote({}, function* clerk(self: Self<Pid<NodeRef>>) {
  for (;;) {
    const asker = yield* self.receive();
    yield* Process.send(asker, yield* Remote.here());
  }
});

export interface Machines {
  /** The path of this node's key file. */
  readonly identity: string;
  /** What `espalier node` printed: the address and the public key of a machine are all that a peer needs. */
  readonly alice: string;
  readonly bob: string;
}

export async function main(machines: Machines, print: (line: string) => void = console.log): Promise<void> {
  const alice = NodeRef.parse(machines.alice);
  const bob = NodeRef.parse(machines.bob);
  await using node = await Node.start({ identity: machines.identity, logger: { report: () => {} } });

  print(`sum: ${await node.run(sortThenSum(alice, bob))}`);

  const nameOf = ({ id }: NodeRef): string => (id === bob.id ? "at Bob's" : "elsewhere");
  const Office = Supervisor.define({ children: [Supervisor.worker("clerk", clerk, [], { on: bob, name: "clerk" })] });
  await node.run(function* (self: Self<NodeRef | Down>) {
    const office = yield* Supervisor.start(Office);
    print(`the clerk is ${nameOf(yield* askClerk(self))}`);
    // Killed from here, supervised from here, restarted there.
    const killed = yield* Process.monitor("clerk");
    yield* Process.exit((yield* Process.whereis("clerk"))!, { type: "kill" });
    yield* self.receive({ match: (message) => !(message instanceof NodeRef) && message.ref === killed });
    // The supervisor answers when it has done what the end of its child asks for.
    yield* Supervisor.countChildren(office);
    print(`the clerk is ${nameOf(yield* askClerk(self))} again`);
    yield* Supervisor.stop(office);
  });

  // A stranger has a key that nobody named.
  await using stranger = await Node.start({ logger: { report: () => {} } });
  const refused = new Promise<string>((resolve) => {
    stranger.events.subscribe((event) => event.type === "node.unreachable" && resolve(event.reason));
  });
  try {
    await stranger.run(sortThenSum(alice, bob));
  } catch (error) {
    if (!(error instanceof CauseError)) throw error;
    print(`a stranger: ${describeCause(error.reason).split(":")[0]}, because ${await refused}`);
  }
}

function* askClerk(self: Self<NodeRef | Down>) {
  yield* Process.send("clerk", self.pid);
  return yield* self.receive({ match: (message) => message instanceof NodeRef, within: "5s" });
}

if (import.meta.main) {
  const [identity, alice, bob] = process.argv.slice(2);
  if (bob === undefined) {
    console.error("usage: node examples/07-two-machines.ts KEY-FILE ALICE BOB");
    process.exitCode = 2;
  } else await main({ identity: identity!, alice: alice!, bob });
}
