import { runInProcesses } from "@espalier/testkit/process";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Group } from "./rule.ts";
import { groups } from "./rules/groups.ts";
import { links } from "./rules/links.ts";
import { nodes } from "./rules/nodes.ts";
import { signals } from "./rules/signals.ts";
import { sections } from "./sections.ts";

/** Kept, and shared with other suites: what was compiled once need not be again. */
const compileCache = path.join(tmpdir(), "espalier-compile-cache");

/**
 * The commit gate has time for those that share a cluster in which nothing goes wrong, and for one loss in each of a few sections; `CONFORMANCE=all`
 * runs all of them.
 */
const inGate = (group: Group): boolean =>
  group.rules.every(({ options }) => options.faults === undefined && options.netTicktime === undefined) ||
  [links, signals, groups, nodes].some((section) => section.groups.find(isDisturbed) === group);

const all = sections.flatMap(({ groups }) => groups);
const chosen = process.env["CONFORMANCE"] === "all" ? all : all.filter(inGate);

function isDisturbed({ rules }: Group): boolean {
  return rules.some(({ options }) => options.faults !== undefined);
}

describe("between processes of the operating system", () => {
  // They wait more than they compute.
  it.concurrent.each(chosen)("$scenario.name", async ({ scenario, ops }: Group) => {
    const result = await runInProcesses(scenario, { seed: 1, ops }, { dilation: 1, compileCache, untilDone: true });
    expect(result.failure?.text).toBeUndefined();
  });
});
