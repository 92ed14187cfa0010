import { Heartbeat, type Node, Process } from "espalier";
import { expect, it } from "vitest";
import { type FaultFamily, faults, type Place, property, scenario, simulate, startNode } from "../src/index.ts";

const families: Readonly<Record<string, FaultFamily>> = {
  adversary: faults.adversary(),
  block: faults.block(),
  clock: faults.clock(),
  crash: faults.crash({ wipe: 0.5 }),
  "crash, some for good": faults.crash({ forGood: 0.5, countMax: 1 }),
  cut: faults.cut(),
  halfOpen: faults.halfOpen(),
  links: faults.links(),
  loss: faults.loss(),
  lostTail: faults.lostTail(),
  messages: faults.messages({ kinds: ["pulse.*"], holdMaxMs: 300 }),
  "messages, signals among them": () => [{ atMs: 1_000, type: "drop", link: ["a", "b"], kind: "signal.*" }],
  partition: faults.partition(),
  pause: faults.pause({ near: [1_110] }),
  refuse: faults.refuse(),
  slowConsumer: faults.slowConsumer(),
  stall: faults.stall(),
  suspend: faults.suspend(),
  swizzle: faults.swizzle(),
};

/** Each node asks the others for something all the time, and watches a heartbeat of theirs. */
async function boot(place: Place, hearts: Map<string, Heartbeat>): Promise<Node> {
  const node = await startNode(place, { lease: { beat: "200ms", lease: "1s", delay: "100ms" } });
  hearts.set(place.name, await node.run(Heartbeat.create("1h")));
  for (const { name, ref } of place.peers.filter((peer) => peer.name !== place.name)) {
    const ask = (): void => {
      const again = (): void => void place.host.clock.after(300, ask);
      node.run(Process.whereisAt(ref, "keeper")).then(again, again);
    };
    const watch = function* (heartbeat: Heartbeat) {
      const ended = yield* Heartbeat.supervise(heartbeat);
      yield* ended;
    };
    place.host.clock.after(200, () => {
      ask();
      const heartbeat = hearts.get(name);
      if (heartbeat !== undefined) node.run(() => watch(heartbeat)).catch(() => {});
    });
  }
  return node;
}

it.each(Object.keys(families))("%s bites, and when all is healed every node answers every other", async (name) => {
  const family = families[name] as FaultFamily;
  let [effective, gone] = [0, 0];
  for (let seed = 1; seed <= 2; seed += 1) {
    const hearts = new Map<string, Heartbeat>();
    const result = await simulate(
      scenario<Node>(name, {
        nodes: { a: {}, b: {}, c: {} },
        boot: (place) => boot(place, hearts),
        faults: family,
        eventually: [
          property<Node>("linked", ({ nodes }) => {
            const there = nodes.filter(({ state }) => state !== "gone");
            gone += nodes.length - there.length;
            const alone = there.filter(({ view }) => (view?.peers.length ?? 0) < there.length - 1);
            return alone.length === 0 ? null : `${alone.map((node) => node.name).join(", ")} lack links`;
          }),
        ],
        budget: { virtualMs: 4_000, settleMs: 20_000 },
      }),
      { seed },
    );
    expect(result.failure?.text).toBeUndefined();
    effective += result.faults.filter((outcome) => outcome.effective > 0).length;
  }
  expect(effective).toBeGreaterThan(1);
  expect(gone > 0).toBe(name === "crash, some for good");
});
