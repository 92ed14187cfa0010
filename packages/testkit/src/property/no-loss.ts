import type { Property } from "../scenario/property.ts";
import { describeMessage, FlowReader, type FlowStep } from "./flow.ts";

/**
 * What was said to be delivered was received, and what was refused was not (P27). Its first half is for `eventually`; as part of `always`
 * what is on its way would count as lost.
 *
 * A message is `sent(place, op, id)`, with its outcome, and `received(place, op, id)`. `ok` asks for a receipt, `failed` for none, and of
 * one whose outcome is unknown nothing is asked. What somebody received and forgot in a crash counts as received.
 */
export function noLoss(op: string): Property {
  return {
    name: `noLoss(${op}) (P27)`,
    begin({ history }) {
      const reader = new FlowReader(history, op);
      const receivers = new Map<string, string>();
      /** Sent, and not yet known to be received or to ask for nothing. */
      const open = new Map<string, FlowStep>();
      return {
        check() {
          for (const step of reader.steps()) {
            if (step.type === "sent") open.set(step.key, step);
            else receivers.set(step.key, step.entry.node);
          }
          for (const [key, step] of open) {
            const receiver = receivers.get(key);
            const { outcome, node } = step.entry;
            const who = `${describeMessage(op, step)}, sent by ${node}`;
            if (outcome.type === "failed" && receiver !== undefined) {
              return `${who}, was refused (${outcome.reason}), and ${receiver} received it; expected nobody to`;
            }
            if (outcome.type === "ok" && receiver === undefined)
              return `${who}, was delivered; expected somebody to receive it`;
            if (outcome.type === "ok") open.delete(key);
          }
          return null;
        },
      };
    },
  };
}
