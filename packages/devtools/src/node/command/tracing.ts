import { setTimeout as delay } from "node:timers/promises";
import type { TracedMessageRow } from "../../protocol/requests.ts";
import { layTable, type TextColumn } from "../terminal/table.ts";
import { count } from "../terminal/units.ts";
import { findProcess } from "./find-process.ts";
import { outcome, type Asking, type Outcome } from "./outcome.ts";
import type { OneShot } from "./usage.ts";

type Request = Extract<OneShot, { readonly command: "trace" }>;

/** A session that is not asked for within 10 s ends. */
const askMs = 3_000;
const pageCount = 500;

export async function trace({ program, node, stop }: Asking, { process, forMs }: Request): Promise<Outcome> {
  const { pid } = await findProcess(program, node, process);
  const ofNode = { node: node.id };
  await program.ask("trace.start", { ...ofNode, pids: [pid], maxMs: forMs });
  try {
    for (let leftMs = forMs; leftMs > 0; leftMs -= askMs) {
      await delay(Math.min(leftMs, askMs), undefined, { signal: stop });
      await program.ask("trace.get", { ...ofNode, first: 0, count: 0 });
    }
  } finally {
    await program.ask("trace.stop", ofNode);
  }
  const messages: TracedMessageRow[] = [];
  for (;;) {
    const page = await program.ask("trace.get", { ...ofNode, first: messages.length, count: pageCount });
    messages.push(...page.messages);
    if (page.messages.length > 0 && messages.length < page.total) continue;
    const { lost } = page;
    return outcome(
      { pid, forMs, messages, lost },
      (columns, theme) => {
        if (messages.length === 0) return [["no message came"]];
        const { head, rows } = layTable(messageColumns, messages, columns, theme);
        return [head, ...rows];
      },
      { isComplete: lost === 0, warnings: lost === 0 ? [] : [`${count(lost)} later messages were not kept`] },
    );
  }
}

const messageColumns: readonly TextColumn<TracedMessageRow>[] = [
  { title: "AT", width: 10, right: true, cell: ({ sentMs }) => milliseconds(sentMs) },
  { title: "KIND", width: 14, grows: true, cell: ({ kind }) => kind },
  { title: "FROM", width: 8, cell: ({ from }) => from?.slice(from.lastIndexOf("/") + 1) ?? "-" },
  { title: "WAITED", width: 10, right: true, cell: ({ waitedMs }) => milliseconds(waitedMs) },
  { title: "HANDLED", width: 10, right: true, cell: ({ handledMs }) => milliseconds(handledMs) },
];

/** Most of them are far below one. */
function milliseconds(ms: number | null): string {
  return ms === null ? "-" : `${ms.toFixed(ms < 10 ? 3 : 1)}ms`;
}
