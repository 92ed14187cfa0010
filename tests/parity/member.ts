import { type Place, startNode } from "@espalier/testkit";
import {
  CallError,
  Channel,
  Heartbeat,
  type Node,
  type NodeRef,
  type Pid,
  Process,
  type Self,
  Server,
  Supervisor,
  TaskError,
  causeOf,
} from "espalier";

/** A node of the races. */
export interface Member {
  readonly node: Node;
}

const Worker = Server.define({
  label: "worker",
  init: () => ({ calls: 0 }),
  call: {
    add: (state: { calls: number }) => (state.calls += 1),
    *slow(state: { calls: number }, forMs: number) {
      yield* Process.sleep(forMs);
      return (state.calls += 1);
    },
  },
});

/** By the name that workers go by on every node. */
export const worker = Server.ref(Worker, "worker");

const Tree = Supervisor.define({
  intensity: { restarts: 1_000, within: "1s" },
  children: [Supervisor.worker("worker", Worker, [], { name: "worker" })],
});

function* stay(self: Self<unknown>, owner: Pid<unknown>) {
  for (;;) yield* Process.send(owner, yield* self.receive());
}

/** Does on its node what others ask for. */
export const Relay = Server.define({
  label: "relay",
  init: () => null,
  call: {
    add: () => 1,
    /** A process that sends whatever it gets to its owner. */
    *victim(_state: null, owner: Pid<any>) {
      return yield* Process.spawn(stay, owner);
    },
    *reset(_state: null, heartbeat: Heartbeat, toMs: number) {
      return yield* Heartbeat.reset(heartbeat, toMs);
    },
    *halt(_state: null, heartbeat: Heartbeat) {
      return yield* Heartbeat.stop(heartbeat);
    },
    *deliver(_state: null, channel: Channel<string>, value: string) {
      return (yield* Channel.deliver(channel, value)).type;
    },
    /** The worker that runs now, or the next one. */
    *worker() {
      for (;;) {
        const pid = yield* Process.whereis("worker");
        if (pid !== undefined) return Server.ref(Worker, pid);
        yield* Process.sleep(1);
      }
    },
  },
  cast: {
    *tell(_state: null, to: Pid<any>, what: unknown) {
      yield* Process.send(to, what);
    },
    *kill(_state: null, pid: Pid) {
      yield* Process.kill(pid);
    },
  },
});

/** The relay of a node, from anywhere; it waits until there is one. */
export function* relayAt(node: NodeRef) {
  for (;;) {
    try {
      const pid = yield* Process.whereisAt(node, "relay");
      if (pid !== undefined) return Server.ref(Relay, pid);
    } catch (error) {
      if (failureOf(error) !== "noconnection") throw error;
    }
    yield* Process.sleep("10ms");
  }
}

/** The type of the cause that something failed with. */
export function failureOf(error: unknown): string {
  if (error instanceof CallError || error instanceof TaskError) return error.cause.type;
  const { code } = error as { readonly code?: unknown };
  return code === "TRANSFER_REFUSED" ? "refused" : causeOf(error).type;
}

/** What something gives, or the type of the cause that it failed with. */
export function* outcomeOf(what: Iterable<any>): Generator<any, string, any> {
  try {
    return String(yield* what as any);
  } catch (error) {
    return failureOf(error);
  }
}

/** The same of a promise. */
export async function settledAs(promise: Promise<unknown>): Promise<string> {
  try {
    return String(await promise);
  } catch (error) {
    return failureOf(error);
  }
}

export async function bootMember(place: Place): Promise<Member> {
  const node = await startNode(place, { lease: { beat: "100ms", lease: "400ms", delay: "50ms" } });
  await node.run(() => Server.start(Relay, undefined, { name: "relay" }));
  await node.run(() => Supervisor.start(Tree));
  return { node };
}
