import { describe, expect, it } from "vitest";
import { run } from "./fixture.ts";

describe("the record of a run", { timeout: 60_000 }, () => {
  it("changes nothing: the run is the same, to the byte (S155)", async () => {
    for (const seed of [1, 2, 3]) {
      const [plain, recorded] = [await run(seed, false), await run(seed, true)];
      expect(plain.record).toBeUndefined();
      expect(recorded.traceHash).toBe(plain.traceHash);
      expect(recorded.events).toBe(plain.events);
      expect(recorded.failure?.what).toBe(plain.failure?.what);
    }
  });

  it("is plain data: what a file holds of it is all of it", async () => {
    const { record } = await run(1, true);
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
    expect(record).toMatchObject({
      format: "espalier-run",
      version: 1,
      left: { messages: 0, events: 0, processes: 0 },
    });
  });

  it("holds the lives of nodes, the fault as a span with what it did, messages with their fates, and who was where", async () => {
    const { record, faults } = await run(1, true);
    if (record === undefined) throw new Error("expected a record");
    expect(record.nodes.map(({ states }) => states.map(({ state }) => state))).toEqual([
      ["booting", "running"],
      ["booting", "running"],
    ]);
    const [fault] = record.faults;
    expect(fault).toMatchObject({ links: [["bob", "alice"]], applied: true, effective: faults[0]?.effective });
    expect(fault?.fromMs).toBeGreaterThan(0);
    // While the partition lasts nothing of bob arrives: it waits, or is lost with its link.
    const [fromMs, toMs] = [fault?.fromMs ?? 0, fault?.toMs ?? 0];
    const meanwhile = record.messages.filter(({ from, sentMs }) => from === "bob" && sentMs > fromMs && sentMs < toMs);
    expect(meanwhile.length).toBeGreaterThan(0);
    for (const { fate, fault, arrivedMs } of meanwhile) {
      expect(["held", "lost"]).toContain(fate);
      expect(fault).toBe(0);
      expect(arrivedMs ?? Infinity).toBeGreaterThan(toMs);
    }
    const arrived = record.messages.filter(({ fate }) => fate === "delivered");
    expect(arrived.length).toBeGreaterThan(5);
    for (const { sentMs, arrivedMs, serial, arrivedSerial, bytes } of arrived) {
      expect(arrivedMs).toBeGreaterThan(sentMs);
      expect(arrivedSerial).toBeGreaterThan(serial);
      expect(bytes).toBeGreaterThan(0);
    }
    const [traveller] = record.travellers;
    expect(traveller).toMatchObject({ home: "alice", verdict: { text: "lost with bob" } });
    expect(traveller?.stays.map(({ node, epoch }) => `${node} ${epoch}`)).toEqual(["alice 0", "bob 1"]);
    expect(record.leases.map(({ host, home }) => `${host} of ${home}`)).toContain("bob of alice");
    expect(record.leaseMs).toBe(1_000);
    expect(record.state.map(({ name, tree }) => [name, tree.length > 0])).toEqual([
      ["alice", true],
      ["bob", true],
    ]);
    expect(record.history.map(({ op }) => op)).toEqual(["deliver"]);
    expect(record.failure?.property).toBe("every step is taken once");
  });
});
