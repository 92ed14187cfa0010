import { fn, Node, NodeRef, Process, Remote, remote, type ProcessView } from "espalier";

// Run by trace.test.ts in a process of its own, without any tool between the file and the engine. Its line numbers matter.
const check = fn(function check(x: number): void {
  if (x > 1) throw new RangeError(`${x} is too much`);
});

const deep = remote({ check }, function* deep(to: NodeRef) {
  yield* Remote.transfer(to);
  check(2);
});

const middle = remote({ deep }, function* middle(to: NodeRef, back: NodeRef) {
  yield* Remote.transfer(back);
  const nothing = yield* deep(to);
  return nothing;
});

const top = remote({ middle }, function* top(to: NodeRef, back: NodeRef) {
  yield* Remote.transfer(to);
  yield* middle(to, back);
});

const caught = remote({ check }, function* caught(to: NodeRef) {
  yield* Remote.transfer(to);
  const inner = function* () {
    yield* Remote.here();
    check(3);
  };
  const { type, cause } = (yield* Remote.attempt(inner())) as { type: string; cause: { error: { stack: string } } };
  yield* Remote.transfer(to);
  return type + cause.error.stack;
});

const often = remote({}, function* often(to: NodeRef, back: NodeRef) {
  for (let i = 0; i < 11; i++) {
    yield* Remote.transfer(i % 2 === 0 ? to : back);
  }
  yield* Process.sleep("infinity");
});

const gone = remote({}, function* gone(to: NodeRef, nowhere: NodeRef) {
  yield* Remote.transfer(to);
  yield* Remote.transfer(nowhere);
});

const still = remote({ check }, function* still() {
  check(4);
  yield* Remote.here();
});

async function stackOf(run: () => Promise<unknown>): Promise<string> {
  try {
    return String(await run());
  } catch (error) {
    return (error as Error).stack ?? "";
  }
}

function hopsOf({ processes }: { readonly processes: readonly ProcessView[] }): ProcessView["hops"] | undefined {
  return processes.find(({ label }) => label === "often")?.hops;
}

const a = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone" });
const b = await Node.start({ listen: "ws://127.0.0.1:0", allow: [a.ref.id], logger: { report: () => {} } });
const nowhere = NodeRef.parse(`ws://127.0.0.1:9/#${"A".repeat(43)}`);

const stacks = {
  nested: await stackOf(() => a.run(top(b.ref, a.ref))),
  caught: await stackOf(() => a.run(caught(b.ref))),
  gone: await stackOf(() => a.run(gone(b.ref, nowhere))),
  still: await stackOf(() => a.run(still())),
};
void a.run(often(b.ref, a.ref)).catch(() => {});
while (hopsOf(b.inspect())?.count !== 11) await new Promise((resolve) => setTimeout(resolve, 5));
const views = { here: hopsOf(a.inspect()), there: hopsOf(b.inspect()) };
console.log(JSON.stringify({ a: a.ref.id.slice(0, 8), b: b.ref.id.slice(0, 8), stacks, views }));
await Promise.all([a.stop({ within: "0ms" }), b.stop({ within: "0ms" })]);
