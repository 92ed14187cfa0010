import { faults, properties, scenario, type FaultFamily, type Place, type Scenario } from "@espalier/testkit";
import { Process, Remote, remote, Supervisor, type NodeRef, type Pid, type Self } from "espalier";
import { allButCrashes, timing } from "./conditions.ts";
import { itActs, neverBeside, neverTurnsBeside, openOffice, type Act, type Office } from "./office.ts";

/** Does something that others see every few milliseconds. It stays where it was started. */
const clerk = remote({}, function* (self: Self<never>, ledgers: readonly Pid<Act>[]) {
  for (let count = 1; ; count += 1) {
    for (const ledger of ledgers) yield* Process.send(ledger, { child: self.pid.serial, count });
    yield* Process.sleep(7);
  }
});

/** The same, and it goes from node to node meanwhile, where it is let in. */
const courier = remote({}, function* (self: Self<never>, ledgers: readonly Pid<Act>[], path: readonly NodeRef[]) {
  let count = 0;
  for (;;) {
    for (const node of path) {
      try {
        yield* Remote.transfer(node);
      } catch {
        // It goes on where it is.
      }
      for (let stay = 0; stay < 40; stay = stay + 1) {
        count = count + 1;
        for (const ledger of ledgers) yield* Process.send(ledger, { child: self.pid.serial, count });
        yield* Process.sleep(7);
      }
    }
  }
});

type Child = "clerk" | "courier";

/** Starts the supervisor as soon as the ledger of the third node is found. */
function supervise(place: Place, { node, ledger }: Office, child: Child): void {
  const [away, third, home] = ["away", "third", "home"].map((name) => place.peer(name).ref) as [
    NodeRef,
    NodeRef,
    NodeRef,
  ];
  const begin = function* () {
    let other: Pid<Act> | undefined;
    while (other === undefined) {
      try {
        other = yield* Process.whereisAt(third, "ledger");
      } catch {
        // It cannot be reached yet.
      }
      yield* Process.sleep(20);
    }
    const ledgers = [ledger, other];
    const definition = Supervisor.define({
      intensity: { restarts: 1_000, within: "1s" },
      children: [
        child === "clerk"
          ? Supervisor.worker("clerk", clerk, [ledgers], { on: away })
          : Supervisor.worker("courier", courier, [ledgers, [away, third, home]]),
      ],
    });
    yield* Supervisor.start(definition);
    yield* Process.sleep("24h");
  };
  // It goes on for as long as the node does, which nothing here ends.
  node.run(begin).catch((error: unknown) => place.tell(`the supervisor's starter has ended: ${String(error)}`));
}

function fencing(name: string, child: Child, disturbances: FaultFamily): Scenario<Office> {
  return scenario<Office>(`fencing ${name}`, {
    nodes: { home: {}, away: {}, third: {} },
    boot: async (place) => {
      const office = await openOffice(place, timing);
      if (place.name === "home") supervise(place, office, child);
      return office;
    },
    faults: disturbances,
    always: [
      neverBeside,
      neverTurnsBeside,
      properties.oneOwner,
      properties.noActAfterVerdict,
      properties.oneVerdict,
      properties.absorbing,
      properties.noUnhandledRejection,
    ],
    eventually: [itActs, properties.childrenRunning, properties.linkedBothWays, properties.noOrphans],
    sometimes: ["node.verdict", "transfer.lost", "transfer.dropped"],
    budget: { virtualMs: 8_000, settleMs: 60_000, events: 2_000_000 },
    module: import.meta.url,
  });
}

/** Only who is supervised may crash: without its supervisor nothing has to be there. */
const others: FaultFamily = faults.swarm([
  allButCrashes,
  faults.crash({ lastsMaxMs: 4_000, nodes: ["away", "third"] }),
]);

export const clerkUnderEverything: Scenario<Office> = fencing("of a child on another node", "clerk", others);
export const courierUnderEverything: Scenario<Office> = fencing("of a child that moves", "courier", others);
