import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { connectionMachine } from "../../src/connection/connection.machine.ts";
import { sessionMachine } from "../../src/session/session.machine.ts";
import { statesOf } from "../fixtures/states.ts";
import { kind } from "../../src/codec/kinds.ts";

const page = readFileSync(new URL("../../../../docs/protocol.md", import.meta.url), "utf8");

it("has the kinds that the page on the protocol states", () => {
  const stated = [...page.matchAll(/^\| (\d{1,2}) \|.*\|.*\|$/gm)].map(([, number]) => Number(number));
  expect(stated).toEqual(Object.values(kind));
});

it("has the states that the page on the protocol states", () => {
  expect(page).toContain(`| --- | --- | --- |\n${statesOf(sessionMachine)}\n\n`);
  expect(page).toContain(`| --- | --- | --- |\n${statesOf(connectionMachine)}\n\n`);
});
