import { Heartbeat, Operation } from "@espalier/heartbeat";
import {
  Call,
  Cast,
  type Frame,
  NodeAddress,
  OperationRefusedError,
  Pid,
  Process,
  Remote,
  Self,
  Server,
  Task,
} from "@espalier/runtime";
import { Fields, type ReadWhat } from "./fields.ts";

/** An operation that crosses as data: the others are values that travel. */
export interface OperationData {
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

type Rebuild = (fields: Fields) => Operation<any, any>;

/** Whose operations are the same for every process. */
const anyone = new Self<any>(new Pid(new NodeAddress("sandbox", "sandbox"), 0));

/**
 * The operations that hold something besides values that travel, or do not travel themselves; made again by the functions that check their
 * arguments.
 */
const table: ReadonlyMap<string, Rebuild> = new Map<string, Rebuild>([
  [
    "heartbeat.link",
    (fields) => Heartbeat.link(fields.value("heartbeat") as Heartbeat, fields.what("what") as Operation<unknown>),
  ],
  ["process.alive", (fields) => Process.alive(fields.pid("pid"))],
  ["process.announce", rebuildAnnouncement],
  ["process.demonitor", (fields) => Process.demonitor(fields.ref("ref"), { flush: fields.flag("flush") })],
  ["process.exit", (fields) => Process.exit(fields.receiverPid("pid"), fields.cause("cause"))],
  ["process.exitSelf", (fields) => Process.exit(fields.cause("cause"))],
  ["process.link", (fields) => Process.link(fields.pid("pid"))],
  [
    "process.monitor",
    (fields) => {
      fields.nothing("map");
      fields.nothing("options");
      return Process.monitor(fields.target("process"));
    },
  ],
  ["process.now", () => Process.now()],
  ["process.parent", () => Process.parent()],
  ["process.receive", rebuildReceive],
  [
    "process.register",
    (fields) => Process.register(fields.text("name"), fields.value("pid") === null ? undefined : fields.pid("pid")),
  ],
  ["process.send", (fields) => Process.send(fields.receiver("to") as string, fields.message("message"))],
  [
    "process.sendAfter",
    (fields) => Process.sendAfter(fields.ms("delayMs"), fields.receiver("to") as string, fields.message("message")),
  ],
  ["process.sleep", (fields) => Process.sleep(fields.ms("durationMs"))],
  ["process.spawn", rebuildSpawn],
  [
    "process.spawnMonitor",
    (fields) => {
      fields.nothing("map");
      return Process.spawnMonitor(fields.body("body"), ...fields.list("parameters"));
    },
  ],
  ["process.stash", (fields) => anyone.stash(fields.value("message"))],
  [
    "process.trapExit",
    (fields) => {
      fields.nothing("map");
      return Process.trapExit(fields.flag("trapping"));
    },
  ],
  ["process.unlink", (fields) => Process.unlink(fields.pid("pid"))],
  ["process.unregister", (fields) => Process.unregister(fields.text("name"))],
  ["process.unstash", () => anyone.unstash()],
  ["process.whereis", (fields) => Process.whereis(fields.text("name"))],
  ["process.whereisAt", (fields) => Process.whereisAt(fields.node("node"), fields.text("name"))],
  ["remote.attempt", (fields) => Remote.attempt(fields.what("what") as Operation<unknown>)],
  ["remote.fork", (fields) => Remote.fork(fields.body("what"))],
  ["remote.fence", () => Remote.fence()],
  ["remote.here", () => Remote.here()],
  [
    "remote.outcome",
    (fields) =>
      fields.value("cause") === null ? Remote.pure(fields.value("value")) : Remote.fail(fields.cause("cause")),
  ],
  ["remote.transfer", (fields) => Remote.transfer(fields.node("node"))],
  ["server.call", rebuildCall],
  ["server.cast", (fields) => new Cast(fields.receiver("target"), fields.text("name"), fields.list("parameters"))],
  [
    "server.shutdown",
    (fields) =>
      Server.shutdown(fields.receiverPid("target"), { cause: fields.cause("cause"), within: fields.ms("withinMs") }),
  ],
  ["task.ask", rebuildTaskQuestion],
  ["task.start", rebuildTask],
]);

/** The operations that cross as data. */
export const operationsAsData: ReadonlySet<string> = new Set(table.keys());

/**
 * What code in a sandbox may ask its node for unless the node says otherwise: what a peer that was let in can do to others anyway by
 * messages of its own, and what a process does with itself. Not among them: taking and giving away names of the node, and its clock, a
 * stopwatch for whoever wants to measure what others do in the same processor.
 */
export const allowedOperations: readonly string[] = [
  ...[...table.keys()].filter((type) => !["process.now", "process.register", "process.unregister"].includes(type)),
  ...[
    "close",
    "create",
    "deliver",
    "next",
    "peek",
    "peekNow",
    "receive",
    "receiveNow",
    "send",
    "sendUnconfirmed",
    "subscribe",
  ].map((name) => `channel.${name}`),
  ...["create", "end", "fail", "reset", "status", "stop", "supervise"].map((name) => `heartbeat.${name}`),
  "remote",
];

/** @throws SandboxError when an operation is too much. */
type Admit = (operation: Operation<any, any>) => void;

/** What a sandbox asks for, as it is decoded: a value that is an operation, or the data of one. */
export class OperationReader {
  readonly #allowed: ReadonlySet<string>;
  readonly #frameOf: (number: unknown) => Frame;
  readonly #admit: Admit;

