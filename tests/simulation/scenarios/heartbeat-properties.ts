import type { Checker, Observation, Observed, Property } from "@espalier/testkit";
import { describeCause, type Cause, type Heartbeat } from "espalier";

/** Clocks run wrong by so much at most in these scenarios; and the world counts in ticks. */
const driftMax = 0.0051;
const tickMs = 0.01;

export function keyOf(heartbeat: Heartbeat): string {
  if ("serial" in heartbeat) return `${heartbeat.home}/${heartbeat.incarnation}/${heartbeat.serial}`;
  return `${heartbeat.combine}(${keyOf(heartbeat.left)},${keyOf(heartbeat.right)})`;
}

const lostWith = (node: string): Cause => ({ type: "unresponsive", node });

/** Who reports this cause has given that node up, and need not say so of each part (H31). */
const givenUpBy = (cause: Cause): string | null => (cause.type === "unresponsive" ? cause.node : null);

/** A heartbeat as its home recorded it. */
interface Record {
  /** What it was promised: at least so long, from then on. */
  readonly promises: { readonly fromMs: number; readonly durationMs: number }[];
  /** The life of its home that decides about it. */
  readonly life: number;
  cause: Cause | null;
}

/**
 * A heartbeat expires no earlier than any accepted start or reset allows (P3), a reset is accepted exactly while it lives (P4), and one end wins
 * (P9).
 */
export const deadlinesAreKept: Property<any> = {
  name: "no heartbeat expires early, and none is reset after its end (P3, P4, P9)",
  begin: () => new Deadlines(),
};

class Deadlines implements Checker {
  readonly #records = new Map<string, Record>();
  #wrong: string | null = null;

  event({ atMs, node, life, event }: Observed): void {
    switch (event.type) {
      case "heartbeat.created": {
        const promises = [{ fromMs: atMs, durationMs: event.durationMs }];
        this.#records.set(keyOf(event.heartbeat), { promises, life, cause: null });
        return;
      }
      case "heartbeat.reset": {
        const record = this.#records.get(keyOf(event.heartbeat));
        if (record === undefined) return;
        const accepted = event.outcome === "accepted";
        // A later life of its home knows that the former one is over, and with it the heartbeat (H18).
        const lives = record.cause === null && record.life === life;
        if (accepted !== lives) {
          const state = lives
            ? "lives"
            : `has ended: ${record.cause === null ? "with its home" : describeCause(record.cause)}`;
          this.#wrong ??= `${event.heartbeat.toString()}: on ${node} a reset is ${event.outcome} while it ${state}`;
        }
        if (accepted) record.promises.push({ fromMs: atMs, durationMs: event.durationMs });
        return;
      }
      case "heartbeat.ended": {
        const record = this.#records.get(keyOf(event.heartbeat));
        if (record === undefined || !event.decidedHere || event.cause === null) return;
        if (record.cause !== null) this.#wrong ??= `${event.heartbeat.toString()} ends twice`;
        record.cause = event.cause;
        if (event.cause.type === "expired") this.#expired(event.heartbeat, record, atMs);
        return;
      }
      default:
    }
  }

  check(): string | null {
    return this.#wrong;
  }

  #expired(heartbeat: Heartbeat, { promises }: Record, atMs: number): void {
    const early = promises.find(({ fromMs, durationMs }) => atMs < fromMs + durationMs * (1 - driftMax) - tickMs);
    if (early === undefined) return;
    const promised = `at least ${early.durationMs} ms from ${early.fromMs} ms on`;
    this.#wrong ??= `${heartbeat.toString()} expired at ${atMs} ms; it was promised ${promised}`;
  }
}

/**
 * The end of a composite is that of its parts, and is theirs (P6, P7): of `both` when one has ended, of `either` when both have, with the cause of
 * a leaf; unless somebody ended the composite itself, which leaves its parts alone (P8). What is said of any heartbeat is what its home
 * recorded, what somebody asked for, or that its home is gone (P10).
 */
export const compositesAreTrue: Property<any> = {
  name: "whatever is said to have ended has, with that cause (P6, P7, P8, P10)",
  begin: (cluster) => new Truth(cluster),
};

class Truth implements Checker {
  readonly #cluster: Observation;
  readonly #recorded = new Map<string, string>();
  /** Leaves whose homes somebody has given up (H31), or whose homes' lives are over (H18). */
  readonly #gone = new Set<string>();
  readonly #lives = new Map<string, { readonly node: string; readonly life: number }>();
  /** What is to be looked at: whose end somebody has reported. */
  #reports: { readonly heartbeat: Heartbeat; readonly cause: Cause; readonly node: string }[] = [];
  readonly #asked = new Map<string, Set<string>>();
  #askedSeen = 0;
  #wrong: string | null = null;

  constructor(cluster: Observation) {
    this.#cluster = cluster;
  }

  event({ node, life, event }: Observed): void {
    if (event.type === "heartbeat.created") this.#lives.set(keyOf(event.heartbeat), { node, life });
    if (event.type !== "heartbeat.ended" && event.type !== "heartbeat.told") return;
    const { heartbeat, cause } = event;
    if (cause === null) return;
    this.#reports.push({ heartbeat, cause, node });
    if ("serial" in heartbeat && cause.type === "unresponsive" && cause.node === heartbeat.home) {
      this.#gone.add(keyOf(heartbeat));
    }
    if (event.type === "heartbeat.ended" && event.decidedHere && "serial" in heartbeat) {
      this.#recorded.set(keyOf(heartbeat), describeCause(cause));
    }
  }

