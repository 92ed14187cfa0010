import { Node, Server } from "espalier";
import { expect, test } from "vitest";
import { Ledger, type Finding } from "./ledger.ts";

const finding = (incarnation: number, words: readonly string[]): Finding => ({
  file: "a.md",
  incarnation,
  counts: new Map(words.map((word) => [word, 1])),
});

test("a file that two incarnations of its counter have counted is entered once, whichever comes first", async () => {
  const told: unknown[] = [];
  const counted = Promise.withResolvers<unknown>();
  const watcher = {
    began: (file: string, incarnation: number) => void told.push(["began", file, incarnation]),
    progressed: () => {},
    entered: ({ incarnation }: Finding) => void told.push(["entered", incarnation]),
    ignored: ({ incarnation }: Finding, entered: number) => void told.push(["ignored", incarnation, entered]),
    finished: counted.resolve,
  };
  await using node = await Node.start();
  const answers = await node.run(function* () {
    const ledger = yield* Server.start(Ledger, { files: 1, watcher });
    yield* ledger.call.begin("a.md");
    yield* ledger.call.begin("a.md");
    // The second incarnation is done before what the first one found arrives.
    return [
      yield* ledger.call.enter(finding(2, ["fox", "dog"])),
      yield* ledger.call.enter(finding(1, ["fox", "dog"])),
      yield* ledger.call.enter(finding(2, ["fox", "dog"])),
    ];
  });
  expect(answers).toEqual(["entered", "ignored", "ignored"]);
  expect(told).toEqual([
    ["began", "a.md", 1],
    ["began", "a.md", 2],
    ["entered", 2],
    ["ignored", 1, 2],
    ["ignored", 2, 2],
  ]);
  expect(await counted.promise).toEqual(new Map(Object.entries({ fox: 1, dog: 1 })));
});
