import type { LocalGenerator, Moving, Operation } from "@espalier/heartbeat";
import {
  Process,
  Remote,
  Server,
  Sys,
  Task,
  type Body,
  type Node,
  type NodeRef,
  type Pid,
  type Self,
} from "@espalier/runtime";

// Checked by the compiler alone: what must compile does, and what must not is marked.

declare const node: Node;
declare const elsewhere: NodeRef;

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <T extends true>(): T | undefined => undefined;

type Hello = { readonly name: string };

function* greeter(self: Self<Hello>, greeting: string): LocalGenerator<number> {
  const { name } = yield* self.receive();
  return greeting.length + name.length;
}

function* spawning(self: Self<string | number>): LocalGenerator<void> {
  // A pid has the type of its body's messages; a body without `self` receives nothing (settled 19).
  const pid = yield* Process.spawn(greeter, "Hello");
  is<Equal<typeof pid, Pid<Hello>>>();
  const silent = yield* Process.spawn(function* () {});
  is<Equal<typeof silent, Pid<never>>>();
  yield* Process.send(pid, { name: "Ada" });
  // @ts-expect-error a message of another type
  yield* Process.send(pid, "Ada");
  // @ts-expect-error a process that receives nothing
  yield* Process.send(silent, "Ada");
  // @ts-expect-error the parameters are checked
  yield* Process.spawn(greeter, 5);
  // @ts-expect-error and none is missing
  yield* Process.spawn(greeter);

  // Any pid can be linked and monitored; a pid that accepts more can stand for one that accepts less.
  yield* Process.link(pid);
  const narrow: Pid<string> = self.pid;
  yield* Process.send(narrow, "a");
  // @ts-expect-error but not the other way round
  const wide: Pid<string | number | boolean> = self.pid;
  void wide;

  const any = yield* self.receive();
  is<Equal<typeof any, string | number>>();
  const text = yield* self.receive({ match: (message): message is string => typeof message === "string" });
  is<Equal<typeof text, string>>();
  const limited = yield* self.receive({ within: "1s", otherwise: null });
  is<Equal<typeof limited, string | number | null>>();
  // @ts-expect-error a duration has a unit
  yield* self.receive({ within: "10 seconds" });

  // EXIT and DOWN never lie about the mailbox (S25, settled 19).
  yield* self.monitor(pid, (down) => down.cause.type);
  // @ts-expect-error this mailbox has no place for a DOWN as it is
  yield* self.monitor(pid);
  // @ts-expect-error nor for an EXIT
  yield* self.trapExit();
  yield* self.trapExit((exit) => exit.cause.type);
}

function* withSignals(self: Self<Process.Down | Process.Exit | "mine">): LocalGenerator<void> {
  yield* self.monitor("name");
  yield* self.trapExit();
}

// What moves must not be in a body that cannot (S98).

declare const compute: Remote<number>;

// @ts-expect-error `transfer` in a plain generator
const plain: Body<never, [], void> = function* () {
  yield* Remote.transfer(elsewhere);
};
// @ts-expect-error nor a Remote, which may move
const calling: Body<never, [], number> = function* () {
  return yield* compute;
};

function* moving(): Generator<Moving, number, any> {
  yield* Remote.transfer(elsewhere);
  return yield* compute;
}

function* attempts(): LocalGenerator<void> {
  const local = yield* Remote.attempt(Process.sleep("1s"));
  is<Equal<typeof local, Remote.Attempt<void>>>();
  // @ts-expect-error an attempt moves when what it attempts may
  yield* Remote.attempt(compute);
  const pid = yield* Remote.fork(compute);
  is<Equal<typeof pid, Pid<never>>>();
  const task = yield* Remote.forkAt(elsewhere, compute);
  is<Equal<typeof task, Task<number>>>();
  const total = (yield* Task.await(task)) + (yield* Task.await(task, { within: "1s", otherwise: 0 }));
  is<Equal<typeof total, number>>();
  const made = yield* Task.async(greeter, "Hello");
  is<Equal<typeof made, Task<number>>>();
}

// Running from outside.

async function running(): Promise<void> {
  const fromBody = await node.run(greeter, "Hello");
  is<Equal<typeof fromBody, number>>();
  const fromRemote = await node.run(compute);
  is<Equal<typeof fromRemote, number>>();
  const fromOperation = await node.run(Process.whereis("name"));
  is<Equal<typeof fromOperation, Pid<unknown> | undefined>>();
  const fromAsync = await node.run(async (self: Self<number>) => self.perform(self.receive()));
  is<Equal<typeof fromAsync, number>>();
  // @ts-expect-error an async body cannot perform what moves
  await node.run(async (self: Self) => self.perform(Remote.transfer(elsewhere)));
  const counter = await node.run(Server.start(Counter, 0));
  is<Equal<typeof counter, Server.RefOf<typeof Counter>>>();
}

// Servers.

