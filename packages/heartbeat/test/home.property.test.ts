import { homeSourceMachine, homeSourceTable, homeTargetMachine, homeTargetTable } from "@espalier/heartbeat";
import { compareMachine } from "@espalier/heartbeat/machine";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HomeGuide } from "../src/home-guide.ts";
import { HomeResidents } from "../src/home-residents.ts";
import { HomeSender } from "../src/home-sender.ts";
import { HomeTarget } from "../src/home-target.ts";
import { campaign, runSeed, type Level } from "./home-campaign.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("machine and table agree", () => {
  for (const { disagreements } of [
    compareMachine(homeSourceMachine, homeSourceTable, Infinity),
    compareMachine(homeTargetMachine, homeTargetTable, Infinity),
  ]) {
    expect(disagreements).toEqual([]);
  }
});

test("a home that was given up never stays: the point of no return is one transition", () => {
  const { granting, telling } = homeSourceMachine.states;
  expect([...Object.values(granting.on), ...Object.values(telling.on)]).not.toContain("stayed");
});

test("nothing becomes the home but what was accepted and granted", () => {
  const ways = homeTargetTable.states.flatMap((state) =>
    homeTargetTable.events
      .filter((event) => state !== "resident" && homeTargetTable.transition(state, event) === "resident")
      .map((event) => `${event} in ${state}`),
  );
  expect(ways).toEqual(["granted in accepted"]);
});

describe("homes that are handed over between four nodes, under random faults (S194)", () => {
  const seeds: Record<Level, number> = { calm: 100, light: 250, heavy: 350 };

  for (const level of ["calm", "light", "heavy"] as const) {
    test(`${level}: one home, no limbo, nothing doubled or reordered, links agree, nothing left over (P15, P17, P18, P19)`, () => {
      expect(campaign(level, 1, seeds[level])).toBeNull();
    }, 60_000);
  }

  test("the campaign gets to see every way that a handover goes (S197)", () => {
    const seen = new Set(Array.from({ length: 120 }, (_, seed) => [...runSeed(seed, "heavy").seen]).flat());
    expect([...seen].toSorted()).toEqual(
      [
        "adopted",
        "crashed home",
        "disconnected",
        "forwarded",
        "gone",
        "held",
        "introduced",
        "overtaken",
        "settled",
        "stayed",
      ].toSorted(),
    );
  });
});

/** Mistakes that such a protocol invites: the checker must see each. */
const mutants: readonly Mutant[] = [
  {
    mistake: "the target begins before the home has given the process up",
    level: "calm",
    property: /two homes|again|limbo/,
    make: () => {
      const admit = HomeTarget.prototype.admit;
      vi.spyOn(HomeTarget.prototype, "admit").mockImplementation(function (this: HomeTarget, process, epoch) {
        admit.call(this, process, epoch);
        for (const from of this.places()) this.granted(from, process, epoch);
      });
    },
  },
  {
    mistake: "a sender goes on to the new home while the old way is not empty",
    level: "light",
    property: /reordered/,
    make: () => {
      vi.spyOn(HomeSender.prototype, "holds").mockReturnValue(false);
    },
  },
  {
    mistake: "a former home tells the way before what it forwarded has arrived",
    level: "heavy",
    property: /reordered/,
    make: () => {
      const held = HomeGuide.prototype.held;
      vi.spyOn(HomeGuide.prototype, "held").mockImplementation(function (this: HomeGuide, peer, process, epoch) {
        held.call(this, peer, process, epoch);
        for (const to of ["A@1", "B@1", "C@1", "D@1"]) this.flushed(to, process, epoch, peer);
      });
    },
  },
  {
    mistake: "the new home speaks before the others know it",
    first: 460,
    level: "heavy",
    property: /reordered|disagree|received/,
    make: () => {
      vi.spyOn(HomeResidents.prototype, "permits").mockReturnValue(true);
    },
  },
  {
    mistake: "what comes the long way counts after what came straight",
    first: 580,
    level: "heavy",
    property: /reordered/,
    make: () => {
      vi.spyOn(HomeResidents.prototype, "admits").mockReturnValue(true);
    },
  },
  {
    mistake: "the new home does not hear whose link to the old one was lost",
    first: 230,
    level: "light",
    property: /disagree/,
    make: () => {
      vi.spyOn(HomeGuide.prototype, "broke").mockReturnValue();
    },
  },
  {
    mistake: "routes to what has ended stay (P19)",
    level: "calm",
    property: /routes|disagree/,
    make: () => {
      vi.spyOn(HomeSender.prototype, "ended").mockReturnValue();
    },
  },
];

interface Mutant {
  readonly mistake: string;
  readonly level: Level;
  readonly property: RegExp;
  /** The seed to begin at, near one that shows it. */
  readonly first?: number;
  readonly make: () => void;
}

describe("the checker catches", () => {
  test.each(mutants)(
    "$mistake",
    ({ level, property, first = 1, make }) => {
      make();
      expect(campaign(level, first, 400)).toMatch(property);
    },
    60_000,
  );
});
