import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { main } from "./03-supervision-tree.ts";
import { linesOf } from "./lines.ts";

const opening = ["database: connected to shop.db", "stock: 3 apples", "web: listening on 8080"];

it("starts in order, restarts what depends on a part that failed, stops in reverse", async () => {
  expect(await linesOf(main)).toEqual([
    ...opening,
    "session: welcome, Ada",
    "1 apples left",
    "the order failed",
    "supervisor: stock ended (error): restart",
    "web: closed",
    "stock: 3 apples",
    "web: listening on 8080",
    "4 of 4 children run",
    "2 apples left",
    "web: closed",
    "database: disconnected",
  ]);
});

it("as a program stops on SIGTERM, in reverse order, with exit code 0", async () => {
  const program = fileURLToPath(new URL("03-supervision-tree.ts", import.meta.url));
  const child = spawn(process.execPath, [program], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const code = new Promise((resolve) => child.once("exit", resolve));
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    if (lines.length === opening.length) child.kill("SIGTERM");
  }
  expect(await code).toBe(0);
  expect(lines).toEqual([...opening, "web: closed", "database: disconnected"]);
});
