import { causeOf, kill, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import {
  causeText,
  Call,
  CallError,
  InKernel,
  messageKind,
  Process,
  Sys,
  passedMs,
  type Cell,
  type Node,
  type Pid,
  type Self,
} from "@espalier/runtime";
import type { ChildView, RestartChildReply, TerminateChildReply } from "@espalier/supervisor";
import { findProcess } from "../observing/find-process.ts";
import { TroubleError } from "../protocol/trouble-error.ts";
import type { ActionEvent } from "./action-event.ts";

/** How long an action may take. */
const actionMs = 5_000;

/** Whoever acts is not one of the program's processes. */
export const asSystem: InKernel<void> = new InKernel((kernel, cell) => kernel.columns.markSystem(cell));

type Action = "suspend" | "resume" | "restart" | "exit" | "kill" | "send";

/**
 * What somebody who may manage does to processes of a node. Each action names a process by its `Pid.key`, runs in a process of its own, takes 5 s
 * at most, and is done or refused when its promise settles; both are a `devtools.action` among the node's events, and on its flight recorder.
 *
 * - Errors: {@link TroubleError}, `not-found` when no such process lives here, `invalid` when that cannot be done to it, `busy` when it did not answer
 *   in time, `failed` otherwise.
 */
export class Actions {
  readonly #node: Node;
  readonly #by: string;

  /** @param by who acts, for the events. */
  constructor(node: Node, by: string) {
    this.#node = node;
    this.#by = by;
  }

  /** The server handles nothing but system messages until it is resumed: see `Sys.suspend`. What it is handling it finishes first. */
  suspend(pid: string): Promise<void> {
    return this.#act("suspend", pid, (target) => {
      checkFollowsSys(target);
      return function* () {
        yield* Sys.suspend(target.pid).within(actionMs);
      };
    });
  }

  resume(pid: string): Promise<void> {
    return this.#act("resume", pid, (target) => {
      checkFollowsSys(target);
      return function* () {
        yield* Sys.resume(target.pid).within(actionMs);
      };
    });
  }

  /**
   * Has its supervisor start it anew. The child of a static supervisor is stopped and started, as by `Supervisor.terminateChild` and `restartChild`: that is
   * not counted. One of a dynamic supervisor is ended so that it is restarted, which is counted; a temporary one would not be, and is refused.
   */
  restart(pid: string): Promise<void> {
    return this.#act("restart", pid, (target) => {
      const { supervisor, kind, child } = this.#childOf(target);
      if (child.restart === "temporary") {
        throw invalid(
          `restart: ${nameOf(target)} is temporary: its supervisor does not start it again`,
          "end it, and have its supervisor start another child",
        );
      }
      if (kind === "static") return () => restartStatic(supervisor, child.id as string);
      const cause: Cause = child.restart === "permanent" ? shutdown : { type: "exit", reason: "restart" };
      return (self) => endAndWait(self, target.pid, cause);
    });
  }

  /** Sends it an exit signal: `shutdown`, or with that reason. Whoever traps exits may live on. */
  exit(pid: string, reason: string = "shutdown"): Promise<void> {
    return this.#act("exit", pid, ({ pid: target }) => {
      const cause: Cause = reason === "shutdown" ? shutdown : { type: "exit", reason };
      return function* () {
        yield* Process.exit(target, cause);
      };
    });
  }

  /** Ends it at once, whatever it traps; no `finally` block of it runs. */
  kill(pid: string): Promise<void> {
    return this.#act(
      "kill",
      pid,
      ({ pid: target }) =>
        (self) =>
          endAndWait(self, target, kill),
    );
  }

  /** Puts a message into its mailbox, which is what JSON can say. */
  send(pid: string, message: unknown): Promise<void> {
    return this.#act("send", pid, ({ pid: target }) => {
      checkPlain(message, 0);
      return function* () {
        yield* Process.send(target as Pid<unknown>, message);
      };
    });
  }

  /** Something that is done to the node itself, and noted as all actions are. Rejects as `body` does. */
  async onNode<T>(action: string, body: () => Promise<T>): Promise<T> {
    const short = action.slice(0, 100);
    try {
      const result = await body();
      this.#tell(short, undefined, { type: "done" });
      return result;
    } catch (error) {
      this.#tell(short, undefined, { type: "failed", reason: causeText(causeOf(error)) });
      throw error;
    }
  }

  async #act(
    action: Action,
    key: string,
    prepare: (target: Cell) => (self: Self<unknown>) => LocalGenerator<void>,
  ): Promise<void> {
    const target = findProcess(this.#node.kernel, key);
    let began = false;
    try {
      const living = checkLives(this.#node, target, action);
      checkOfProgram(living, action);
      const body = prepare(living);
      began = true;
      await this.#node.run(function* devtoolsAction(self: Self<unknown>) {
        yield* asSystem;
        yield* body(self);
      });
    } catch (error) {
      const trouble = troubleOf(this.#node, action, target, error);
      this.#tell(action, target, { type: began ? "failed" : "refused", reason: trouble.message });
      throw trouble;
    }
    this.#tell(action, target, { type: "done" });
  }

  #tell(action: string, target: Cell | undefined, outcome: ActionEvent["outcome"]): void {
    const { events, recorder } = this.#node.kernel;
    const event = { type: "devtools.action", by: this.#by, action, process: target?.pid ?? null, outcome } as const;
    recorder.add(event);
    if (events.active) events.emit(event);
  }

  #childOf(target: Cell): { readonly supervisor: Pid; readonly kind: "static" | "dynamic"; readonly child: ChildView } {
    const parent = target.parent.cell;
    const details = parent === null ? null : this.#node.kernel.detailsOf(parent, false);
    const child =
      details?.type === "supervisor" ? details.children.find(({ pid }) => pid?.equals(target.pid) === true) : undefined;
    if (details?.type !== "supervisor" || child === undefined) {
      throw invalid(
        `restart: expected the child of a supervisor of this node, got ${nameOf(target)}`,
        "end it instead: nobody starts it again",
      );
    }
    return { supervisor: target.parent, kind: details.kind, child };
  }
}

