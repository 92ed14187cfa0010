import fc from "fast-check";
import { expect, test } from "vitest";
import { CellTable } from "../src/cell-table.ts";

test("holds what was added and not removed, in order, as a map does", () => {
  // Each step adds some processes and removes some of those that are there.
  const step = fc.tuple(fc.nat(100), fc.array(fc.nat(), { maxLength: 120 }));
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const table = new CellTable();
      const model = new Map<number, any>();
      let serial = 0;
      for (const [added, removed] of steps) {
        for (let count = 0; count < added; count += 1) {
          serial += 1;
          const cell: any = { serial };
          table.add(serial, cell);
          model.set(serial, cell);
        }
        for (const choice of removed) {
          const present = [...model.keys()];
          const chosen = present[choice % present.length];
          if (chosen === undefined) continue;
          table.remove(chosen);
          model.delete(chosen);
        }
        expect(table.size).toBe(model.size);
      }
      expect([...table.values()]).toEqual([...model.values()]);
      for (let asked = 0; asked <= serial + 70; asked += 1) expect(table.get(asked)).toBe(model.get(asked));
    }),
  );
});
