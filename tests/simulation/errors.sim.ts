import { ChannelClosedError, ChannelLimitError } from "@espalier/channels";
import { CodeRefusedError, DefinitionError, remote } from "@espalier/code";
import {
  CauseError,
  Heartbeat,
  HeartbeatForgottenError,
  HeartbeatLimitError,
  type Cause,
  type LocalGenerator,
} from "@espalier/heartbeat";
import {
  CallError,
  CheckpointError,
  detachedTravels,
  NameTakenError,
  NotMovableError,
  OperationRefusedError,
  Process,
  Remote,
  StartError,
  TaskError,
  TransferRefusedError,
  type NodeRef,
  type Pid,
  type Self,
  type Travels,
} from "@espalier/runtime";
import { SandboxError, sandboxTravels } from "@espalier/sandbox";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Cluster, type Member } from "./by-hand.ts";

let cluster: Cluster;
let o: Member;
let a: Member;

beforeEach(async () => {
  cluster = new Cluster("o", "a");
  [o, a] = [await cluster.start("o"), await cluster.start("a")];
  await cluster.meet();
});

afterEach(async () => {
  await cluster.stop();
});

/** `value` as it arrives on the other machine. */
async function send(value: unknown): Promise<any> {
  const received: unknown[] = [];
  const { kernel } = a.node;
  const { pid } = kernel.spawn(
    kernel.root,
    function* collect(self: Self<unknown>): LocalGenerator<never> {
      for (;;) received.push(yield* self.receive());
    },
    [],
  );
  await cluster.wait(o.node.run(Process.send(pid as Pid<unknown>, value)));
  await cluster.pass(50);
  expect(received).toHaveLength(1);
  return received[0];
}

/** The part of a cause that it has only when it is an error. */
function partOf(cause: Cause): unknown {
  return cause.type === "error" ? cause.error : null;
}

const failed: Cause = { type: "error", error: { name: "RangeError", message: "too far", cause: { by: 3 } } };
const refusal = { name: "CodeRefusedError", message: "no", code: "CODE_REFUSED" };

/** One of each class, made on a node with a process. */
const errors: readonly (readonly [string, (pid: Pid) => Error])[] = [
  ["CauseError", () => new CauseError(failed)],
  ["CallError", () => new CallError("a call", failed)],
  ["TaskError", (pid) => new TaskError(pid, { type: "timeout" })],
  ["StartError", () => new StartError("server", failed)],
  ["NameTakenError", (pid) => new NameTakenError("door", pid)],
  ["OperationRefusedError", () => new OperationRefusedError("process.send", "it ends")],
  ["TransferRefusedError", () => new TransferRefusedError("anywhere", refusal)],
  ["TransferRefusedError without a code", () => new TransferRefusedError("anywhere", { ...refusal, code: null })],
  ["CheckpointError", () => new CheckpointError("another has it", "CHECKPOINT_FENCED")],
  ["NotMovableError", () => new NotMovableError("`db` of main")],
  ["CodeRefusedError", () => new CodeRefusedError("no")],
  ["CodeRefusedError with a cause", () => new CodeRefusedError("no", { cause: new TypeError("why") })],
  ["DefinitionError", () => new DefinitionError("no", 3)],
  ["ChannelClosedError", () => new ChannelClosedError({ order: [1, 2] })],
  ["ChannelLimitError", () => new ChannelLimitError("channelsMax", 10)],
  ["HeartbeatLimitError", () => new HeartbeatLimitError("heartbeatsMax", 10)],
  ["HeartbeatForgottenError", () => new HeartbeatForgottenError("a heartbeat")],
  ["SandboxError", () => new SandboxError("too long", "cpu")],
  ["SandboxError without a limit", () => new SandboxError("ended", null)],
];

