import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { examples } from "../distribution/example-messages.ts";

const page = readFileSync(new URL("../../../../docs/protocol.md", import.meta.url), "utf8");
const whose = { signal: ["to", "from"], transfer: ["process", "epoch"], home: ["process", "epoch"] } as const;

it("has the messages that the page on the protocol states, with their fields", () => {
  const stated = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \| (.*?) \|/gm)].map(([, type = "", fields = ""]) => [
    type,
    [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field),
  ]);
  const known = examples.map(({ type, ...fields }) => {
    const common: readonly string[] = whose[type.split(".")[0] as keyof typeof whose] ?? [];
    return [type, Object.keys(fields).filter((field) => !common.includes(field))];
  });
  expect(stated).toEqual(known);
});
