import assert from "node:assert/strict";
import { Process, remote, Supervisor, type NodeRef, type Pid, type Self } from "espalier";
import { boom, patient, settle, shape } from "../children.ts";
import { section, type Section } from "../rule.ts";

/** Says who it is, and waits. */
const clerk = remote({}, function* clerk(self: Self<any>, to: Pid<any>) {
  yield* Process.send(to, { clerk: self.pid });
  for (;;) yield* self.receive();
});

function employ(self: Self<any>, on: NodeRef) {
  const worker = Supervisor.worker("clerk", clerk, [self.pid], { on });
  return Supervisor.start(Supervisor.define({ intensity: patient, children: [worker] }));
}

/** A child that is supervised from here and runs there. */
export const remoteChildren: Section = section(import.meta.url, (rule) => {
  rule(
    "R-920, R-960",
    "a child on another node is restarted there, and stopped with its supervisor",
    { nodes: ["b"] },
    function* there(self, stage) {
      const supervisor = yield* employ(self, stage.ref("b"));
      const first = (yield* self.receive()).clerk;
      yield* Process.exit(first, boom);
      const second = (yield* self.receive()).clerk;
      assert.ok(!first.equals(second));
      const [child] = yield* Supervisor.whichChildren(supervisor);
      assert.ok(second.equals(child?.child));
      const ref = yield* Process.monitor(second);
      yield* Supervisor.stop(supervisor);
      const down = yield* self.receive();
      assert.deepEqual([down.ref, down.cause], [ref, { type: "shutdown" }]);
    },
  );

  rule(
    "R-950",
    "a child of a node that crashed is started again in that node's next life, once",
    {
      nodes: ["b"],
      faults: [{ type: "crash", node: "b", atMs: 0, after: { mark: "employed" }, lastsMs: 300, wipe: false }],
    },
    function* next(self, stage) {
      const supervisor = yield* employ(self, stage.ref("b"));
      const first = (yield* self.receive()).clerk;
      stage.mark("employed");
      // The lease of these nodes is a minute: it does not wait for that.
      const second = (yield* self.receive({ within: "30s" })).clerk;
      assert.ok(!first.equals(second));
      yield* settle();
      assert.equal(yield* shape(supervisor), "clerk:pid");
      assert.equal(yield* self.receive({ within: 200, otherwise: null }), null);
    },
  );

  rule(
    "R-950",
    "a connection that is cut for a while proves nothing: the child goes on",
    {
      nodes: ["b"],
      faults: [
        {
          type: "partition",
          links: [
            ["a", "b"],
            ["b", "a"],
          ],
          atMs: 0,
          after: { mark: "employed" },
          lastsMs: 300,
        },
      ],
    },
    function* cut(self, stage) {
      const supervisor = yield* employ(self, stage.ref("b"));
      const { clerk: first } = yield* self.receive();
      stage.mark("employed");
      for (let count = 0; count < 20; count += 1) {
        yield* Process.send(first, "still there");
        assert.equal(yield* self.receive({ within: 100, otherwise: null }), null);
      }
      const [child] = yield* Supervisor.whichChildren(supervisor);
      assert.ok(first.equals(child?.child));
    },
  );
});

export const { scenarios }: Section = remoteChildren;