describe("an error of Espalier's own arrives as what it was (S224)", () => {
  test.each(errors)("%s", async (_name, make) => {
    const sent = make(o.node.kernel.spawn(o.node.kernel.root, function* () {}, []).pid);
    const [arrived, again] = await send([sent, sent]);
    expect(again).toBe(arrived);
    expect(arrived).toBeInstanceOf(sent.constructor);
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived.message).toBe(sent.message);
    expect(arrived.cause).toEqual(sent.cause);
    expect(Object.fromEntries(Object.entries(arrived))).toEqual(Object.fromEntries(Object.entries(sent)));
    expect(arrived.stack).toBe(`${sent.name}: ${sent.message}\n    at another node`);
  });

  test("and code that catches it where it was sent to can ask for it", async () => {
    const refused = remote({ CheckpointError }, function* (node: NodeRef) {
      yield* Remote.transfer(node);
      try {
        yield* Remote.checkpoint();
      } catch (error) {
        return error;
      }
      return null;
    });
    const error = await cluster.wait(o.node.run(refused(a.ref)));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ name: "CheckpointError", code: "CHECKPOINT_REFUSED" });
  });

  test("and not with fields that it cannot have", () => {
    const kinds = new Map([...detachedTravels(), ...sandboxTravels].map((kind: Travels) => [kind.name, kind]));
    const refusals: readonly (readonly [string, unknown])[] = [
      ["error.cause", ["message", null, { type: "strange" }]],
      ["error.call", "message"],
      ["error.task", [3, null, { type: "timeout" }]],
      ["error.name-taken", ["message", null, "door", "no pid"]],
      ["error.name-taken", ["message", null, 3, null]],
      ["error.operation-refused", ["message", null, 3]],
      ["error.transfer-refused", ["message", null, "node", "name", "message", 3]],
      ["error.transfer-refused", ["message", null, "node", { name: "name" }]],
      ["error.checkpoint", ["message", null, "CHECKPOINT_LOST"]],
      ["error.not-movable", []],
      ["error.sandbox", ["message", null, 3]],
      ["error.sandbox", ["message", null, "no such; limit"]],
    ];
    for (const [name, data] of refusals) expect(() => kinds.get(name)?.decode(data), name).toThrow(TypeError);
    expect([...new Set(refusals.map(([name]) => name))].filter((name) => !kinds.has(name))).toEqual([]);
  });
});

describe("a cause that is shared (S225)", () => {
  test("with errors and operations that are made of it arrives in all of them", async () => {
    const error = { name: "RangeError", message: "too far", cause: { by: 3 } };
    const cause: Cause = { type: "error", error };
    const heartbeat = await cluster.wait(o.node.run(Heartbeat.create("1s")));
    const fail = Heartbeat.fail(heartbeat, cause);
    const Refusal = detachedTravels().find(({ name }) => name === "server.refusal")?.type as unknown as new (
      reason: Cause,
    ) => { readonly cause: Cause };
    const made = [new CauseError(cause), new CallError("a call", cause), new Refusal(cause), fail];
    // What is shared is there first, without its parts: the list, and only then what it is made of.
    const [list, , original] = await send([made, made, error, cause, fail.cause, partOf(fail.cause)]);
    expect(original).toEqual(error);
    const [caught, called, refused, failing] = list;
    for (const reason of [caught.reason, called.reason, refused.cause, failing.cause]) {
      expect(reason).toEqual(cause);
      // Users' own data stays shared.
      expect(reason.error.cause).toBe(original.cause);
    }
  });

  test("with what it was thrown with, in a circle, does too", async () => {
    const box: { thrown: unknown; reason: unknown } = { thrown: null, reason: null };
    const error = { name: "nocatch", message: "a box", cause: box };
    const reason: Cause = { type: "error", error };
    box.thrown = new TaskError(o.node.kernel.root, reason);
    box.reason = reason;
    const arrived = await send([error, box]);
    expect(arrived[1].thrown).toBeInstanceOf(TaskError);
    expect(arrived[1].thrown.reason.error.cause).toBe(arrived[1]);
    expect(arrived[1].reason.error).toBe(arrived[0]);
  });
});