  check(): string | null {
    const reports = this.#reports;
    if (reports.length === 0) return this.#wrong;
    this.#reports = [];
    this.#readHistory();
    for (const { heartbeat, cause, node } of reports) {
      const found = describeCause(cause);
      const isTrue = this.#wasAsked(heartbeat, found) || this.#ends(heartbeat, givenUpBy(cause)).has(found);
      if (!isTrue) this.#wrong ??= `${node} reports ${found} of ${heartbeat.toString()}; nothing like it happened`;
    }
    return this.#wrong;
  }

  /** The causes with which a heartbeat may have ended by itself; none: it cannot have. */
  #ends(heartbeat: Heartbeat, givenUp: string | null): ReadonlySet<string> {
    if ("serial" in heartbeat) {
      const key = keyOf(heartbeat);
      const recorded = this.#recorded.get(key);
      const isGone = heartbeat.home === givenUp || this.#gone.has(key) || this.#isOver(key);
      const gone = isGone ? [describeCause(lostWith(heartbeat.home))] : [];
      return new Set([...(recorded === undefined ? [] : [recorded]), ...gone]);
    }
    const [left, right] = [this.#endsOrAsked(heartbeat.left, givenUp), this.#endsOrAsked(heartbeat.right, givenUp)];
    if (heartbeat.combine === "either" && (left.size === 0 || right.size === 0)) return new Set();
    return new Set([...left, ...right]);
  }

  #isOver(key: string): boolean {
    const home = this.#lives.get(key);
    if (home === undefined) return true;
    const { life, view } = this.#cluster.node(home.node);
    return life !== home.life || view === null;
  }

  #endsOrAsked(heartbeat: Heartbeat, givenUp: string | null): ReadonlySet<string> {
    const asked = "serial" in heartbeat ? [] : [...(this.#asked.get(keyOf(heartbeat)) ?? [])];
    return new Set([...this.#ends(heartbeat, givenUp), ...asked]);
  }

  #wasAsked(heartbeat: Heartbeat, cause: string): boolean {
    if ("serial" in heartbeat && !this.#recorded.has(keyOf(heartbeat))) return false;
    return this.#asked.get(keyOf(heartbeat))?.has(cause) ?? false;
  }

  #readHistory(): void {
    const { entries } = this.#cluster.history;
    for (; this.#askedSeen < entries.length; this.#askedSeen += 1) {
      const { op, input } = entries[this.#askedSeen] as (typeof entries)[number];
      if (op !== "ask") continue;
      const { key, cause } = input as { readonly key: string; readonly cause: string };
      const causes = this.#asked.get(key) ?? new Set();
      causes.add(cause.startsWith("exit ") ? describeCause({ type: "exit", reason: Number(cause.slice(5)) }) : cause);
      this.#asked.set(key, causes);
    }
  }
}

/** Leaves end when their time is over, or as somebody asked (P10). Nothing that is linked to them in these scenarios fails. */
export const causesAreTrue: Property<any> = {
  name: "a heartbeat ends by its deadline, or by what somebody asked for (P10)",
  begin: (cluster) => {
    let wrong: string | null = null;
    return {
      event: ({ node, event }) => {
        if (event.type !== "heartbeat.ended" || !event.decidedHere || event.cause === null) return;
        const { heartbeat, cause } = event;
        if (!("serial" in heartbeat) || cause.type === "expired") return;
        const asked = cause.type === "exit" ? `exit ${String(cause.reason)}` : cause.type;
        const key = keyOf(heartbeat);
        const isTrue = cluster.history.entries.some(({ op, input }) => {
          if (op !== "ask") return false;
          const asking = input as { readonly key: string; readonly cause: string };
          return asking.key === key && asking.cause === asked;
        });
        if (!isTrue) wrong ??= `${heartbeat.toString()} ends on ${node} with ${asked}; nobody asked for that`;
      },
      check: () => wrong,
    };
  },
};

/** So long after its end, and after everything was healed, may it take until everybody is told. */
const toldWithinMs = 2_000;

/** Whoever waits for the end of a heartbeat is told of it within a bound, once nothing is wrong any more (P12). */
export const toldInTime: Property<any> = {
  name: "whoever waits is told in time (P12)",
  begin: (cluster) => {
    const ended = new Map<string, number>();
    let healedMs: number | null = null;
    return {
      event: ({ atMs, event }) => {
        if (event.type !== "heartbeat.ended" || !event.decidedHere) return;
        const key = keyOf(event.heartbeat);
        if (!ended.has(key)) ended.set(key, atMs);
      },
      check: () => {
        if (cluster.phase !== "settling") return null;
        healedMs ??= cluster.nowMs;
        for (const { name, seen } of cluster.nodes) {
          for (const { key, outcome } of (seen?.supervisions ?? []) as readonly Awaited[]) {
            const endedMs = ended.get(key);
            if (outcome !== null || endedMs === undefined) continue;
            const lateMs = cluster.nowMs - Math.max(endedMs, healedMs);
            if (lateMs > toldWithinMs) return `${name} was not told of the end of ${key} within ${toldWithinMs} ms`;
          }
        }
        return null;
      },
    };
  },
};

interface Awaited {
  readonly key: string;
  readonly outcome: unknown;
}
