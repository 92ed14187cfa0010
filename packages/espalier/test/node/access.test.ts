import { type Logger, Node, type NodeRef, Nodes, Process, Remote, remote, type Self } from "espalier";
import { afterAll, beforeAll, expect, it } from "vitest";

const silent: Logger = { report: () => {} };

const staying = remote({}, function* (_self: Self<never>, there: NodeRef) {
  yield* Remote.transfer(there);
  for (;;) yield* Process.sleep(5);
});

let guard: Node;
let guest: Node;
beforeAll(async () => {
  guest = await Node.start({ listen: "ws://127.0.0.1:0", allow: "anyone", logger: silent });
  guard = await Node.start({ listen: "ws://127.0.0.1:0", logger: silent });
});
afterAll(() => Promise.all([guard.stop(), guest.stop()]));

it("lets a node in while it runs, and revokes it: over real sockets, and no step is taken after that", async () => {
  let steps = 0;
  let begun = (): void => {};
  const running = new Promise<void>((resolve) => (begun = resolve));
  guard.events.subscribe((event) => {
    if (event.type !== "guest.acting") return;
    steps += 1;
    begun();
  });
  expect(await guest.run(Nodes.connect(guard.ref))).toBe(false);
  guard.access.allow(guest.ref);
  guest.run(staying as never, guard.ref).catch(() => {});
  await running;
  expect(await guard.access.revoke(guest.ref)).toEqual({ node: guest.ref.id, sessions: 1, computations: 1 });
  const before = steps;
  expect(guard.inspect().peers).toEqual([]);
  expect(await guest.run(Nodes.connect(guard.ref))).toBe(false);
  expect(steps).toBe(before);
});
