import { fn, type Realm, remote } from "@espalier/code";
import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import { type Node, NodeRef, type Pid, Process, Remote, type Self, Task } from "@espalier/runtime";
import { createGuest, type Launch, Sandboxes, type SandboxLimits } from "@espalier/sandbox";
import { World, type Machine } from "@espalier/testkit";
import { startConnected } from "espalier";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lease } from "./by-hand.ts";

// Whose code runs where, when somebody who is not trusted says what is to run: `wary` trusts `friend` and nobody else. Its sandboxes are
// scopes of their own in this program, which answer in later tasks.

const realm: Realm = {
  place: "in a test",
  // oxlint-disable-next-line no-eval -- The code is this test's own.
  evaluate: (source) => (0, eval)(source),
  global: (name) => Reflect.get(globalThis, name),
};

/** Names of the peers for which sandboxes were started. */
const started: string[] = [];

function sandboxesOn({ host }: Machine, limits: SandboxLimits = {}): Sandboxes {
  const launch: Launch = (owner, events) => {
    started.push(owner);
    const guest = createGuest(realm);
    let ended = false;
    host.loop.soon(() => events.ready());
    return {
      post: (bytes) =>
        host.loop.soon(() => {
          const answer = ended ? null : guest.obey(bytes);
          if (answer !== null) events.message(answer);
        }),
      end: () => {
        ended = true;
        return Promise.resolve();
      },
      cpuMs: () => Promise.resolve(null),
    };
  };
  return new Sandboxes(launch, limits);
}

let world: World;
let stranger: Node;
let friend: Node;
let wary: Node;
const names = ["stranger", "friend", "wary"] as const;

function start(name: (typeof names)[number], trust: readonly string[], sandbox?: Sandboxes): Promise<Node> {
  const machine = world.machine(name);
  const { host, identity, url } = machine;
  const allow = names.map((other) => world.machine(other).identity.id).filter((id) => id !== identity.id);
  const trusted = trust.map((other) => world.machine(other).identity.id);
  const logger = { report: () => {} };
  const options = { host, identity, listen: url, allow, trust: trusted, lease, logger };
  return world.until(startConnected({ ...options, ...(sandbox === undefined ? {} : { sandbox }) }));
}

beforeEach(async () => {
  started.length = 0;
  world = new World({ seed: 1 });
  stranger = await start("stranger", ["friend", "wary"]);
  friend = await start("friend", ["wary"], sandboxesOn(world.machine("friend")));
  wary = await start("wary", ["friend"], sandboxesOn(world.machine("wary")));
  const nodes = [stranger, friend, wary];
  const refs = names.map((name) => refOf(name));
  for (const node of nodes) for (const ref of refs) await run(node, Process.whereisAt(ref, "nobody"));
  // The friend's code: from now on all of this is trusted there.
  expect(await run(friend, visiting([refOf("wary"), refOf("friend")]))).toEqual(["node", "node", "node"]);
  expect(await run(friend, starting(refOf("wary")))).toBe("node");
});

afterEach(async () => {
  for (const node of [stranger, friend, wary]) void node.stop();
  await world.run(10_000);
});

function refOf(name: (typeof names)[number]): NodeRef {
  const { identity, url } = world.machine(name);
  return new NodeRef(identity.id, url);
}

function run<A>(node: Node, what: Remote<A> | Operation<A> | (() => LocalGenerator<A>)): Promise<A> {
  return world.until(node.run(what as Remote<A>), { withinMs: 20_000 });
}

/** Where this runs: no sandbox gives anybody the clock. */
const place = remote({}, function* () {
  try {
    yield* Process.now();
    return "node";
  } catch {
    return "sandbox";
  }
});

/** Where it runs on each of `nodes`, and at last. */
const visiting = remote({ place }, function* (nodes: readonly NodeRef[]) {
  const found: string[] = [];
  for (const node of nodes) {
    yield* Remote.transfer(node);
    found.push(yield* place());
  }
  try {
    yield* Process.now();
    found.push("node");
  } catch {
    found.push("sandbox");
  }
  return found;
});

/** Where something runs that was begun there. */
const starting = remote({ place }, function* (there: NodeRef) {
  const task = yield* Remote.forkAt(there, place());
  return yield* Task.await(task);
});

class Visitor {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}
const VisitorClass: typeof Visitor = fn({}, Visitor);
const shout = fn((text: string) => `${text}!`);

