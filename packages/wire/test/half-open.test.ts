import { limits } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { HalfOpen } from "../src/connection/half-open.ts";
import { machineAddress } from "../src/connection/machine-address.ts";

class Dialler {
  readonly remote: string;
  ended: string | null = null;
  constructor(remote: string) {
    this.remote = remote;
  }
  end(reason: string): void {
    this.ended = reason;
  }
}

function setUp(changed: Partial<typeof limits> = {}) {
  const clock = { nowMs: 0 };
  const halfOpen = new HalfOpen<Dialler>({ ...limits, ...changed }, () => clock.nowMs);
  let port = 0;
  const dial = (address: string): Dialler => {
    port += 1;
    const pipe = new Dialler(`${address}:${port}`);
    halfOpen.add(pipe);
    return pipe;
  };
  return { clock, halfOpen, dial };
}

describe("pipes whose handshake is not over", () => {
  it("are so many of one address, and none of another suffers", () => {
    const { halfOpen, dial } = setUp({ halfOpenPerAddress: 2, halfOpen: 8 });
    const [first] = [dial("10.0.0.1"), dial("10.0.0.1")];
    expect(dial("10.0.0.1").ended).toBe("more than 2 handshakes under way (limits.halfOpenPerAddress) from 10.0.0.1");
    expect([dial("10.0.0.2").ended, first.ended, halfOpen.size]).toEqual([null, null, 3]);
    halfOpen.delete(first);
    halfOpen.delete(first);
    expect(dial("10.0.0.1").ended).toBe(null);
    expect(dial("10.0.0.1").ended).not.toBe(null);
  });

  it("are so many in all, and then the oldest makes room, as it is not in a hurry", () => {
    const { halfOpen, dial } = setUp({ halfOpenPerAddress: 3, halfOpen: 4 });
    const pipes = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"].map(dial);
    expect(pipes.map(({ ended }) => ended)).toEqual([
      "more than 4 handshakes under way (limits.halfOpen): the oldest makes room",
      null,
      null,
      null,
      null,
    ]);
    expect([...halfOpen]).toEqual(pipes.slice(1));
  });

  it("are begun so often by one address, also when each is over soon", () => {
    const { clock, halfOpen, dial } = setUp({ handshakesPerSecond: 10, rateBurstMs: 500 });
    const knock = (address: string): string | null => {
      const pipe = dial(address);
      halfOpen.delete(pipe);
      return pipe.ended;
    };
    for (let n = 0; n < 5; n += 1) expect(knock("10.0.0.1")).toBe(null);
    expect(knock("10.0.0.1")).toBe("more than 10 handshakes in a second (limits.handshakesPerSecond) from 10.0.0.1");
    expect(knock("10.0.0.2")).toBe(null);
    clock.nowMs = 100;
    expect([knock("10.0.0.1"), knock("10.0.0.1")].map((ended) => ended === null)).toEqual([true, false]);
  });

  it("are counted for so many addresses, of which those that came longest ago are forgotten", () => {
    const { halfOpen, dial } = setUp({ handshakesPerSecond: 1, rateBurstMs: 1, addressesCounted: 2 });
    const knock = (address: string): boolean => {
      const pipe = dial(address);
      halfOpen.delete(pipe);
      return pipe.ended === null;
    };
    expect([knock("a"), knock("b"), knock("a"), knock("b")]).toEqual([true, true, false, false]);
    expect([knock("c"), knock("b"), knock("a")]).toEqual([true, false, true]);
  });
});

it.each([
  ["192.0.2.1:7000", "192.0.2.1"],
  ["::ffff:192.0.2.1:7000", "192.0.2.1"],
  ["[2001:db8:0:1::5]:7000", "2001:db8:0:1::/64"],
  ["2001:db8:0:1:a:b:c:d:7000", "2001:db8:0:1::/64"],
  ["2001:0DB8::5:7000", "2001:db8:0:0::/64"],
  ["fe80::1%eth0:7000", "fe80:0:0:0::/64"],
  ["::1:7000", "0:0:0:0::/64"],
  ["alice:1", "alice"],
  ["a.example:443", "a.example"],
])("takes %s for a pipe from %s", (remote, address) => {
  expect(machineAddress(remote)).toBe(address);
});
