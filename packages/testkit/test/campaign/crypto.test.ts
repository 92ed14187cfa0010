import { portableCrypto } from "@espalier/runtime/portable";
import { describe, expect, it } from "vitest";
import { campaignPlan } from "../../src/campaign/portfolio.ts";
import { simulatedCrypto } from "../../src/node/crypto.ts";
import { chaosSettings } from "../../src/node/vitest/settings.ts";
import {
  campaign,
  parseReplayFile,
  printReplayFile,
  property,
  replay,
  replayFileOf,
  type RunResult,
  scenario,
  type Scenario,
  simulate,
} from "../../src/index.ts";

/** Nodes that say what their cryptography makes of nothing. One fault is enough to fail. */
const digesting: Scenario<true> = scenario<true>("digesting", {
  nodes: { a: {} },
  boot(place) {
    place.tell(place.host.crypto.sha256(new Uint8Array(0)).join());
    return true;
  },
  faults: () => [
    { atMs: 100, type: "pause", node: "a", lastsMs: 10 },
    { atMs: 200, type: "crash", node: "a", lastsMs: 10 },
  ],
  eventually: [property("unhurt", ({ nodes }) => (nodes[0]?.life === 1 ? null : "a was started again"))],
  budget: { virtualMs: 1_000, settleMs: 100 },
});

describe("the cryptography of runs", { timeout: 60_000 }, () => {
  it("is the plain one in nine of ten simulated runs of a campaign, and in none of real processes", async () => {
    const seen: (string | undefined)[] = [];
    const onResult = ({ plan }: RunResult): void => void seen.push(plan.crypto);
    await campaign(digesting, { seeds: 11, failuresMax: 20, shrink: false, onResult });
    expect(seen).toEqual([undefined, ...Array.from({ length: 9 }, () => "plain"), undefined]);
    expect(campaignPlan(digesting, 2, { world: "process" })).not.toHaveProperty("crypto");
    // Or what somebody chose for all of them.
    expect(campaignPlan(digesting, 2, { crypto: "real" })).not.toHaveProperty("crypto");
    expect(campaignPlan(digesting, 1, { crypto: "plain" })).toMatchObject({ crypto: "plain" });
    expect(campaignPlan(digesting, 2, { crypto: portableCrypto })).toMatchObject({ crypto: portableCrypto });
  });

  it("makes another run of a seed if it is another one, but not if only other code computes it", async () => {
    const hash = async (crypto: NonNullable<Parameters<typeof simulate>[1]["crypto"]>): Promise<string> =>
      (await simulate(digesting, { seed: 1, crypto })).traceHash;
    expect(await hash(portableCrypto)).toBe(await hash(simulatedCrypto));
    expect(await hash("plain")).not.toBe(await hash(simulatedCrypto));
  });

  it.each(["plain", "real"] as const)(
    "is kept when a %s run is made smaller, written, and made again",
    async (crypto) => {
      const { failures, shrunk } = await campaign(digesting, { seeds: [7], crypto });
      const [failed] = failures as readonly [RunResult];
      expect(failed.failure?.text.includes('crypto: "plain"')).toBe(crypto === "plain");
      expect(shrunk?.plan.faults).toHaveLength(1);
      for (const run of [failed, shrunk as RunResult]) {
        expect(run.plan.crypto).toBe(crypto === "plain" ? "plain" : undefined);
        const file = parseReplayFile(
          printReplayFile(await replayFileOf(digesting, run, { module: null, node: "24.0.0" })),
        );
        const replayed = await replay(digesting, file, { crypto: simulatedCrypto });
        expect(replayed).toMatchObject({ departure: null, failsAlike: true, result: { traceHash: run.traceHash } });
      }
    },
  );

  it("can be chosen from outside for tests", () => {
    expect(chaosSettings({}).crypto).toBe(null);
    expect(chaosSettings({ CHAOS_CRYPTO: "plain" }).crypto).toBe("plain");
    expect(() => chaosSettings({ CHAOS_CRYPTO: "none" })).toThrow('CHAOS_CRYPTO: expected real or plain, got "none"');
  });
});
