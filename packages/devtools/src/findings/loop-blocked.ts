import type { LoopBlockedEvent } from "../observing/loop-blocked.ts";
import { describeEvent } from "../words/describe-event.ts";
import { voiceOf } from "../words/voice.ts";
import type { Evidence, Look, Rule } from "./rule.ts";
import { thresholds } from "./thresholds.ts";

const { criticalMs, shownMs } = thresholds.loopBlocked;

/** A watchdog has seen that the event loop did not come round, and who had it. */
export const loopBlocked: Rule = {
  name: "loop-blocked",
  forMs: 0,
  keptMs: shownMs,
  *find({ node, nowMs, events }: Look): Generator<Evidence, void, undefined> {
    for (const { event, atMs } of events) {
      if (event.type !== "loop.blocked" || nowMs - atMs > shownMs) continue;
      const { pid, blockedMs } = event;
      const { text } = describeEvent(event, voiceOf(node));
      yield {
        about: pid === null ? "" : pid.key,
        severity: blockedMs >= criticalMs ? "critical" : "warning",
        text: `${text.charAt(0).toUpperCase()}${text.slice(1)}.`,
        hint: hintOf(event),
        ...(pid === null ? {} : { pid: pid.key }),
      };
    }
  },
};

function hintOf({ pid, several, stack }: LoopBlockedEvent): string {
  if (several)
    return "Together they had it for that long: each does much between two operations. Do less in one turn, or in another thread.";
  if (pid === null)
    return "Code outside of processes had it, such as a callback of a server: do long computations in steps, or in another thread.";
  return stack.length === 0
    ? "Nobody else had a turn meanwhile. Look for calls that wait, such as those that end in Sync, and do them in another thread."
    : "Nobody else had a turn meanwhile. Do long computations in steps, with an operation such as Process.sleep in between, or in another thread.";
}
