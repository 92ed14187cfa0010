import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { kind } from "../../src/codec/kinds.ts";

const page = readFileSync(new URL("../../../../docs/protocol.md", import.meta.url), "utf8");

it("has the kinds that the page on the protocol states", () => {
  const stated = [...page.matchAll(/^\| (\d{1,2}) \|.*\|.*\|$/gm)].map(([, number]) => Number(number));
  expect(stated).toEqual(Object.values(kind));
});
