import { models } from "@espalier/testkit";
import { expect, test } from "@espalier/testkit/vitest";
import { Process } from "espalier";
import { openShop, order, shop, type Book } from "./08-chaos.ts";

// Many simulated clusters in virtual time. A failure prints the smallest plan that still fails, and leaves a replay file.
test.chaos(shop, { seeds: 20 });

// One cluster, stepped to the exact point: the number is on disk, and the shop's machine dies before it has said so.
test("a receipt that nobody got is not given again", async ({ sim }) => {
  const { till, ann } = await sim.nodes("till", "ann");
  const written = sim.barrier("written");
  const { disk } = till.host;
  const slow: Book = {
    read: (path) => disk.read(path),
    write: async (path, bytes) => {
      await disk.write(path, bytes);
      await written.hold();
    },
  };
  await sim.until(openShop(till.node, slow));
  const lost = ann.run(order(till.ref));
  await written.reached();
  sim.crash(till);
  await expect(sim.until(lost)).rejects.toThrow("the shop did not answer");

  await sim.restart(till);
  await sim.until(openShop(till.node, till.host.disk));
  expect(await sim.until(ann.run(order(till.ref)))).toBe(2);
  expect(sim).toHaveNoOrphans();
  expect(sim).toMatchOrder(["crashed", "restarted"]);
});

test("the till is restarted where it was, and goes on counting", async ({ sim }) => {
  const { till, ann } = await sim.nodes("till", "ann");
  await sim.until(openShop(till.node, till.host.disk));
  const sell = async (): Promise<void> => {
    const sale = sim.history.invoke("ann", "ann", "add", 1);
    const count = await sim.until(ann.run(order(till.ref)));
    sale.ok();
    sim.history.invoke("ann", "ann", "read", null).ok(count);
  };
  await sell();
  till.kill(
    await sim.until(
      till.run(function* () {
        return (yield* Process.whereis("till"))!;
      }),
    ),
  );
  await sim.quiesce();
  await sell();
  expect(sim).toBeLinearizable(models.counter());
  expect(sim).toMatchTree(`
    till
      supervisor, one-for-one
        till
    ann
  `);
});
