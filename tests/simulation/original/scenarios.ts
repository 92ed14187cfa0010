import { scenario, type Place, type Scenario, type ScenarioOptions } from "@espalier/testkit";
import { isTold, light, nobodyIsGone, nodes, type Journey, type Traveller } from "./journey.ts";
import { OriginalNode } from "./protocol.ts";
import { ShippedNode } from "./shipped.ts";

type Boot = (place: Place) => Promise<Traveller>;

interface Particulars extends Pick<
  ScenarioOptions<Traveller, Traveller>,
  "faults" | "eventually" | "sometimes" | "budget"
> {
  readonly journey: Journey;
}

/** The situations in which the documents' protocol fails, for either one. */
function situations(protocol: string, boot: Boot) {
  const situation = (name: string, { journey, ...options }: Particulars): Scenario<Traveller> =>
    scenario(`${protocol}: ${name}`, {
      nodes,
      boot,
      workload: (w) => w.op("begin", { count: 1, on: "origin" }, ({ node }) => node.app.begin(journey)),
      always: [nobodyIsGone],
      budget: { virtualMs: 10_000, settleMs: 90_000 },
      module: import.meta.url,
      ...options,
    });
  const stay = (node: string, stayMs: number): Journey["stays"][number] => ({ node, stayMs });
  return {
    /** H1. */
    longStay: situation("a long stay", {
      journey: { stays: [stay("origin", 100), stay("alice", 30_000)], end: "stopped", supervisorGoesTo: null },
      eventually: [isTold("stopped")],
    }),
    /** H2, the documents' own example, without the asteroid. */
    supervisorMoves: situation("the supervisor moves", {
      journey: { stays: [stay("origin", 100), stay("alice", 3_000)], end: "error", supervisorGoesTo: "bob" },
      eventually: [isTold("error")],
    }),
    /** The documents' own example, with the asteroid. */
    asteroid: situation("an asteroid strikes alice", {
      journey: { stays: [stay("origin", 100), stay("alice", 30_000)], end: "never", supervisorGoesTo: "bob" },
      faults: [{ atMs: 12_000, type: "crash", node: "alice", forGood: true }],
      budget: { virtualMs: 15_000, settleMs: 60_000 },
      eventually: [isTold("unresponsive", "alice")],
    }),
    /** H3, H17. */
    quick: situation("quickly from node to node", {
      journey: {
        stays: [stay("origin", 50), stay("alice", 20), stay("bob", 20), stay("carol", 4_000)],
        end: "error",
        supervisorGoesTo: null,
      },
      faults: light,
      eventually: [isTold("error")],
      sometimes: ["transfer.started"],
    }),
    /** H4, H5. */
    bounce: situation("back and forth", {
      journey: {
        stays: [stay("origin", 300), stay("alice", 300), stay("origin", 300), stay("alice", 2_500)],
        end: "error",
        supervisorGoesTo: null,
      },
      faults: light,
      eventually: [isTold("error")],
      sometimes: ["transfer.started"],
    }),
  };
}

export const original: ReturnType<typeof situations> = situations("the original protocol", OriginalNode.start);
export const shipped: ReturnType<typeof situations> = situations("the shipped protocol", ShippedNode.start);
