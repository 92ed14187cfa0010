import { Process, type Self } from "espalier";
import { ManualDisk } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { begin, count, type Life } from "./machine.ts";

interface Entry {
  readonly step: number;
  readonly sum: number;
  readonly epoch: number;
  readonly resumed: boolean;
}

/** Writes down what it is told, beyond all lives. */
function* ledger(self: Self<Entry>, entries: Entry[]) {
  yield* Process.register("ledger");
  for (;;) entries.push(yield* self.receive());
}

const steps = 3;

test("counts right although its node dies before or after any access to the disk, twice, and runs each epoch once (S198)", async () => {
  // How many accesses a life without a crash has.
  const whole = await begin(new ManualDisk(), (node) => {
    void node.run(ledger, []);
    void node.run(count(steps));
  });
  const most = (whole as Life).disk.accesses;
  expect(most).toBeGreaterThan(10);
  const deaths = [];
  for (let at = 1; at <= most; at += 1) deaths.push({ at, done: false }, { at, done: true });
  for (const [index, first] of deaths.entries()) {
    await crashes(first);
    // A third of all pairs: each first death with deaths all over the next life, and each second one after deaths all over the first.
    for (let next = index % 3; next < deaths.length; next += 3) {
      await crashes(first, deaths[next] as (typeof deaths)[number]);
    }
  }
}, 60_000);

async function crashes(...deaths: readonly { readonly at: number; readonly done: boolean }[]): Promise<void> {
  const disk = new ManualDisk();
  const entries: Entry[] = [];
  const results: number[] = [];
  let begun = false;
  for (const dies of [...deaths, null]) {
    const life = await begin(
      disk,
      (node) => {
        void node.run(ledger, entries);
        if (!begun) void node.run(count(steps)).then((sum) => results.push(sum));
        begun = true;
      },
      dies,
    );
    life?.crash();
  }
  const last = entries.at(-1);
  // It ended, unless it never had anything on the disk, or was over.
  const where = JSON.stringify({ deaths, entries, results });
  expect(
    [...disk.files.keys()].filter((path) => path.startsWith("state/checkpoints")),
    where,
  ).toEqual([]);
  for (const { step, sum } of entries) expect(sum, where).toBe((step * (step + 1)) / 2);
  // In one epoch no step is done twice, and a later epoch never comes before an earlier one.
  const seen = entries.map(({ step, epoch }) => `${epoch}/${step}`);
  expect(new Set(seen).size, where).toBe(seen.length);
  expect(
    entries.map(({ epoch }) => epoch),
    where,
  ).toEqual(entries.map(({ epoch }) => epoch).toSorted((a, b) => a - b));
  if (last !== undefined) expect(last.step, where).toBe(steps);
  for (const sum of results) expect(sum).toBe(6);
}
