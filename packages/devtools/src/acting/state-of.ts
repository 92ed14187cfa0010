import { CallError, Request, Sys, type Cell, type Node } from "@espalier/runtime";
import { findProcess } from "../observing/find-process.ts";
import type { ShownValue } from "../protocol/value.ts";
import { TroubleError } from "../protocol/trouble-error.ts";
import { show, type ShowLimits } from "../showing/show.ts";
import { asSystem, busyWith, checkFollowsSys, checkLives } from "./actions.ts";

const answerMs = 5_000;

/** So many messages are looked through for a question that waits already. */
const lookedThroughMax = 64;

/**
 * What a server, a supervisor or a statechart holds, as it says itself: see `Sys.getStatus`, and `formatStatus`.
 *
 * - Errors: {@link TroubleError}, `not-found` when no such process lives here, `invalid` for a process that does not answer system messages, `busy` with
 *   what it is doing when it does not answer in 5 s, or has been asked before and has not answered yet.
 */
export async function stateOf(node: Node, pid: string, limits?: ShowLimits): Promise<ShownValue> {
  const target = checkLives(node, findProcess(node.kernel, pid), "state");
  checkFollowsSys(target);
  // Whoever asks again and again must not fill its mailbox.
  if (isAsked(target)) throw busyWith(node, target);
  try {
    const { state } = await node.run(function* devtoolsState() {
      yield* asSystem;
      return yield* Sys.getStatus(target.pid).within(answerMs);
    });
    return show(state, limits);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (error.reason.type === "timeout") throw busyWith(node, target);
    throw new TroubleError({ code: "failed", message: error.message, hint: null });
  }
}

function isAsked({ mailbox }: Cell): boolean {
  for (let index = 0; index < mailbox.length && index < lookedThroughMax; index += 1) {
    const message = mailbox.at(index);
    if (message instanceof Request && message.system && message.name === "getStatus") return true;
  }
  return false;
}
