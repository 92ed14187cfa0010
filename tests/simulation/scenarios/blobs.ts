import {
  properties,
  scenario,
  type Fault,
  type Property,
  type Scenario,
  type StartNodeOptions,
} from "@espalier/testkit";
import { Process, remote, type Pid, type Self } from "espalier";
import { nobodyIsGivenUp } from "./nobody-is-given-up.ts";
import { itActs, openOffice, type Act, type Office } from "./office.ts";

/** Acts every few milliseconds, where it went. */
const clerk = remote({}, function* (self: Self<never>, ledger: Pid<Act>) {
  for (let count = 1; ; count += 1) {
    yield* Process.send(ledger, { child: self.pid.serial, count });
    yield* Process.sleep(20);
  }
});

const kilobyte = 2 ** 10;

/** A window takes half a second on the line below, which the delay allows for. */
const lease: NonNullable<StartNodeOptions["lease"]> = { beat: "100ms", lease: "1s", delay: "200ms" };

/** Thin lines in both directions, all the time: one message alone takes longer than a lease lasts. */
const thin: Fault = {
  atMs: 500,
  type: "throttle",
  link: ["home", "away"],
  bytesPerSecond: 512 * kilobyte,
  lastsMs: 6_000,
};

/** What went from home to the depot that is away. */
interface Depot extends Office {
  readonly got: number[];
  readonly sent: number[];
}

const inOrder: Property<Depot> = {
  name: "what is sent over a line that does not keep up arrives in order, and is held back (R-401, R-409)",
  begin: (cluster) => ({
    check: () => {
      const sent = cluster.node("home").seen?.sent.length ?? 0;
      const got = cluster.node("away").seen?.got ?? [];
      for (const [index, number] of got.entries()) if (number !== index) return `got ${number} in place of ${index}`;
      const underWay = sent - got.length;
      return underWay > 8 ? `${underWay} messages of 256 KiB are under way` : null;
    },
  }),
};

export const besideALease: Scenario<Depot> = scenario<Depot>("blobs: beside a lease", {
  nodes: { home: {}, away: {} },
  boot: async (place) => {
    const office = await openOffice(place, { lease });
    const got: number[] = [];
    const sent: number[] = [];
    if (place.name === "away") {
      const take = function* (self: Self<readonly [number, Uint8Array]>) {
        yield* Process.register("depot");
        for (;;) got.push((yield* self.receive())[0]);
      };
      office.node.run(take).catch((error: unknown) => place.tell(`the depot has ended: ${String(error)}`));
      return { ...office, got, sent };
    }
    const { ref } = place.peer("away");
    const begin = function* () {
      yield* Process.spawnAt(ref, clerk, office.ledger);
      yield* Process.sleep(1_000);
      const blob = new Uint8Array(256 * kilobyte);
      for (let number = 0; number < 12; number += 1) {
        yield* Process.send({ name: "depot", node: ref }, [number, blob]);
        sent.push(number);
      }
      yield* Process.sleep("24h");
    };
    office.node.run(begin).catch((error: unknown) => place.tell(`the sender has ended: ${String(error)}`));
    return { ...office, got, sent };
  },
  faults: () => [thin],
  always: [nobodyIsGivenUp, inOrder, properties.noUnhandledRejection],
  eventually: [itActs],
  sometimes: ["guest.performed", "connection.busy", "connection.drained"],
  budget: { virtualMs: 8_000, settleMs: 10_000, events: 400_000 },
  module: import.meta.url,
});
