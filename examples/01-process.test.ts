import { expect, it } from "vitest";
import { main } from "./01-process.ts";
import { linesOf } from "./lines.ts";

it("greets, receives selectively, is told why another ended, and does not wait for ever", async () => {
  expect(await linesOf(main)).toEqual([
    "Hello, Ada!",
    "received 200, 1, 2, 300",
    "the greeter ended: Error: nobody to greet",
    "nobody spoke",
  ]);
});
