import type { Property } from "../scenario/property.ts";
import { describeMessage, FlowReader } from "./flow.ts";

/**
 * What was sent once is received at most once, and nothing is received that was not sent (P26, P27). For `always`.
 *
 * A message is `sent(place, op, id)` and `received(place, op, id)`. In real processes, whose histories are merged by their clocks, a receipt
 * may stand before its sending: that something was never sent is only judged once everything is settling.
 */
export function noDup(op: string): Property {
  return {
    name: `noDup(${op}) (P26, P27)`,
    begin(cluster) {
      const reader = new FlowReader(cluster.history, op);
      const sent = new Set<string>();
      /** Who received it. */
      const receivers = new Map<string, string>();
      const unsent = new Map<string, string>();
      let wrong: string | null = null;
      return {
        check() {
          for (const step of reader.steps()) {
            const { key, entry } = step;
            const what = describeMessage(op, step);
            if (step.type === "sent") {
              if (sent.has(key)) wrong ??= `${what} was sent twice; expected each message to have its own id`;
              sent.add(key);
              unsent.delete(key);
              continue;
            }
            const before = receivers.get(key);
            if (before !== undefined)
              wrong ??= `${what} was received by ${before} and again by ${entry.node}; expected once`;
            receivers.set(key, entry.node);
            if (!sent.has(key)) unsent.set(key, `${what} was received by ${entry.node}; expected it to have been sent`);
          }
          if (cluster.world === "sim" || cluster.phase === "settling")
            for (const what of unsent.values()) wrong ??= what;
          return wrong;
        },
      };
    },
  };
}
