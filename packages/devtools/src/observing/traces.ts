import { Tracing, type Node } from "@espalier/runtime";
import type { Parameters, Result } from "../protocol/requests.ts";
import { TroubleError } from "../protocol/trouble-error.ts";
import { findProcess } from "./find-process.ts";

/** A session that nobody has asked for so long is nobody's any more. */
const unreadMs = 10_000;

/** The trace sessions of a node: one at a time, and the last one is kept until the next begins. */
export class Traces {
  readonly #node: Node;
  #last: Tracing | null = null;

  constructor(node: Node) {
    this.#node = node;
  }

  /** @throws TroubleError `busy` when a session runs, and `not-found` when a process does not. */
  start({ pids, maxMs, maxEvents }: Parameters<"trace.start">): Result<"trace.start"> {
    const { kernel } = this.#node;
    if (Tracing.of(kernel) !== null) {
      throw new TroubleError({
        code: "busy",
        message: "trace.start: expected a node that is not traced, a session runs on this one",
        hint: "wait for its end, or ask for trace.stop",
      });
    }
    const found = pids.map((key) => {
      const cell = findProcess(kernel, key);
      if (cell !== undefined) return cell.pid;
      throw new TroubleError({
        code: "not-found",
        message: "trace.start: parameters.pids: expected processes that are on this node, one is not",
        hint: "table lists them",
      });
    });
    const { beganMs, endsMs } = (this.#last = Tracing.start(kernel, found, {
      unreadMs,
      ...(maxMs === undefined ? {} : { maxMs }),
      ...(maxEvents === undefined ? {} : { maxEvents }),
    }));
    // The clock's fractions make a difference that is not whole.
    return { endsInMs: Math.round(endsMs - beganMs) };
  }

  /** @throws TroubleError `not-found` when there was no session. */
  page({ first, count }: Parameters<"trace.get">): Result<"trace.get"> {
    if (this.#last === null) {
      throw new TroubleError({
        code: "not-found",
        message: "trace.get: expected a session, there was none on this node",
        hint: "trace.start begins one",
      });
    }
    const session = this.#last;
    const { beganMs } = session;
    const messages = session.read();
    return {
      running: session.running,
      messages: messages.slice(first, first + count).map(({ pid, kind, from, sentMs, takenMs, doneMs }) => ({
        pid: pid.key,
        kind,
        from: from === null ? null : from.key,
        sentMs: sentMs - beganMs,
        waitedMs: takenMs === null ? null : takenMs - sentMs,
        handledMs: takenMs === null || doneMs === null ? null : doneMs - takenMs,
      })),
      total: messages.length,
      lost: session.lost,
    };
  }

  stop(): null {
    this.#last?.stop();
    return null;
  }
}
