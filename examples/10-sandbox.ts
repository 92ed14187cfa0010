/**
 * A machine that lets anyone in, and trusts nobody: what strangers send runs in a sandbox of their own, a process of the operating system with
 * limits. Run it with `node examples/10-sandbox.ts`.
 */
import { type Logger, Node, type NodeRef, Process, Remote, remote, type Self } from "espalier";

/** Counts words where the texts are, and brings the number back. */
const count = remote({}, function* count(there: NodeRef, home: NodeRef, text: string) {
  yield* Remote.transfer(there);
  const words = text.split(/\s+/).length;
  yield* Process.sleep("1ms");
  yield* Remote.transfer(home);
  return words;
});

/** Reaches for what it is not given. */
const curious = remote({}, function* curious(there: NodeRef, home: NodeRef) {
  yield* Remote.transfer(there);
  let found;
  try {
    found = String((() => 0).constructor("return typeof process")());
  } catch {
    found = "nothing";
  }
  yield* Remote.transfer(home);
  return found;
});

/** Takes more than its share. */
const greedy = remote({}, function* greedy(_self: Self, there: NodeRef) {
  yield* Remote.transfer(there);
  for (;;);
});

const silent: Logger = { report: () => {} };

export async function main(print: (line: string) => void = console.log): Promise<void> {
  await using stranger = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", trust: [], logger: silent });
  const home = stranger.ref;

  await using wary = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", logger: silent });
  try {
    await stranger.run(count(wary.ref, home, "to be or not to be"));
  } catch (error) {
    print(`without a sandbox: ${/name the peer in .*$/.exec((error as Error).message)?.[0]}`);
  }

  await using open = await Node.start({
    listen: "ws://127.0.0.1:0",
    allow: "anyone",
    sandbox: { isolation: "process", memory: "64MB", cpu: "500ms" },
    logger: silent,
  });
  print(`words: ${await stranger.run(count(open.ref, home, "to be or not to be"))}`);
  print(`found: ${await stranger.run(curious(open.ref, home))}`);
  try {
    await stranger.run(greedy, open.ref);
  } catch (error) {
    print(`stopped: ${/one step .*$/.exec((error as Error).message)?.[0]}`);
  }
  print(`words: ${await stranger.run(count(open.ref, home, "that is the question"))}`);
}

if (import.meta.main) await main();
