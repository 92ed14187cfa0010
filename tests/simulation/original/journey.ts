import { property, type Fault, type FaultFamily, type Observation, type Property } from "@espalier/testkit";

/** A computation that goes from node to node and then ends, and somebody who waits for its end. */
export interface Journey {
  readonly stays: readonly { readonly node: string; readonly stayMs: number }[];
  /** How it ends after the last stay: it stops its heartbeat, it throws, or it never does. */
  readonly end: "stopped" | "error" | "never";
  /** Where whoever supervises it goes after it has begun to, as in the documents' example; null: it stays at the origin. */
  readonly supervisorGoesTo: string | null;
}

/** What a node of either protocol can do, and what can be seen of it. */
export interface Traveller {
  begin(journey: Journey): void;
  /** What supervisors were told here. */
  readonly told: readonly Told[];
}

export interface Told {
  readonly atMs: number;
  readonly type: "stopped" | "error" | "unresponsive" | "other";
  /** The node that did not respond, by its name, if that is told. */
  readonly node: string | null;
  readonly text: string;
}

/** What is the same for every scenario: three nodes besides the one where all begins, as in the documents. */
export const nodes = { origin: {}, alice: {}, bob: {}, carol: {} } as const;

const toldOf = ({ nodes }: Observation<Traveller>): readonly Told[] => nodes.flatMap(({ seen }) => seen?.told ?? []);

/** Nobody is declared gone without a crash: every fault of these scenarios but a crash is over before a lease is. */
export const nobodyIsGone: Property<Traveller> = property(
  "nobody is declared unresponsive while all nodes run (P11)",
  (cluster) => {
    if (cluster.nodes.some(({ state }) => state === "crashed" || state === "gone")) return null;
    const wrong = toldOf(cluster).find(({ type }) => type === "unresponsive");
    return wrong === undefined ? null : `told at ${wrong.atMs} ms: ${wrong.text}`;
  },
);

/** A computation that is lost on its way has no end, and one whose supervisor hears of another end was misjudged. */
export function isTold(end: Told["type"], node: string | null = null): Property<Traveller> {
  return property(`its supervisor is told the end that it had: ${end} (P12, P17)`, (cluster) => {
    const told = toldOf(cluster);
    if (told.length === 0) return "nobody was told anything";
    const wrong = told.find((one) => one.type !== end || (node !== null && one.node !== node));
    return wrong === undefined ? null : `told ${wrong.text}`;
  });
}

/**
 * A few short disturbances: what is under way when a pipe breaks is lost, and what is not is late by a second and a half at most. Some of them
 * wait for a transfer to begin, which is when it hurts.
 */
export const light: FaultFamily = ({ nodes, random }) => {
  const stream = random.stream("faults:light");
  return Array.from({ length: 1 + stream.below(3) }, (): Fault => {
    const a = stream.pick(nodes);
    const b = stream.pick(nodes.filter((node) => node !== a));
    const after = stream.chance(0.7) ? { after: { mark: "transfer.started", nth: 1 + stream.below(3) } } : {};
    const timing = { atMs: stream.below("after" in after ? 6 : 4_000), ...after };
    const lastsMs = 200 + stream.below(1_300);
    switch (stream.below(5)) {
      case 0:
        return { ...timing, type: "cut", between: [a, b] };
      case 1:
        return { ...timing, type: "lostTail", link: [a, b], frames: 1 + stream.below(3), lastsMs };
      case 2:
        return { ...timing, type: "partition", links: [[a, b]], lastsMs };
      case 3:
        return { ...timing, type: "stall", link: [a, b], lastsMs };
      default:
        return { ...timing, type: "pause", node: a, lastsMs };
    }
  });
};