  /** @param frameOf the generator in the sandbox that has a number. @param admit counts what an operation takes, and may refuse it. */
  constructor(allowed: ReadonlySet<string>, frameOf: (number: unknown) => Frame, admit: Admit) {
    this.#allowed = allowed;
    this.#frameOf = frameOf;
    this.#admit = admit;
  }

  /**
   * @throws OperationRefusedError when code in a sandbox may not ask for it, and TypeError when its fields are wrong: both are thrown where
   *   the code asked.
   */
  read(data: unknown): Operation<any, any> {
    const operation = this.#read(data);
    this.#admit(operation);
    return operation;
  }

  #read(data: unknown): Operation<any, any> {
    if (data instanceof Operation) {
      // What holds others comes as data, so that those are looked at too.
      if (table.has(data.type)) throw new TypeError(`operation of a sandbox: expected the data of ${data.type}`);
      return this.#check(data.type, data);
    }
    const { type, fields } = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
    if (typeof type !== "string" || typeof fields !== "object" || fields === null)
      throw new TypeError("operation of a sandbox: expected an operation");
    const rebuild = table.get(type);
    if (rebuild === undefined)
      throw new OperationRefusedError(type, "this node does not do that for code in a sandbox");
    this.#check(type === "remote.outcome" ? "remote" : type, null);
    return rebuild(new Fields(type, fields as Record<string, unknown>, (what) => this.#what(what)));
  }

  /** A function is one that describes a computation: `{ function }`. A generator has a number: `{ frame }`. The rest are operations. */
  readonly #what: ReadWhat = (data) => {
    if (typeof data === "object" && data !== null && !(data instanceof Operation)) {
      if ("frame" in data) return this.#frameOf(data.frame);
      if ("function" in data) {
        if (typeof data.function === "function") return data.function as () => unknown;
        throw new TypeError("operation of a sandbox: expected a function");
      }
    }
    return this.read(data);
  };

  #check<T>(type: string, operation: T): T {
    if (this.#allowed.has(type)) return operation;
    throw new OperationRefusedError(type, "the policy of this node's sandbox does not allow it");
  }
}

function rebuildAnnouncement(fields: Fields): Operation<any> {
  const announcement = fields.value("announcement") as { type?: unknown; value?: unknown; cause?: unknown } | null;
  const inner = new Fields("process.announce", announcement ?? {}, () => anyone.ignore());
  switch (announcement?.type) {
    case "ready":
      return anyone.ready(inner.value("value"));
    case "ignore":
      return anyone.ignore();
    case "fail":
      return anyone.fail(inner.cause("cause"));
    default:
      throw new TypeError("process.announce: expected ready, ignore or fail");
  }
}

function rebuildReceive(fields: Fields): Operation<any> {
  fields.nothing("match");
  const within = fields.ms("withinMs");
  const otherwise = fields.otherwise("otherwise");
  if (within === Infinity && !("otherwise" in otherwise)) return anyone.receive();
  return anyone.receive({ ...(within === Infinity ? {} : { within }), ...otherwise });
}

function rebuildSpawn(fields: Fields): Operation<any> {
  const body: any = fields.body("body");
  const parameters = fields.list("parameters");
  const on = fields.on("on");
  if (fields.flag("link"))
    return on === null ? Process.spawnLink(body, ...parameters) : Process.spawnLinkAt(on, body, ...parameters);
  return on === null ? Process.spawn(body, ...parameters) : Process.spawnAt(on, body, ...parameters);
}

function rebuildCall(fields: Fields): Operation<any> {
  if (fields.flag("system")) throw new OperationRefusedError("server.call", "code in a sandbox makes no system calls");
  const otherwise = fields.otherwise("otherwise");
  return new Call(
    fields.receiver("target"),
    fields.text("name"),
    fields.list("parameters"),
    false,
    fields.ms("withinMs"),
    "otherwise" in otherwise ? { value: otherwise.otherwise } : null,
  );
}

function rebuildTask(fields: Fields): Operation<any> {
  const body: any = fields.body("body");
  const parameters = fields.list("parameters");
  const on = fields.on("on");
  if (on !== null) return Remote.forkAt(on, body);
  return fields.flag("link") ? Task.async(body, ...parameters) : Task.asyncNoLink(body, ...parameters);
}

function rebuildTaskQuestion(fields: Fields): Operation<any> {
  const task = fields.task("task");
  const within = { within: fields.ms("withinMs") };
  switch (fields.value("asking")) {
    case "await":
      return Task.await(task, { ...within, ...fields.otherwise("otherwise") });
    case "yield":
      return Task.yield(task, within);
    case "shutdown":
      return Task.shutdown(task, within);
    case "kill":
      return Task.shutdown(task, "brutal-kill");
    case "ignore":
      return Task.ignore(task);
    default:
      throw new TypeError("task.ask: expected await, yield, shutdown, kill or ignore");
  }
}

/** Whether an operation ends in its own time, so that a process may be moved in the middle of it. */
export function mayWait(type: string): boolean {
  return !atOnce.has(type);
}

const atOnce: ReadonlySet<string> = new Set([
  "process.alive",
  "process.demonitor",
  "process.exit",
  "process.exitSelf",
  "process.link",
  "process.monitor",
  "process.now",
  "process.parent",
  "process.send",
  "process.stash",
  "process.trapExit",
  "process.unlink",
  "process.unstash",
  "process.whereis",
  "remote.fence",
  "remote.here",
  "server.cast",
]);
