import {
  faults,
  properties,
  scenario,
  startNode,
  type FaultFamily,
  type Observation,
  type Observed,
  type Place,
  type Property,
  type Scenario,
} from "@espalier/testkit";
import { Process, Remote, remote, Supervisor, type Node, type NodeRef, type Pid, type Self } from "espalier";
import { allButCrashes, timing } from "./conditions.ts";

/** An act of a child, as a ledger got it: which incarnation of the child it was, by its serial, and which of its acts. */
interface Act {
  readonly child: number;
  readonly count: number;
}

interface Office {
  readonly node: Node;
  readonly ledger: Pid<Act>;
  readonly acts: Act[];
}

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

async function boot(place: Place): Promise<Office> {
  const node = await startNode(place, timing);
  const acts: Act[] = [];
  const ledger = await new Promise<Pid<Act>>((resolve, reject) => {
    const keep = function* (self: Self<Act>) {
      yield* Process.register("ledger");
      resolve(self.pid);
      for (;;) acts.push(yield* self.receive());
    };
    node.run(keep).catch(reject);
  });
  return { node, ledger, acts };
}

/** No act of an incarnation after one of a later incarnation, wherever anybody looks (settled 1 and 2, P13, P15). */
const neverBeside: Property<Office> = {
  name: "no act of an incarnation comes after one of its successor (P13, P15, P24)",
  begin: (cluster) => {
    const looked = new Map<string, { readonly acts: readonly Act[]; next: number; latest: number; count: number }>();
    return {
      check: () => {
        for (const { name, life, seen } of cluster.nodes) {
          if (seen === null) continue;
          const key = `${name} ${life}`;
          const look = looked.get(key) ?? { acts: seen.acts, next: 0, latest: 0, count: 0 };
          looked.set(key, look);
          for (; look.next < look.acts.length; look.next += 1) {
            const { child, count } = look.acts[look.next] as Act;
            if (child < look.latest)
              return `${name} got act ${count} of child ${child} after one of child ${look.latest}`;
            if (child === look.latest && count <= look.count) return `${name} got act ${count} of child ${child} twice`;
            look.latest = child;
            look.count = count;
          }
        }
        return null;
      },
    };
  },
};

/** In true time, whatever the clocks of machines say: when a successor has got its first turn the old one gets none. */
const neverTurnsBeside: Property<Office> = {
  name: "no incarnation gets a turn on any node after its successor was started (P13, P15)",
  begin: () => {
    let latest = 0;
    let wrong: string | null = null;
    const labels = new Map<string, number>();
    return {
      event: ({ node, event }: Observed) => {
        if (event.type === "spawn" && (event.label === "clerk" || event.label === "courier")) {
          labels.set(event.pid.key, event.pid.serial);
          latest = Math.max(latest, event.pid.serial);
        }
        if (event.type !== "guest.acting") return;
        const serial = labels.get(event.pid.key);
        if (serial !== undefined && serial < latest)
          wrong ??= `child ${serial} acts on ${node} after child ${latest} was started`;
      },
      check: () => wrong,
    };
  },
};

/** The supervisor's node never crashed in these runs: so a child runs in the end, and acts. */
const itActs: Property<Office> = {
  name: "in the end the child acts again (P24)",
  begin: (cluster: Observation<Office>) => {
    let before: number | null = null;
    return {
      check: () => {
        if (cluster.phase !== "settling") return null;
        const acts = cluster.node("home").seen?.acts.length ?? 0;
        before ??= acts;
        return acts > before + 20 ? null : "nothing was done since everything was healed";
      },
    };
  },
};

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
      const office = await boot(place);
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