describe("what a stranger says runs in the stranger's sandbox, whoever wrote the code (S219)", () => {
  test("a process that it begins here", async () => {
    expect(await run(stranger, starting(refOf("wary")))).toBe("sandbox");
    expect(started).toEqual([stranger.ref.id]);
  });

  test("a process of its own that comes here, and what that calls", async () => {
    expect(await run(stranger, visiting([refOf("wary")]))).toEqual(["sandbox", "sandbox"]);
  });

  test("a process of its own that a friend's node sends on", async () => {
    expect(await run(stranger, visiting([refOf("friend"), refOf("wary")]))).toEqual(["sandbox", "sandbox", "sandbox"]);
    expect(started).toEqual([stranger.ref.id, stranger.ref.id]);
  });

  test("a process of this node that was there, when it is back", async () => {
    expect(await run(wary, visiting([refOf("stranger"), refOf("wary")]))).toEqual(["node", "sandbox", "sandbox"]);
    expect(await run(wary, visiting([refOf("friend"), refOf("wary")]))).toEqual(["node", "node", "node"]);
  });

  /** A process of `wary` that performs what it is sent, and keeps what comes of it. */
  function performer(): { readonly pid: Pid<any>; readonly found: unknown[] } {
    const found: unknown[] = [];
    const { kernel } = wary;
    const { pid } = kernel.spawn(
      kernel.root,
      function* performing(self: Self<any>): LocalGenerator<never> {
        for (;;) {
          const what = yield* self.receive();
          if (typeof what !== "function") found.push(what instanceof Visitor ? what : yield* what);
          else {
            try {
              const made: unknown = what("hello");
              found.push(typeof made === "string" ? made : yield* made as Operation<unknown>);
            } catch (error) {
              found.push((error as Error).message);
            }
          }
        }
      },
      [],
    );
    return { pid, found };
  }

  test("calls and functions in messages to processes of this node", async () => {
    const { pid, found } = performer();
    for (const node of [friend, stranger]) {
      await run(node, Process.send(pid, place()));
      await run(node, Process.send(pid, place));
      await run(node, Process.send(pid, shout));
      await world.run(500);
    }
    expect(found).toEqual([
      ...["node", "node", "hello!"],
      ...["sandbox", "sandbox", expect.stringContaining("cannot be called here")],
    ]);
  });

  test("what a friend's process passes on to a process of this node", async () => {
    const { pid, found } = performer();
    const passing = friend.kernel.spawn(
      friend.kernel.root,
      function* pass(self: Self<any>): LocalGenerator<never> {
        for (;;) yield* Process.send(pid, yield* self.receive());
      },
      [],
    );
    await run(friend, Process.send(passing.pid, place()));
    await run(stranger, Process.send(passing.pid, place()));
    await run(stranger, Process.send(passing.pid, place));
    await run(stranger, Process.send(passing.pid, shout));
    await world.run(500);
    expect(found).toEqual(["node", "sandbox", "sandbox", expect.stringContaining("cannot be called here")]);
    expect(started).toEqual([stranger.ref.id]);
  });

  /** Where it is each time that it is asked. */
  const resident = remote({ place }, function* (self: Self<any>, there: NodeRef | null) {
    if (there !== null) yield* Remote.transfer(there);
    for (;;) {
      const asker: Pid<any> = yield* self.receive();
      const { id } = yield* Remote.here();
      yield* Process.send(asker, [id, yield* place()] as never);
    }
  });

  async function whereIs(asker: Node, pid: Pid<any>): Promise<unknown> {
    return await run(asker, function* (self: Self<any>) {
      yield* Process.send(pid, self.pid as never);
      return yield* self.receive();
    } as never);
  }

  test("a process in the middle of waiting, when its home moves it on and back", async () => {
    const { ref } = wary;
    const pid = await run<Pid<any>>(stranger, Process.spawn(resident, ref) as never);
    expect(await whereIs(stranger, pid)).toEqual([ref.id, "sandbox"]);
    await run(stranger, Process.migrate(pid, refOf("friend")));
    expect(await whereIs(stranger, pid)).toEqual([friend.ref.id, "sandbox"]);
    await run(stranger, Process.migrate(pid, refOf("wary")));
    expect(await whereIs(stranger, pid)).toEqual([ref.id, "sandbox"]);
    await run(stranger, Process.migrate(pid, refOf("stranger")));
    expect(await whereIs(stranger, pid)).toEqual([stranger.ref.id, "node"]);
  });

  test("a process of this node that is in a sandbox, when this node moves it", async () => {
    const { pid: performing, found } = performer();
    const begin = remote({ resident }, function* () {
      return yield* Process.spawn(resident, null);
    });
    await run(stranger, Process.send(performing, begin()));
    await world.run(500);
    const [pid] = found as [Pid<any>];
    expect(await whereIs(wary, pid)).toEqual([wary.ref.id, "sandbox"]);
    await run(wary, Process.migrate(pid, refOf("friend")));
    expect(await whereIs(wary, pid)).toEqual([friend.ref.id, "sandbox"]);
    await run(wary, Process.migrate(pid, refOf("wary")));
    expect(await whereIs(wary, pid)).toEqual([wary.ref.id, "sandbox"]);
  });

  test("but instances of this program's classes are what they are: data", async () => {
    const { pid, found } = performer();
    await run(stranger, Process.send(pid, new VisitorClass("ann")));
    await world.run(500);
    expect(found).toEqual([new Visitor("ann")]);
    expect(found[0]).toBeInstanceOf(Visitor);
  });
});
