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
});
