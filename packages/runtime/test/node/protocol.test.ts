import { readFileSync } from "node:fs";
import { messageTypes } from "@espalier/runtime";
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

it("says of every message who sends it to whom, what that does, and what answers it", () => {
  const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|(.*)\|$/gm)];
  for (const [, type = "", row = ""] of rows) {
    const [, way = "", effect = "", answers = ""] = row.split(" | ").map((cell) => cell.trim());
    expect([type, way]).toEqual([type, expect.stringMatching(/^[a-z ,]+( → [a-z ,]+)+$/)]);
    expect([type, effect]).not.toEqual([type, ""]);
    const named = [...answers.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, answer]) => answer);
    if (named.length === 0) expect([type, answers]).toEqual([type, "—"]);
    expect(messageTypes).toEqual(expect.arrayContaining(named));
  }
  expect(new Set(rows.map(([, type]) => type))).toEqual(new Set(messageTypes));
});
