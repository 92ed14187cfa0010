import { expect, test } from "vitest";
import { fuzzDevTools } from "./fuzz.ts";

test("requests to dev tools that are nearly right are answered or refused, and break nothing", async () => {
  expect(await fuzzDevTools({ seed: 1, count: 300 })).toBeNull();
});
