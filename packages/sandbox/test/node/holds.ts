import { fn, remote } from "@espalier/code";
import { Process, type Remote } from "@espalier/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Launch, type Limits, SandboxError } from "../../src/index.ts";
import { escapes, harmless, trying } from "./escapes.ts";
import { bombs, type Hog, stopped } from "./hogs.ts";
import { oddValues } from "./odd-values.ts";
import { RealPlace } from "./place.ts";

/** What holds of every kind of sandbox. */
export function holds(kind: string, launch: (limits: Limits) => Launch, hogs: Readonly<Record<string, Hog>>): void {
  describe(`in a ${kind}`, () => {
    let place: RealPlace;
    beforeAll(async () => {
      place = await RealPlace.start(launch, { memory: "32MB", buffers: "4MB", cpu: "5s", share: 1 });
    }, 60_000);
    afterAll(() => place.node.stop());

    function run(computation: () => unknown): Promise<unknown> {
      return place.run(place.stranger(computation)() as Remote<unknown>);
    }

    it("computes", async () => {
      const double = fn((n: number) => n * 2);
      const counting = remote({ double }, function* () {
        let sum = 0;
        for (let n = 1; n <= 4; n++) {
          yield* Process.sleep(1);
          sum += double(n);
        }
        return sum;
      });
      expect(await run(counting)).toBe(20);
    }, 60_000);

    it.each(Object.entries(escapes))(
      "gives no code %s",
      async (_name, escape) => {
        expect(await run(trying(escape))).toMatch(harmless);
      },
      60_000,
    );

    it.each(Object.entries(hogs))(
      "stops %s",
      async (_name, hog) => {
        const error = await stopped(launch, hog);
        expect(error).toBeInstanceOf(SandboxError);
        expect((error as SandboxError).limit).toBe(hog.limit);
      },
      60_000,
    );

    it.each(Object.entries(oddValues))(
      "gives the node nothing to call by %s",
      async (_name, { gets, computation }) => {
        if ("error" in gets) await expect(run(computation)).rejects.toThrow(gets.error);
        else expect(await run(computation)).toEqual(gets.value);
      },
      60_000,
    );

    it.each(Object.entries(bombs))(
      "refuses %s",
      async (_name, { message, computation }) => {
        await expect(run(computation)).rejects.toThrow(message);
      },
      60_000,
    );

    it("leaves nothing changed in the node", () => {
      expect("stolen" in {}).toBe(false);
      expect("stolen" in []).toBe(false);
    });
  });
}
