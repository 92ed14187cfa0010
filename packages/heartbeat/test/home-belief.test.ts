import { Homes, leaseParameters, type HomeAction, type HomeMessage } from "@espalier/heartbeat";
import { describe, expect, test } from "vitest";

const process = "a/1/7";
const here: HomeMessage = { type: "home.here", process, epoch: 3, told: false };

/** A node that believes `b` alone, with links to these places. */
function node(...links: readonly string[]): { readonly homes: Homes; hear(from: string): readonly HomeAction[] } {
  const homes = new Homes("c/1", leaseParameters({}), (place) => place === "b/1");
  for (const place of links) homes.linked(place, 0);
  return {
    homes,
    hear: (from) => {
      homes.receive(from, here, 0);
      return homes.take();
    },
  };
}

describe("whoever says that it is the home of another node's process", () => {
  test("is believed when the home that is known cannot be asked, if it is trusted (S216)", () => {
    const { homes, hear } = node("b/1");
    expect(hear("b/1").map(({ type }) => type)).toEqual(["disconnected", "send"]);
    expect(homes.homeOf(process)).toBe("b/1");
  });

  test("is nobody otherwise, and does not wait for this node", () => {
    const { homes, hear } = node("x/1");
    expect(hear("x/1")).toEqual([
      { type: "send", to: "x/1", message: { type: "home.know", process, epoch: 3, unbroken: false } },
    ]);
    expect(homes.homeOf(process)).toBe("a/1");
    expect(homes.counts()).toEqual({ residents: 0, routes: 0, underway: 0 });
  });

  test("has to wait for the word of the home that is known, and is nobody when that is lost", () => {
    const { homes, hear } = node("a/1", "x/1");
    expect(hear("x/1")).toEqual([{ type: "send", to: "a/1", message: { type: "home.ask", process, epoch: 3 } }]);
    homes.unlinked("a/1", 1);
    expect(homes.take()).toEqual([
      { type: "send", to: "x/1", message: { type: "home.know", process, epoch: 3, unbroken: false } },
    ]);
    expect(homes.homeOf(process)).toBe("a/1");
    expect(homes.counts()).toEqual({ residents: 0, routes: 0, underway: 0 });
  });

  test("is believed, whoever it is, when the home that is known says so", () => {
    const { homes, hear } = node("a/1", "x/1");
    hear("x/1");
    const leaving: HomeMessage = { type: "home.leaving", process, epoch: 3, to: "x/1", gone: true };
    homes.receive("a/1", leaving, 1);
    homes.receive("a/1", { type: "home.moved", process, epoch: 3, to: "x/1" }, 2);
    expect(homes.homeOf(process)).toBe("x/1");
  });

  test("fills no more than there is room for, if it is not believed", () => {
    const { homes } = node("x/1", "b/1");
    const keptMax = 100_000;
    for (let serial = 1; serial <= keptMax + 5; serial += 1) {
      homes.receive("x/1", { type: "home.here", process: `x/1/${serial}`, epoch: 1, told: false }, 0);
    }
    expect(homes.counts()).toEqual({ residents: 0, routes: keptMax, underway: 0 });
    homes.take();
    homes.receive("b/1", { type: "home.here", process: "b/1/1", epoch: 1, told: false }, 0);
    expect(homes.homeOf("b/1/1")).toBe("b/1");
    expect(homes.counts()).toMatchObject({ routes: keptMax + 1 });
    homes.dead("x/1", new Error("gone"), 1);
    expect(homes.counts()).toMatchObject({ routes: 1 });
  });

  test("makes this node wait for no other life of a node that it has a link to, nor for one of its own", () => {
    const { homes } = node("x/1");
    for (const pid of ["x/0/7", "c/0/7", "y/1/7"]) homes.route(pid, "a signal", "x/1", 0);
    expect(["x", "c", "y"].map((id) => homes.placesOf(id))).toEqual([["x/1"], [], ["y/1"]]);
    homes.unreachable("y/1", new Error("nobody there"), 1);
    expect(homes.placesOf("y")).toEqual([]);
  });
});
