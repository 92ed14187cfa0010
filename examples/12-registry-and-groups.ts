/**
 * Who is where: a chat room whose guests are on two nodes. A registry knows the guests of one node by name, a group those of all.
 *
 *     node examples/12-registry-and-groups.ts
 */
import {
  describeCause,
  Group,
  Node,
  Nodes,
  Process,
  Registry,
  Supervisor,
  type GroupEvent,
  type NodeRef,
  type Pid,
  type Self,
} from "espalier";

type Print = (line: string) => void;

interface Said {
  readonly text: string;
  readonly heardBy: Pid<string>;
}

/** The guests of a node, by name; each says where it sits. */
const Guests = Registry.define<string, string, "unique">("guests", { keys: "unique" });

/** What each node of the chat runs. */
const Chat = Supervisor.define({
  children: [Supervisor.worker("rooms", Group.Scope, [Group.defaultScope]), Supervisor.worker("guests", Guests, [])],
});

function* guest(self: Self<Said>, name: string, seat: string) {
  yield* Registry.register(Guests, name, seat);
  yield* Group.join("lounge", self.pid);
  yield* self.ready();
  for (;;) yield* Process.send((yield* self.receive()).heardBy, name);
}

/** Says something to everybody, and waits until all have heard it. */
function* say(self: Self<string>, text: string) {
  const everybody = yield* Group.members<Said>("lounge");
  for (const pid of everybody) yield* Process.send(pid, { text, heardBy: self.pid });
  const names: string[] = [];
  while (names.length < everybody.length) names.push(yield* self.receive({ within: "1s" }));
  return `${text} (heard by ${names.toSorted().join(", ")})`;
}

/** Opens the chat on a node: joins the others, and lets guests in. */
function* open(_self: Self<never>, guests: Readonly<Record<string, string>>, others: readonly NodeRef[]) {
  yield* Supervisor.start(Chat);
  for (const node of others) yield* Nodes.connect(node);
  for (const [name, seat] of Object.entries(guests)) yield* Process.start(guest, [name, seat]);
}

/** Waits until there are so many guests in the lounge, wherever they are. */
function* awaitGuests(self: Self<GroupEvent>, count: number) {
  const { ref, members } = yield* Group.monitor("lounge");
  for (let present = members.length; present !== count;) {
    const { type, pids } = yield* self.receive();
    present += type === "join" ? pids.length : -pids.length;
  }
  yield* Group.demonitor(ref);
}

export async function main(print: Print = console.log): Promise<void> {
  const logger = { report: () => {} };
  await using bern = await Node.start({ logger });
  await using zurich = await Node.start({ listen: "ws://127.0.0.1:0", allow: [bern.ref.id], logger });

  await zurich.run(open, { Ada: "by the window", Bea: "at the bar" }, []);
  await bern.run(open, { Carl: "on the stairs" }, [zurich.ref]);
  await zurich.run(awaitGuests, 3);
  print(await zurich.run(say, "good evening"));

  await zurich.run(function* (self: Self<string>) {
    // A key of a registry is an address: to send to, to monitor, to call.
    yield* Process.send(Registry.via(Guests, "Bea"), { text: "psst", heardBy: self.pid });
    const [bea] = yield* Registry.lookup(Guests, "Bea");
    print(`${yield* self.receive()} has heard it, ${bea?.value}`);
    // A key has one owner.
    const second = yield* Process.start(guest, ["Ada", "in the hall"]);
    if (second.type === "failed") print(`a second Ada: ${describeCause(second.cause)}`);
  });

  // A node that goes takes its guests along, from every group at once.
  await bern.stop();
  await zurich.run(awaitGuests, 2);
  print(await zurich.run(say, "where is Carl?"));
}

if (import.meta.main) await main();
