import { Process, type LocalGenerator, type Statechart, type StatechartRef } from "espalier";
import { setup, type AnyStateMachine } from "xstate";

/** An event without anything to it, for machines that are about order. */
export type Event = { readonly type: string; readonly from?: Statechart.From<any> };

/** Machines that write down what they do. */
export function recording(): { readonly lines: string[]; readonly note: (line: string) => () => void } {
  const lines: string[] = [];
  return { lines, note: (line) => () => void lines.push(line) };
}

export const plain = setup({ types: { events: {} as Event } });

/** One with a context. */
export const keeping = setup({
  types: { events: {} as Event, context: {} as { readonly kept: Statechart.From<any> | null; readonly n: number } },
});

/** Sends events one after the other, so that they are taken in this order. */
export function* sendAll<T extends AnyStateMachine>(
  chart: StatechartRef<T>,
  ...types: readonly string[]
): LocalGenerator<void> {
  for (const type of types) yield* chart.send({ type } as never);
}

/** Lets everything that is under way come to rest. */
export function* settled(ms = 1): LocalGenerator<void> {
  yield* Process.sleep(ms);
}

/** Notes each event by its type. */
export function noting(lines: string[]): { readonly actions: (args: { event: { type: string } }) => void } {
  return { actions: ({ event }) => void lines.push(event.type) };
}