function* restartStatic(supervisor: Pid, id: string): LocalGenerator<void> {
  const to = supervisor as Pid<any>;
  const stopped = yield* new Call<TerminateChildReply>(to, "terminateChild", [id], false, actionMs);
  if (stopped.type !== "ok") throw failed(`restart: its supervisor could not stop it: ${stopped.type}`);
  const started = yield* new Call<RestartChildReply<Pid>>(to, "restartChild", [id], false, actionMs);
  if (started.type === "failed") throw failed(`restart: it did not start again: ${causeText(started.cause)}`);
  if (started.type !== "started") throw failed(`restart: its supervisor did not start it again: ${started.type}`);
}

/** Ends a process, and waits for that. */
function* endAndWait(self: Self<unknown>, pid: Pid, cause: Cause): LocalGenerator<void> {
  const ref = yield* Process.monitor(pid);
  if (cause.type === "kill") yield* Process.kill(pid);
  else yield* Process.exit(pid, cause);
  const isOver = (message: unknown): boolean => (message as { readonly ref?: unknown }).ref === ref;
  const over = yield* self.receive({ match: isOver, within: actionMs, otherwise: null });
  if (over !== null) return;
  throw new TroubleError({
    code: "busy",
    message: `it has not ended in ${actionMs / 1000} s`,
    hint: "it may trap exits, or clean up: kill it if it has to end",
  });
}

/** @throws TroubleError unless it is a process that may be acted on. */
export function checkLives(node: Node, target: Cell | undefined, action: string): Cell {
  if (target === undefined || !target.alive) {
    throw new TroubleError({
      code: "not-found",
      message: `${action}: expected a process that lives on node ${node.ref.id.slice(0, 8)}, found none of that pid`,
      hint: "it may have ended, or been restarted as another process: look at the tree",
    });
  }
  return target;
}

/** @throws TroubleError for one of the runtime's own: the node does not go on as it should without it, or with it suspended. */
function checkOfProgram(target: Cell, action: string): void {
  if (!target.kernel.columns.isSystem(target)) return;
  throw invalid(
    `${action}: expected a process of the program, got ${nameOf(target)}, which is one of the runtime's own`,
    "act on what it serves instead: stop the application, or the node",
  );
}

/** Only behaviours answer system messages: for others they would be messages like any. @throws TroubleError */
export function checkFollowsSys(target: Cell): void {
  if (target.recent !== null) return;
  throw invalid(
    `expected a server, a supervisor or a statechart, got the process ${nameOf(target)}: it does not answer system messages`,
    "what it waits for, and what waits for it, is shown without asking it",
  );
}

/** What a process that did not answer is doing. */
export function busyWith(node: Node, { handling, since, waiting }: Cell): TroubleError {
  const ms = passedMs(since, node.kernel.host.clock.monotonic());
  const seconds = (ms / 1000).toFixed(1);
  const what =
    handling === undefined
      ? "it has other messages to handle first"
      : `handling ${messageKind(handling)} for ${seconds} s`;
  const waits = handling === undefined || waiting === null ? "" : `, waiting for ${waiting.what}`;
  return new TroubleError({
    code: "busy",
    message: `busy: ${what}${waits}`,
    hint: "it answers between two messages: try again, or look at what it waits for",
  });
}

function troubleOf(node: Node, action: Action, target: Cell | undefined, error: unknown): TroubleError {
  if (error instanceof TroubleError) return error;
  if (error instanceof CallError && error.reason.type === "timeout" && target !== undefined)
    return busyWith(node, target);
  return failed(`${action}: ${causeText(causeOf(error))}`);
}

function failed(message: string): TroubleError {
  return new TroubleError({ code: "failed", message, hint: null });
}

function invalid(message: string, hint: string): TroubleError {
  return new TroubleError({ code: "invalid", message, hint });
}

function nameOf({ name, label, pid }: Cell): string {
  return `${name ?? label} ${pid.toString()}`;
}

const messageDepthMax = 32;

/** @throws TroubleError unless it is what JSON can say. */
function checkPlain(value: unknown, depth: number): void {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return;
  const isPlain =
    typeof value === "object" && (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
  if (!isPlain || depth === messageDepthMax) {
    const found = isPlain ? `more than ${messageDepthMax} levels` : messageKind(value);
    throw invalid(
      `send: message: expected what JSON can say, got ${found}`,
      "send text, numbers, lists and objects of those",
    );
  }
  for (const item of Object.values(value as object)) checkPlain(item, depth + 1);
}
