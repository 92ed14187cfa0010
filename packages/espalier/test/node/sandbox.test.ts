import { hashOf, type Logger, Node, type NodeRef, Remote, remote } from "espalier";
import { afterAll, beforeAll, expect, it } from "vitest";

const silent: Logger = { report: () => {} };

const ask = remote.private("ask", function* (n: number) {
  return n * 2;
});

const asking = remote({ ask }, function* (there: NodeRef, home: NodeRef) {
  yield* Remote.transfer(there);
  const answer: number = yield* ask(21);
  yield* Remote.transfer(home);
  return answer;
});

let stranger: Node;
let open: Node;
beforeAll(async () => {
  stranger = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", trust: [], logger: silent });
  // Private functions belong to the node of a program that is there when they are first named.
  hashOf(asking);
  open = await Node.start({
    listen: "ws://127.0.0.1:0",
    allow: "anyone",
    sandbox: { isolation: "worker" },
    logger: silent,
  });
});
afterAll(() => Promise.all([stranger.stop(), open.stop()]));

it("a sandboxed computation calls private functions of its home", async () => {
  expect(await stranger.run(asking(open.ref, stranger.ref))).toBe(42);
}, 30_000);

it("refuses an isolation that is none", async () => {
  await expect(Node.start({ sandbox: { isolation: "vm" as never } })).rejects.toThrow(/sandbox\.isolation/);
});
