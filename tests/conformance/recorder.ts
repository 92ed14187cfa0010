import assert from "node:assert/strict";
import { CallError, Process, Server, type Cause, type LocalGenerator, type Pid, type Self } from "espalier";

export type Log = unknown[];

export const shutdown: Cause = { type: "shutdown" };

/** Writes down what it handles, and shows the handlers' results. */
export const Recorder = Server.define({
  label: "recorder",
  init: (log: Log) => ({ log, count: 0 }),
  call: {
    add: (state, by: number) => (state.count += by),
    *slowly(state, value: string, ms: number) {
      state.log.push(`began ${value}`);
      yield* Process.sleep(ms);
      state.log.push(`ended ${value}`);
      return value;
    },
    never: () => Server.noReply(),
    crash: (): number => {
      throw new RangeError("broken");
    },
    stop: (_, cause: Cause) => Server.stop(cause),
    stopWith: (_, cause: Cause, reply: string) => Server.stop(cause, reply),
    replace: ({ log }, count: number) => Server.reply("replaced", { state: { log, count } }),
    // What means nothing in this handler.
    initialised: () => Server.initialised(1, {}) as unknown,
    ignore: () => Server.ignore() as unknown,
    badTimeout: ({ log }) => Server.reply("x", { state: { log, count: 99 }, timeout: "soon" as never }),
    throwAfterReplacing: ({ log }) => {
      void { log, count: 99 };
      throw new RangeError("after");
    },
  },
  cast: {
    put: (state, count: number) => void (state.count = count),
    note: (state, what: unknown) => void state.log.push(what),
    replace: ({ log }, count: number) => Server.noReply({ state: { log, count } }),
    stop: (_, cause: Cause) => Server.stop(cause),
    reply: () => Server.reply("to whom?"),
    defer: () => Server.defer(() => undefined),
    stopWith: () => Server.stop(shutdown, "to whom?"),
    wait: (_, timeout: number) => Server.noReply({ timeout }),
    continue: (_, argument: unknown) => Server.continue(argument),
  },
  info(state, message) {
    state.log.push(message);
    if (message === "broken") throw new TypeError("undefined is not a function");
    return message === "wait" ? Server.noReply({ timeout: 20 }) : undefined;
  },
  continue(state, argument: unknown) {
    state.log.push(["continue", argument]);
    return argument === "one" ? Server.continue("two") : undefined;
  },
  terminate: (state, cause) => void state.log.push(["terminate", cause.type, state.count]),
});

export type RecorderRef = Server.RefOf<typeof Recorder>;

/** Those whose results mean nothing. */
export const calls = {
  initialised: ({ call }: RecorderRef) => call.initialised(),
  ignore: ({ call }: RecorderRef) => call.ignore(),
  badTimeout: ({ call }: RecorderRef) => call.badTimeout(),
};
export const casts = {
  reply: ({ cast }: RecorderRef) => cast.reply(),
  defer: ({ cast }: RecorderRef) => cast.defer(),
  stopWith: ({ cast }: RecorderRef) => cast.stopWith(),
};

/** Traps exits. */
export const Trapping = Server.define({
  label: "trapping",
  *init(log: Log): LocalGenerator<Log> {
    yield* Process.trapExit(true);
    return log;
  },
  info: (log, message) => void log.push(isExit(message) ? ["info", message.cause] : message),
  terminate: (log, cause) => void log.push(["terminate", cause]),
});

function isExit(message: unknown): message is Process.Exit {
  return (message as Partial<Process.Exit> | null)?.type === "EXIT";
}

/** Why a call failed. */
export function* reasonOf(call: Iterable<any>): Generator<any, Cause, any> {
  try {
    yield* call as Generator<any, unknown, any>;
  } catch (error) {
    assert(error instanceof CallError, String(error));
    return error.reason;
  }
  return assert.fail("expected the call to fail");
}

/** The cause with which a process ends, when this does something to it. */
export function* endOf(self: Self<any>, pid: Pid, what?: Iterable<any>): Generator<any, Cause, any> {
  const ref = yield* Process.monitor(pid);
  if (what !== undefined) yield* what as Generator<any, unknown, any>;
  const down = yield* self.receive({ match: (message) => (message as Process.Down).ref === ref });
  return (down as Process.Down).cause;
}

export function* nothingComes(self: Self<any>, ms: number) {
  assert.equal(yield* self.receive({ within: ms, otherwise: "nothing" }), "nothing");
}
