import type { Instant, LeaseParameters } from "@espalier/heartbeat";
import {
  ForwardingMap,
  GrantGate,
  homeRules,
  HostWatch,
  Incoming,
  LeaseHolder,
  leaseParameters,
  Outgoing,
  Transfers,
} from "@espalier/heartbeat";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Finding, Level } from "./transfer-campaign.ts";
import { campaign, runSeed } from "./transfer-campaign.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("processes that move between four nodes, under random faults", () => {
  const seeds: Record<Level, number> = { calm: 200, light: 500, heavy: 1_000 };

  for (const level of ["calm", "light", "heavy"] as const) {
    test(`${level}: one owner, no hop twice, no limbo, exactly once and in order, nothing left over (S118, S119, S120, S121, S122, S126, P13, P15 to P19)`, () => {
      expect(story(campaign(level, 1, seeds[level]))).toBe("no violation");
    });
  }

  test("a run with the same seed is the same run", () => {
    expect(runSeed(7, "heavy").log).toEqual(runSeed(7, "heavy").log);
  });

  test("the campaign gets to see ends, verdicts, crashed homes and failed hops", () => {
    const truths = Array.from({ length: 60 }, (_, seed) => runSeed(seed, "heavy").truths).flat();
    expect(new Set(truths.map(({ end }) => end))).toEqual(new Set(["ended", "lost", "home crashed"]));
    expect(truths.some(({ failedHops }) => failedHops > 0)).toBe(true);
  });
});

/** Mistakes that others have made in such protocols: the checker must see each. */
const mutants: readonly Mutant[] = [
  {
    mistake: "a host goes on after its lease has ended (H9)",
    level: "heavy",
    property: /P13|P15|P16/,
    make: () => {
      vi.spyOn(LeaseHolder.prototype, "isOver").mockReturnValue(false);
    },
  },
  {
    mistake: "the lease counts from the acknowledgement, not from when its beat was sent (H11)",
    level: "heavy",
    property: /P13|P15|P16/,
    make: () => {
      let latest: Instant = { now: 0, wall: 0 };
      const receive = Transfers.prototype.receive;
      vi.spyOn(Transfers.prototype, "receive").mockImplementation(function (this: Transfers, from, message, at) {
        latest = at;
        receive.call(this, from, message, at);
      });
      const acknowledge = LeaseHolder.prototype.acknowledge;
      vi.spyOn(LeaseHolder.prototype, "acknowledge").mockImplementation(function (this: LeaseHolder, number, term) {
        const renewal = acknowledge.call(this, number, term);
        return renewal === "renewed" ? acknowledge.call(this, this.beat(latest), term) : renewal;
      });
    },
  },
  {
    mistake: "the judge does not wait for the lease to end",
    level: "heavy",
    property: /P13|P15|P16/,
    parameters: { ...leaseParameters(), verdictMs: 4_000 },
  },
  {
    mistake: "a duplicated transfer begins again (B5)",
    level: "light",
    property: /P15|P16|P19/,
    make: () => {
      vi.spyOn(GrantGate.prototype, "admit").mockReturnValue("fresh");
    },
  },
  {
    mistake: "the home grants any epoch to whoever asks",
    level: "light",
    property: /P1[1356]|after/,
    make: () => {
      const claim = homeRules.claim;
      vi.spyOn(homeRules, "claim").mockImplementation((control, from, message, ...rest) =>
        claim({ ...control, epoch: message.epoch - 1, baton: message.baton, to: null }, from, message, ...rest),
      );
    },
  },
  {
    mistake: "a source goes on although the home may still grant what it offered",
    level: "light",
    property: /P15|P16|after/,
    make: () => {
      const bar = homeRules.bar;
      vi.spyOn(homeRules, "bar").mockImplementation((control, from, message, self, baton) => {
        const step = bar(control, from, message, self, baton);
        return step.reply === "release" ? { control, reply: "barred" } : step;
      });
    },
  },
  {
    mistake: "whatever arrives is taken, whether it came before or not",
    level: "light",
    property: /performed after|received signal/,
    make: () => {
      vi.spyOn(Incoming.prototype, "accept").mockReturnValue(true);
    },
  },
  {
    mistake: "what got lost is never sent again (H3, B4)",
    level: "light",
    property: /P17/,
    make: () => {
      vi.spyOn(Outgoing.prototype, "isOverdue").mockReturnValue(false);
    },
  },
  {
    mistake: "a host drops what is under an ended lease, and says nothing",
    level: "heavy",
    property: /P17/,
    make: () => {
      vi.spyOn(LeaseHolder.prototype, "lapse").mockReturnValue(undefined);
    },
  },
  {
    mistake: "a home never gives a verdict on a silent host",
    level: "heavy",
    property: /P17/,
    make: () => {
      vi.spyOn(HostWatch.prototype, "judge").mockReturnValue("trusted");
    },
  },
  {
    mistake: "forwarding entries are never retired (P19)",
    level: "light",
    property: /P1[89]/,
    make: () => {
      vi.spyOn(ForwardingMap.prototype, "retire").mockReturnValue(false);
    },
  },
];

interface Mutant {
  readonly mistake: string;
  readonly level: Level;
  readonly property: RegExp;
  readonly parameters?: LeaseParameters;
  readonly make?: () => void;
}

describe("the checker catches (S118)", () => {
  test.each(mutants)("$mistake", ({ level, property, parameters, make }) => {
    make?.();
    const finding = campaign(level, 1, 3_000, parameters);
    expect(finding?.violation).toMatch(property);
  });
});

function story(finding: Finding | null): string {
  if (finding === null) return "no violation";
  const { seed, violation, faults, log } = finding;
  return [`seed ${seed}: ${violation}`, ...faults.map((fault) => JSON.stringify(fault)), ...log].join("\n");
}
