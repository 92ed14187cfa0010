import { faults, scenario, startNode, type Place, type Property, type Scenario } from "@espalier/testkit";
import { Delivery, Process, Server, type LocalGenerator, type Node, type Pid, type Self } from "espalier";

/** A message was handed over, or processed. */
interface Posted {
  readonly type: "post.sent" | "post.processed";
  readonly number: number;
}

declare module "@espalier/runtime" {
  interface NodeExtraEvents {
    readonly posted: Posted;
  }
}

interface Post {
  readonly node: Node;
  /** Hands over a number whenever it is told to. Only on `a`. */
  readonly sender: Pid<null> | null;
}

/** Numbers grow, from life to life too. */
function* sender(self: Self<null>, life: number, isShared: boolean, durable: boolean): LocalGenerator<void> {
  const define = isShared ? Delivery.workPulling<number> : Delivery.producer<number>;
  const definition = define({ id: "post", durable });
  const producer = yield* Server.startLink(definition, undefined, { name: "post" });
  for (let number = life * 1_000; ; number += 1) {
    yield* self.receive();
    yield* Delivery.send(producer, number);
    yield* Process.emit({ type: "post.sent", number });
  }
}

function* worker(_self: unknown, place: Place): LocalGenerator<void> {
  const from = { name: "post", node: place.peer("a").ref };
  const consumer = yield* Server.startLink(Delivery.consumer<number>({ from, window: 4, retry: "100ms" }), undefined);
  for (;;) {
    const { message: number, ticket } = yield* Delivery.receive(consumer);
    yield* Process.emit({ type: "post.processed", number });
    yield* Process.sleep("50ms");
    yield* Delivery.confirm(consumer, ticket);
  }
}

function isPosted(event: { readonly type: string }): event is Posted {
  return event.type === "post.sent" || event.type === "post.processed";
}

/** In the order of their numbers, none twice. */
const onceInOrder: Property<Post> = {
  name: "every message is processed once at most, and in order (R-1408)",
  begin: () => {
    let last = 0;
    let wrong: string | null = null;
    return {
      event: ({ event }) => {
        if (!isPosted(event) || event.type === "post.sent") return;
        if (event.number <= last) wrong ??= `${event.number} was processed after ${last}`;
        last = event.number;
      },
      check: () => wrong,
    };
  },
};

/** What comes again begins with what was not confirmed: nothing is passed over on the way. */
const inOrder: Property<Post> = {
  name: "a message is processed for the first time only after all before it (R-1408)",
  begin: () => {
    const sent: number[] = [];
    const processed = new Set<number>();
    let wrong: string | null = null;
    return {
      event: ({ event }) => {
        if (!isPosted(event)) return;
        const { type, number } = event;
        if (type === "post.sent") return void sent.push(number);
        const missing = sent.find((one) => one < number && !processed.has(one));
        if (missing !== undefined) wrong ??= `${number} was processed before ${missing}`;
        processed.add(number);
      },
      check: () => wrong,
    };
  },
};

const allProcessed: Property<Post> = {
  name: "every message that was handed over is processed (R-1408)",
  begin: () => {
    const sent = new Set<number>();
    const processed = new Set<number>();
    return {
      event: ({ event }) => {
        if (isPosted(event)) (event.type === "post.sent" ? sent : processed).add(event.number);
      },
      check: () => {
        const missing = [...sent].filter((number) => !processed.has(number));
        return missing.length === 0 ? null : `not processed: ${missing.join(", ")}`;
      },
    };
  },
};

interface Variant extends Pick<Scenario<Post>, "faults" | "sometimes"> {
  readonly isShared?: boolean;
  readonly durable?: boolean;
  readonly always?: readonly Property<Post>[];
}

function post(name: string, { isShared = false, durable = false, always = [], ...rest }: Variant): Scenario<Post> {
  return scenario<Post>(name, {
    nodes: isShared ? { a: {}, b: {}, c: {} } : { a: {}, b: {} },
    boot: async (place) => {
      const lease = { beat: "200ms", lease: "1s", delay: "100ms" } as const;
      const node = await startNode(place, { lease, ...(durable ? { data: "data" } : {}) });
      const { kernel } = node;
      if (place.name === "a") {
        return { node, sender: kernel.spawn(kernel.root, sender, [place.life, isShared, durable]).pid as Pid<null> };
      }
      kernel.spawn(kernel.root, worker, [place]);
      return { node, sender: null };
    },
    workload: (w) => {
      w.op("post", { count: 90, on: "a" }, async ({ node }) => {
        const { app } = node;
        if (app.sender !== null) await app.node.run(Process.send(app.sender, null));
      });
    },
    always,
    eventually: [allProcessed],
    budget: { virtualMs: 4_000, settleMs: 60_000 },
    module: import.meta.url,
    ...rest,
  });
}

const brokenLinks = [
  faults.cut({ countMax: 6 }),
  faults.lostTail({ countMax: 4 }),
  faults.partition({ lastsMaxMs: 1_500 }),
  faults.links({}),
];

/** Both live, and what connects them breaks. */
export const acrossLostConnections: Scenario<Post> = post("confirmed messages across lost connections", {
  always: [onceInOrder, inOrder],
  faults: faults.swarm(brokenLinks),
  sometimes: [],
});

/** Both nodes crash; what was handed over is on the disk. */
export const afterCrashes: Scenario<Post> = post("confirmed messages of a durable producer", {
  durable: true,
  always: [inOrder],
  faults: faults.swarm([...brokenLinks, faults.crash({ lastsMaxMs: 1_000 }), faults.disk({ nodes: ["a"] })]),
  sometimes: ["node.down"],
});

/** Two pull from one, and their nodes crash. */
export const pulled: Scenario<Post> = post("confirmed messages that many pull", {
  isShared: true,
  faults: faults.swarm([...brokenLinks, faults.crash({ nodes: ["b", "c"], lastsMaxMs: 1_000 })]),
  sometimes: ["node.down"],
});