const Counter = Server.define({
  init: (start: number) => ({ count: start }),
  call: {
    add: (state, by: number) => (state.count += by),
    *slow(state) {
      yield* Process.sleep("50ms");
      return state.count > 0 ? Server.reply("positive") : "not";
    },
    later: () => Server.defer<boolean>(() => {}),
    quit: (state) => (state.count > 0 ? Server.stop({ type: "normal" }, state.count) : Server.noReply()),
    refresh: async () => [1],
  },
  cast: {
    reset(state) {
      state.count = 0;
    },
  },
  info(state, message) {
    is<Equal<typeof state, { count: number }>>();
    is<Equal<typeof message, unknown>>();
  },
});

function* calling2(): LocalGenerator<void> {
  const counter = yield* Server.start(Counter, 0, { name: "counter" });
  const sum = yield* counter.call.add(2);
  is<Equal<typeof sum, number>>();
  const slow = yield* counter.call.slow().within("1s", { otherwise: null });
  is<Equal<typeof slow, string | null>>();
  const later = yield* counter.call.later();
  is<Equal<typeof later, boolean>>();
  const quit = yield* counter.call.quit();
  is<Equal<typeof quit, number>>();
  const fresh = yield* counter.call.refresh();
  is<Equal<typeof fresh, number[]>>();
  yield* counter.cast.reset();
  const request = yield* Server.sendRequest(counter.call.slow());
  is<Equal<typeof request, Server.RequestId<string>>>();
  const response = yield* Server.waitResponse(request, { within: "1s" });
  is<Equal<typeof response, Server.Response<string> | Server.NoResponse>>();
  if (response.type === "reply") is<Equal<typeof response.value, string>>();
  const { replies } = yield* Server.multiCall([elsewhere], counter.call.add(1));
  is<Equal<typeof replies, readonly (readonly [node: NodeRef, reply: number])[]>>();
  const requests = Server.requests<number, "first">();
  // @ts-expect-error it is no request for a number
  requests.add(request, "first");
  const first = yield* requests.receive();
  if (first.type === "error") is<Equal<typeof first.label, "first">>();
  yield* Sys.install(counter, "count", (seen, { type }) => (type === "in" ? seen + 1 : Sys.done), 0);
  // @ts-expect-error a cast is not answered
  yield* Server.sendRequest(counter.cast.reset());
  // @ts-expect-error the argument's type
  yield* counter.call.add("2");
  // @ts-expect-error no such call
  yield* counter.call.subtract(2);
  // @ts-expect-error a cast is no call
  yield* counter.call.reset();
  // @ts-expect-error what init takes
  yield* Server.start(Counter, "zero");
}

function* addressing(self: Self<string>): LocalGenerator<void> {
  const alias = yield* self.alias({ mode: "reply" });
  yield* Process.send(alias, "hello");
  // @ts-expect-error an alias takes what its process receives
  yield* Process.send(alias, 5);
  yield* self.monitorWith(self.pid, { alias: "demonitor" }, () => "down");
  // @ts-expect-error no such mode
  yield* self.monitorWith(self.pid, { alias: "for ever" }, () => "down");
  yield* self.monitorNodes(({ type }) => type);
  // @ts-expect-error this mailbox has no place for a NodeUp as it is
  yield* self.monitorNodes();
}

function* starting(): LocalGenerator<void> {
  const { pid } = yield* Process.spawnOpt({ monitor: true, mailbox: { capacity: 1 } }, greeter, "Hello");
  is<Equal<typeof pid, Pid<Hello>>>();
  // @ts-expect-error a bounded mailbox is as typed as any
  yield* Process.send(pid, "Ada");
  // @ts-expect-error no such policy
  yield* Process.spawnOpt({ mailbox: { capacity: 1, whenFull: "block" } }, greeter, "Hello");
  yield* Process.spawnRequest(greeter, ["Hello"]);
  // @ts-expect-error what the body takes
  yield* Process.spawnRequest(greeter, [5]);
  // @ts-expect-error a name is a text, or a via name
  yield* Process.startLink(greeter, ["Hello"], { name: 5 });
}

function* asking(nodes: readonly NodeRef[], counter: Server.RefOf<typeof Counter>): LocalGenerator<void> {
  // @ts-expect-error the argument's type
  yield* Server.multiCall(nodes, counter.call.add("2"));
  // @ts-expect-error several nodes
  yield* Server.multiCall(elsewhere, counter.call.add(2));
  // @ts-expect-error a call is no cast
  yield* Server.abcast(nodes, counter.call.add(2));
  const task = yield* Task.async(function* () {
    return 5;
  });
  const results = yield* Task.awaitMany([task]);
  is<Equal<(typeof results)[0], number>>();
  // @ts-expect-error a task is not awaited for something else
  const text: string = yield* Task.await(task);
  void text;
  // @ts-expect-error no such end
  yield* Task.yieldMany([task], { onTimeout: "kill" });
}

export { addressing, asking, attempts, calling, calling2, moving, plain, running, spawning, starting, withSignals };
export type { Operation };
