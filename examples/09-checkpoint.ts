/**
 * A computation that outlives its process: it goes on at its last checkpoint when the node is started again with the same directory. Here the node
 * is stopped in the middle; `kill -9` would do as well.
 *
 *     node examples/09-checkpoint.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Node, Process, Remote, remote, type Self } from "espalier";

const pages = 5;

export const report = remote({}, function* report(last: number) {
  const words: string[] = [];
  for (let page = 1; page <= last; page += 1) {
    words.push(`page ${page}`);
    // Goes on when everything that is alive here is on the disk.
    const { epoch, resumed } = yield* Remote.checkpoint();
    // After a crash this is done again: whoever must not hear it twice can tell by the epoch.
    yield* Process.send("printer", `page ${page}, epoch ${epoch}${resumed ? ", resumed" : ""}`);
    yield* Process.sleep(100);
  }
  yield* Process.send("printer", words.join(", "));
});

/** Prints what it is told until `isLast` says that it was the last of it. */
function* printer(self: Self<string>, print: (line: string) => void, isLast: (line: string) => boolean) {
  yield* Process.register("printer");
  for (;;) {
    const line = yield* self.receive();
    print(line);
    if (isLast(line)) return;
  }
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), "espalier-"));
  {
    await using node = await Node.start({ data });
    const printing = node.run(printer, print, (line) => line.startsWith("page 3"));
    await node.run(Process.spawn(report(pages)));
    await printing;
  }
  print("the node is stopped");
  {
    await using node = await Node.start({ data });
    await node.run(printer, print, (line) => line.startsWith(`page 1, page 2`));
  }
  await rm(data, { recursive: true });
}

if (import.meta.main) await main();
