import {
  startNode,
  type Observation,
  type Observed,
  type Place,
  type Property,
  type StartNodeOptions,
} from "@espalier/testkit";
import { Process, type Node, type Pid, type Self } from "espalier";

/** An act of a child, as a ledger got it: which incarnation of the child it was, by its serial, and which of its acts. */
export interface Act {
  readonly child: number;
  readonly count: number;
}

export interface Office {
  readonly node: Node;
  readonly ledger: Pid<Act>;
  readonly acts: Act[];
}

export async function openOffice(place: Place, timing: StartNodeOptions): Promise<Office> {
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
export const neverBeside: Property<Office> = {
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

/**
 * In true time, whatever the clocks of machines say: when a successor was started the former one gets no turn any more, even if what it would
 * do were refused. What a supervisor that crashed had started gets none after a child of the next supervisor has got one.
 */
export const neverTurnsBeside: Property<Office> = {
  name: "no incarnation gets a turn on any node after its successor was started (P13, P15)",
  begin: () => {
    const children = new Map<string, { readonly life: number; readonly serial: number }>();
    const latest = new Map<number, number>();
    let lifeActing = 0;
    let wrong: string | null = null;
    return {
      event: ({ node, life, event, atMs }: Observed) => {
        if (event.type === "spawn" && (event.label === "clerk" || event.label === "courier")) {
          children.set(event.pid.key, { life, serial: event.pid.serial });
          latest.set(life, Math.max(latest.get(life) ?? 0, event.pid.serial));
        }
        if (event.type !== "guest.acting") return;
        const child = children.get(event.pid.key);
        if (child === undefined) return;
        const successor = latest.get(child.life) ?? 0;
        if (child.serial < successor)
          wrong ??= `child ${child.serial} acts on ${node} at ${atMs} ms, after child ${successor} was started`;
        if (child.life < lifeActing) wrong ??= `a child of a supervisor that is gone acts on ${node} at ${atMs} ms`;
        lifeActing = Math.max(lifeActing, child.life);
      },
      check: () => wrong,
    };
  },
};

/** The supervisor's node never crashed in these runs: so a child runs in the end, and acts. */
export const itActs: Property<Office> = {
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
