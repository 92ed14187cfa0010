import type { Property } from "../scenario/property.ts";
import { describeMessage, FlowReader, type FlowStep } from "./flow.ts";

/**
 * What is received of one flow is received in the order in which it was sent (P26, R-401). For `always`.
 *
 * A message is `sent(place, op, id, flow)` and `received(place, op, id, flow)`; a flow should be from one sender to one receiver, because
 * that is all that is promised. Gaps are allowed: they are `noLoss`'s. In real processes the receipts of one receiver keep their order, and
 * so do the messages of one sender; of a receipt that stands before its sending nothing is said.
 */
export function fifo(op: string): Property {
  return {
    name: `fifo(${op}) (P26)`,
    begin({ history }) {
      const reader = new FlowReader(history, op);
      /** The place of each message in its flow. */
      const order = new Map<string, number>();
      const last = new Map<string, { readonly place: number; readonly step: FlowStep }>();
      let wrong: string | null = null;
      return {
        check() {
          for (const step of reader.steps()) {
            if (step.type === "sent") {
              order.set(step.key, order.size);
              continue;
            }
            const place = order.get(step.key);
            const before = last.get(step.flow);
            if (place === undefined) continue;
            if (before !== undefined && before.place > place) {
              const [later, earlier] = [describeMessage(op, before.step), describeMessage(op, step)];
              wrong ??= `${step.entry.node} received ${earlier} after ${later}, which was sent later; expected the order of sending`;
            }
            if (before === undefined || before.place < place) last.set(step.flow, { place, step });
          }
          return wrong;
        },
      };
    },
  };
}
