import assert from "node:assert/strict";
import { CallError, Process, Statechart, Supervisor, Sys, type LocalGenerator, type StatechartRef } from "espalier";
import { assign, raise, setup, type AnyStateMachine } from "xstate";
import { section, type Section } from "../rule.ts";
import { keeping, noting, plain, recording, sendAll, settled } from "../statechart-machines.ts";

export const statecharts: Section = section(import.meta.url, (rule) => {
  rule(
    "R-801, R-802",
    "after a change of state come what was raised, what was postponed with the oldest first, timeouts of no time, and then what waits",
    { everyOrder: true },
    function* order() {
      const { lines, note } = recording();
      const put = { actions: Statechart.postpone() };
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "first",
          states: {
            first: {
              on: {
                p1: put,
                p2: put,
                go: {
                  target: "second",
                  actions: [
                    Statechart.timeout("t", 0, { type: "t" }),
                    raise({ type: "i1" }),
                    note("go"),
                    raise({ type: "i2" }),
                  ],
                },
              },
            },
            second: { entry: note("enter"), on: { "*": noting(lines) } },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "p1", "p2", "go", "x");
      yield* settled();
      assert.deepEqual(lines, ["go", "enter", "i1", "i2", "p1", "p2", "t", "x"]);
    },
  );

  rule(
    "R-801",
    "events that are inserted come first, in their order, and those of the first before the second",
    function* next() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: {
              on: {
                p: { actions: Statechart.postpone() },
                go: {
                  target: "b",
                  actions: [
                    Statechart.nextEvent({ type: "n1" }),
                    Statechart.nextEvent({ type: "n2" }),
                    raise({ type: "r" }),
                  ],
                },
              },
            },
            b: {
              on: {
                n1: { actions: [() => void lines.push("n1"), Statechart.nextEvent({ type: "n3" })] },
                n3: {
                  target: "b",
                  reenter: true,
                  actions: [() => void lines.push("n3"), Statechart.nextEvent({ type: "n4" })],
                },
                "*": noting(lines),
              },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "p", "go", "x");
      yield* settled();
      assert.deepEqual(lines, ["r", "n1", "n3", "n4", "n2", "p", "x"]);
    },
  );

  rule("R-801", "a reply is sent at once, in the order of the actions", function* replies() {
    const Chart = Statechart.define(
      plain.createMachine({
        initial: "open",
        states: {
          open: { on: { ask: { target: "busy", actions: Statechart.reply("now") } } },
          busy: {
            entry: function* () {
              yield* Process.sleep(100);
            },
          },
        },
      }),
    );
    const chart = yield* Statechart.start(Chart);
    const before = yield* Process.now();
    assert.equal(yield* chart.call({ type: "ask" }), "now");
    assert.ok((yield* Process.now()) - before < 100);
  });

  rule(
    "R-801, R-802",
    "an event is postponed and taken again in one step when the same transition changes the state",
    function* at() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: { on: { e: { target: "b", actions: Statechart.postpone() } } },
            b: { on: { "*": noting(lines) } },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "e", "f");
      yield* settled();
      assert.deepEqual(lines, ["e", "f"]);
    },
  );

  rule(
    "R-802",
    "a change of the context alone retries nothing and cancels no state timeout; re-entering does both",
    function* change() {
      const { lines, note } = recording();
      const Chart = Statechart.define(
        keeping.createMachine({
          context: { kept: null, n: 0 },
          initial: "a",
          states: {
            a: {
              entry: note("enter"),
              after: { 50: { actions: note("after") } },
              on: {
                later: { actions: [note("later"), Statechart.postpone()] },
                data: { actions: [assign({ n: ({ context }) => context.n + 1 }), note("data")] },
                same: { target: "a", actions: note("same") },
                again: { target: "a", reenter: true, actions: note("again") },
              },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "later", "data", "same");
      yield* Process.sleep(40);
      yield* sendAll(chart, "again");
      yield* Process.sleep(40);
      assert.deepEqual(lines, ["enter", "later", "data", "same", "again", "enter", "later"]);
      yield* Process.sleep(20);
      assert.equal(lines.at(-1), "after");
    },
  );

  rule(
    "R-802",
    "what is postponed by an event that was raised after the change of state waits for the next one",
    function* raised() {
      const { lines, note } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: { on: { go: { target: "b", actions: raise({ type: "r" }) } } },
            b: { on: { r: { actions: [note("b"), Statechart.postpone()] }, go: "c" } },
            c: { on: { r: { actions: note("c") } } },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      yield* sendAll(chart, "go");
      yield* settled();
      assert.deepEqual(lines, ["b"]);
      yield* sendAll(chart, "go");
      yield* settled();
      assert.deepEqual(lines, ["b", "c"]);
    },
  );

  rule(
    "R-807",
    "the machine may raise any event, also one that a caller waits for; nobody else may send what is its own",
    function* kinds() {
      const { lines } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          on: { secret: { actions: [() => void lines.push("secret"), Statechart.reply("done")] }, tick: noting(lines) },
          states: {
            a: {
              after: { 60_000: { actions: () => void lines.push("after") } },
              on: {
                ask: { actions: raise(({ event }) => ({ ...event, type: "secret" })) },
                next: { actions: Statechart.nextEvent(({ event }) => ({ ...event, type: "secret" })) },
              },
            },
          },
        }),
        { internal: ["secret"] },
      );
      const chart = yield* Statechart.start(Chart);
      assert.equal(yield* chart.call({ type: "ask" }), "done");
      assert.equal(yield* chart.call({ type: "next" }), "done");
      for (const type of ["secret", "xstate.after.60000.(machine).a"]) {
        yield* chart.send({ type });
        const refused = yield* failureOf(chart.call({ type }));
        assert.equal(refused.reason.type === "error" && refused.reason.error.code, "INVALID_MESSAGE");
      }
      assert.deepEqual(lines, ["secret", "secret"]);
      // Plain messages are events too.
      yield* Process.send(chart.pid as never, { type: "tick" } as never);
      yield* settled();
      assert.deepEqual(lines, ["secret", "secret", "tick"]);
    },
  );

  rule(
    "R-808",
    "entry actions run for the first state and for each state that is entered, and come before what was raised",
    function* enter() {
      const { lines, note } = recording();
      const Chart = Statechart.define(
        plain.createMachine({
          initial: "a",
          states: {
            a: {
              entry: note("+a"),
              exit: note("-a"),
              on: { go: { target: "b", actions: [raise({ type: "r" }), note("go")] } },
            },
            b: {
              entry: note("+b"),
              on: { r: { actions: note("r") }, same: { target: "b", reenter: true }, none: "b" },
            },
          },
        }),
      );
      const chart = yield* Statechart.start(Chart);
      assert.deepEqual(lines, ["+a"]);
      yield* sendAll(chart, "go", "same", "none");
      yield* settled();
      assert.deepEqual(lines, ["+a", "-a", "go", "+b", "r", "+b"]);
    },
  );

  rule("R-809", "of several options of a kind the last one counts", function* last() {
    const { lines } = recording();
    const Chart = Statechart.define(
      plain.createMachine({
        initial: "a",
        states: {
          a: {
            on: {
              p: { actions: [Statechart.postpone(), Statechart.postpone(false)] },
              q: { actions: [Statechart.postpone(false), Statechart.postpone()] },
              go: {
                target: "b",
                actions: [
                  Statechart.timeout("t", 0, { type: "first" }),
                  Statechart.timeout("t", 5, { type: "second" }),
                  Statechart.stateTimeout(0, { type: "third" }),
                  Statechart.stateTimeout("infinity", { type: "fourth" }),
                ],
              },
            },
          },
          b: { on: { "*": noting(lines) } },
        },
      }),
    );
    const chart = yield* Statechart.start(Chart);
    yield* sendAll(chart, "p", "q", "go");
    yield* settled(10);
    assert.deepEqual(lines, ["q", "second"]);
  });

  rule(
    "R-810",
    "stopping with replies: they are sent, then terminate is called, then it ends, and whoever waits sees the cause",
    function* stopping(self) {
      const { lines } = recording();
      const cause = { type: "exit", reason: "enough" } as const;
      const Chart = Statechart.define(
        keeping.createMachine({
          context: { kept: null, n: 0 },
          on: {
            keep: { actions: assign({ kept: ({ event }) => event.from ?? null }) },
            never: { actions: Statechart.postpone() },
            stop: {
              actions: [
                Statechart.reply("stopped"),
                ({ context }) => context.kept?.reply("kept"),
                Statechart.stop(cause),
              ],
            },
          },
        }),
        {
          *terminate(_snapshot, why) {
            yield* Process.sleep(50);
            lines.push(`terminate ${why.type}`);
          },
        },
      );
      const chart = yield* Statechart.start(Chart);
      yield* Process.monitor(chart.pid);
      const results: unknown[] = [];
      const ask = function* (type: string): LocalGenerator<void> {
        try {
          results.push(yield* chart.call({ type }));
        } catch (error) {
          assert.ok(error instanceof CallError);
          results.push(error.reason);
        }
        lines.push(type);
      };
      for (const type of ["keep", "never", "stop", "queued"]) {
        yield* Process.spawn(() => ask(type));
        yield* Process.sleep(1);
      }
      const { cause: ended } = yield* self.receive();
      assert.deepEqual(ended, cause);
      yield* settled();
      assert.deepEqual(new Set(results.slice(0, 2)), new Set(["kept", "stopped"]));
      assert.deepEqual(results.slice(2), [cause, cause]);
      assert.deepEqual(new Set(lines.slice(0, 2)), new Set(["keep", "stop"]));
      assert.deepEqual(lines[2], "terminate exit");
    },
  );

  rule(
    "R-810, R-730",
    "a crash of an action, a guard or an assignment is a crash of the process; terminate sees the state before",
    function* crash(self) {
      const Chart = Statechart.define(
        keeping.createMachine({
          context: { kept: null, n: 0 },
          initial: "a",
          states: {
            a: {
              on: {
                one: { actions: assign({ n: 1 }) },
                action: {
                  target: "b",
                  actions: [assign({ n: 2 }), () => assert.fail("action")],
                },
                operation: {
                  target: "b",
                  *actions() {
                    yield* Process.exit({ type: "exit", reason: "operation" });
                  },
                },
                guard: { target: "b", guard: () => assert.fail("guard") },
                assign: { target: "b", actions: assign(() => assert.fail("assign")) },
              },
            },
            b: {},
          },
        }),
        { terminate: ({ value, context }) => void seen.push([value, context.n]) },
      );
      const seen: unknown[] = [];
      for (const type of ["action", "operation", "guard", "assign"]) {
        const chart = yield* Statechart.start(Chart);
        yield* Process.monitor(chart.pid);
        yield* sendAll(chart, "one", type);
        const { cause } = yield* self.receive();
        const text = cause.type === "error" ? cause.error.message : cause.reason;
        assert.ok(String(text).includes(type), String(text));
        assert.deepEqual(seen.splice(0), [["a", 1]]);
      }
    },
  );

  rule("R-810", "a final state ends the process, normal, after its actions and after terminate", function* final(self) {
    const { lines, note } = recording();
    const Chart = Statechart.define(
      plain.createMachine({
        initial: "a",
        states: { a: { on: { end: "over" } }, over: { type: "final", entry: [note("over"), Statechart.reply("bye")] } },
      }),
      { terminate: (_snapshot, { type }) => void lines.push(type) },
    );
    const chart = yield* Statechart.start(Chart);
    yield* Process.monitor(chart.pid);
    assert.equal(yield* chart.call({ type: "end" }), "bye");
    assert.equal((yield* self.receive()).cause.type, "normal");
    assert.deepEqual(lines, ["over", "normal"]);
  });

  rule("R-811", "what an action cannot ask for ends the process, and the error names it", function* bad(self) {
    const Chart = Statechart.define(
      plain.createMachine({
        on: {
          delay: { actions: raise({ type: "x" }, { delay: -1 }) },
          timeout: { actions: Statechart.timeout("t", "soon" as never, { type: "x" }) },
          event: { actions: Statechart.timeout("t", 1, "event" as never) },
        },
      }),
    );
    for (const type of ["delay", "timeout", "event"]) {
      const chart = yield* Statechart.start(Chart);
      yield* Process.monitor(chart.pid);
      yield* sendAll(chart, type);
      const { cause } = yield* self.receive();
      assert.ok(cause.type === "error" && cause.error.message.includes("timeout"), type);
    }
    const Postponing = Statechart.define(plain.createMachine({ entry: Statechart.postpone() }));
    const failed = yield* Process.start(Postponing.body, []);
    assert.ok(
      failed.type === "failed" && failed.cause.type === "error" && failed.cause.error.message.includes("postpone"),
    );
  });

  rule("R-812", "a reply that comes after the limit of the call is in nobody's mailbox", function* late(self) {
    const Chart = Statechart.define(
      plain.createMachine({
        on: {
          slow: {
            actions: [
              function* () {
                yield* Process.sleep(50);
              },
              Statechart.reply("late"),
            ],
          },
        },
      }),
    );
    const chart = yield* Statechart.start(Chart);
    const failed = yield* failureOf(chart.call({ type: "slow" }, { within: "10ms" }));
    assert.equal(failed.reason.type, "timeout");
    assert.equal(yield* self.receive({ within: "100ms", otherwise: null }), null);
  });

  rule("R-743", "system messages keep their place among events: state, replacement, suspension", function* system() {
    const { lines } = recording();
    const Chart = Statechart.define(
      keeping.createMachine({
        context: { kept: null, n: 0 },
        initial: "a",
        states: {
          a: { on: { go: "b", wait: { actions: Statechart.postpone() } } },
          b: { on: { "*": noting(lines) } },
          c: { on: { "*": noting(lines) } },
        },
      }),
    );
    const chart = yield* Statechart.start(Chart);
    yield* sendAll(chart, "wait", "go");
    assert.deepEqual(yield* Sys.getState(chart), { value: "b", context: { kept: null, n: 0 } });
    yield* Sys.replaceState(chart, (state: object) => ({ ...state, value: "c" }));
    yield* Sys.suspend(chart);
    yield* sendAll(chart, "x");
    yield* settled();
    assert.deepEqual(lines, ["wait"]);
    yield* Sys.resume(chart);
    yield* settled();
    assert.deepEqual(lines, ["wait", "x"]);
    assert.deepEqual(yield* Sys.getState(chart), { value: "c", context: { kept: null, n: 0 } });
  });

  rule("R-601, R-910", "a supervisor starts a statechart, and another one when it has crashed", function* supervised() {
    const lines: string[] = [];
    const Chart = Statechart.define(
      plain.createMachine({
        entry: () => void lines.push("started"),
        on: { crash: { actions: () => assert.fail("crash") }, ask: { actions: Statechart.reply("there") } },
      }),
    );
    const Tree = Supervisor.define({
      children: [
        Supervisor.worker("chart", Chart, [], { name: "supervised-statechart" }),
        Supervisor.worker(
          "next",
          function* next() {
            lines.push("next");
            yield* Process.sleep("infinity");
          },
          [],
        ),
      ],
    });
    yield* Supervisor.start(Tree);
    yield* settled();
    const chart = Statechart.ref(Chart, "supervised-statechart");
    yield* chart.send({ type: "crash" });
    yield* settled(10);
    assert.equal(yield* chart.call({ type: "ask" }), "there");
    assert.deepEqual(lines, ["started", "next", "started"]);
  });

  rule(
    "R-701, R-710",
    "a statechart takes calls and events of other nodes",
    {
      nodes: ["b"],
      *boot() {
        yield* Statechart.start(Remote, undefined, { name: "statechart-of-b" });
      },
    },
    function* remote(_self, stage) {
      const pid = yield* Process.whereisAt(stage.ref("b"), "statechart-of-b");
      assert.ok(pid !== undefined);
      const chart = Statechart.ref(Remote, pid);
      yield* chart.send({ type: "add", by: 2 });
      assert.equal(yield* chart.call({ type: "add", by: 3 }), 5);
      const refused = yield* failureOf(chart.call({ type: "no" } as never));
      assert.equal(refused.reason.type, "error");
    },
  );
});

/** A machine that adds up. */
const Remote = Statechart.define(
  setup({
    types: {
      context: {} as { readonly sum: number },
      events: {} as { type: "add"; by: number; from?: Statechart.From<number> },
    },
  }).createMachine({
    context: { sum: 0 },
    on: {
      add: {
        actions: [
          assign({ sum: ({ context, event }) => context.sum + event.by }),
          Statechart.reply(({ context }) => context.sum),
        ],
      },
    },
  }),
);

/** A call that fails. */
function* failureOf(call: ReturnType<StatechartRef<AnyStateMachine>["call"]>): LocalGenerator<CallError> {
  try {
    yield* call;
  } catch (error) {
    assert.ok(error instanceof CallError);
    return error;
  }
  return assert.fail("expected the call to fail");
}

export const { scenarios }: Section = statecharts;
