import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { kind } from "../../src/codec/kinds.ts";
import { limits } from "@espalier/runtime";

const page = readFileSync(new URL("../../../../docs/protocol.md", import.meta.url), "utf8");

it("has the limits that the page on the protocol states", () => {
  const stated = Object.fromEntries(
    [...page.matchAll(/^\| `(\w+)` \| ([\d,]+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value?.replaceAll(",", "")),
    ]),
  );
  expect(stated).toEqual(limits);
});

it("has the kinds that the page on the protocol states", () => {
  const stated = [...page.matchAll(/^\| (\d{1,2}) \|.*\|.*\|$/gm)].map(([, number]) => Number(number));
  expect(stated).toEqual(Object.values(kind));
});
