import { hashOf, remote } from "@espalier/code";
import { type FrameState, Process } from "@espalier/runtime";
import { expect, it } from "vitest";
import { SandboxFrame } from "../src/sandbox-frame.ts";
import { Place } from "./threadless.ts";

const known = remote(function* (amount: number) {
  yield* Process.sleep(amount);
  return amount;
});

it("goes on in the sandbox with a frame that a stranger says something of, though the code is known and trusted", async () => {
  const place = await Place.start();
  place.stranger(known);
  const state = place.code
    .definition(hashOf(known))
    .enter(0, [], [1])
    .capture?.(() => undefined) as FrameState;
  expect(place.code.restore(state)).toBeInstanceOf(SandboxFrame);
  place.code.vouch([hashOf(known)]);
  expect(place.code.restore(state)).not.toBeInstanceOf(SandboxFrame);
  expect(place.code.restore(state, "stranger")).toBeInstanceOf(SandboxFrame);
});
