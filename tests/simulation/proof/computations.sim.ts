import { simulate } from "@espalier/testkit";
import { expect, test } from "vitest";
import * as links from "../scenarios/links.ts";
import * as migrations from "../scenarios/migrating.ts";
import * as nodeMonitors from "../scenarios/node-monitors.ts";
import * as travels from "../scenarios/travelling.ts";
import * as trees from "../scenarios/trees.ts";
import { prove } from "./prove.ts";

const { travelling, ...otherTravels } = travels;
const { migrating, underShortFaults, ...otherMigrations } = migrations;

// What it must show takes as many seeds to show itself.
prove({ travelling }, 18);
prove(otherTravels, 8);
prove({ migrating }, 12);
prove({ underShortFaults }, 9);
prove(otherMigrations, 4);
prove(links, 12);
prove(nodeMonitors, 10, " (S243, R-405, R-406, R-1306)");
prove(trees, 20);

test("the same seed twice gives the same run, to the byte", { timeout: 60_000 }, async () => {
  for (const seed of [3, 4]) {
    const first = await simulate(travelling, { seed });
    expect(await simulate(travelling, { seed })).toEqual(first);
  }
});
