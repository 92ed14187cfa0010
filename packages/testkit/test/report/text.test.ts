import { describe, expect, it } from "vitest";
import { property, renderHtml, scenario, simulate, textOf } from "../../src/index.ts";
import { run } from "./fixture.ts";

describe("the text of a failure", () => {
  it("says what broke, by which faults and operations, how it came to that, and how to see it again", async () => {
    const { record, failure, traceHash } = await run(1, true);
    if (record === undefined || failure === undefined) throw new Error("expected a failure that was recorded");
    const lines = failure.text.split("\n");
    expect(lines[0]).toMatch(/^scenario "a parcel is delivered once" failed at \d+\.\d{3} ms with seed 1$/);
    expect(lines[1]).toBe(`  every step is taken once: ${failure.what}`);
    expect(failure.text).toContain("partition bob > alice for 3000 ms\n");
    expect(failure.text).toContain("    100 ms: deliver 1 on alice\n");
    expect(failure.text).toContain(failure.story.map((line) => `    ${line}`).join("\n"));
    expect(lines.at(-1)).toBe(`  again: simulate(scenario, { seed: 1 }); trace hash ${traceHash}`);
    expect(textOf(record, "cx/parcel.json").split("\n").at(-1)).toBe(
      "  again: npx espalier chaos replay cx/parcel.json",
    );
  });

  it("is there too when no node ever booted, and so is the page", async () => {
    const broken = scenario("broken", {
      nodes: { a: {} },
      boot: () => Promise.reject(new Error("oops")),
      always: [property("never", () => null)],
    });
    const { record, failure } = await simulate(broken, { seed: 1, record: true });
    if (record === undefined) throw new Error("expected a record");
    expect(failure?.story).toEqual(["       0.000 ms  scenario  FAILED boots: a: Error: oops"]);
    expect(failure?.text).toContain("  no fault had been applied\n  no operations\n");
    expect(renderHtml(record)).toContain("a: Error: oops");
  });

  it("says of a run that held that it did", async () => {
    const still = scenario("still", { nodes: { a: {} }, boot: () => 1, always: [property("never", () => null)] });
    const { record } = await simulate(still, { seed: 1, record: true });
    if (record === undefined) throw new Error("expected a record");
    expect(textOf(record)).toContain('scenario "still" held for 60000.000 ms with seed 1');
    expect(renderHtml(record)).toContain("HOLDS");
  });
});
