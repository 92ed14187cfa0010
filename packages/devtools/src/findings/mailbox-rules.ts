import { Doing, type Cell } from "@espalier/runtime";
import type { Evidence, Look, Rule } from "./rule.ts";
import { thresholds } from "./thresholds.ts";
import { amount, nameOf } from "./words.ts";

/** A mailbox that is long and gets longer. */
export const mailboxGrowing: Rule = {
  name: "mailbox-growing",
  forMs: thresholds.mailboxGrowing.forMs,
  keptMs: 5_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    for (const { slot, cell, waiting } of processes(look, look.sample.extremes.growing)) {
      if (waiting < thresholds.mailboxGrowing.messages) continue;
      const perSecond = look.sample.rate(look.sample.mailbox, slot) ?? 0;
      yield {
        about: cell.pid.key,
        severity: "warning",
        text: `The mailbox of ${nameOf(look, cell)} grows by ${amount(perSecond)} messages a second: ${amount(waiting)} wait.`,
        hint: "Look at what it is handling, and at who sends to it; bound its mailbox, or spread the work over more processes.",
        pid: cell.pid.key,
      };
    }
  },
};

/** A mailbox that is very long, whether it grows or not. */
export const mailboxHuge: Rule = {
  name: "mailbox-huge",
  forMs: 0,
  keptMs: 3_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    const { messages, criticalMessages } = thresholds.mailboxHuge;
    for (const { cell, waiting } of processes(look, look.sample.extremes.longest)) {
      if (waiting < messages) continue;
      yield {
        about: cell.pid.key,
        severity: waiting >= criticalMessages ? "critical" : "warning",
        text: `${amount(waiting)} messages wait in the mailbox of ${nameOf(look, cell)}.`,
        hint: "If it does not get shorter by itself, restarting the process drops what waits; a bounded mailbox makes senders wait.",
        pid: cell.pid.key,
      };
    }
  },
};

/** A process that waits for one thing while others wait for it. */
export const handlerStuck: Rule = {
  name: "handler-stuck",
  forMs: 0,
  keptMs: 2_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    const { waitingMs, criticalMs } = thresholds.handlerStuck;
    for (const { slot, cell, waiting } of processes(look, look.sample.extremes.stuck)) {
      const doingMs = look.rows.doingMs(slot);
      if (doingMs < waitingMs || cell.waiting === null || cell.waiting.what === "receive") continue;
      const messages = waiting === 1 ? "a message waits" : `${amount(waiting)} messages wait`;
      yield {
        about: cell.pid.key,
        severity: doingMs >= criticalMs ? "critical" : "warning",
        text: `${nameOf(look, cell)} has waited for ${cell.waiting.what} for ${Math.floor(doingMs / 1000)} s, while ${messages} for it.`,
        hint: "Look at what it waits on; do what may take long in a process of its own, or give it a limit of time.",
        pid: cell.pid.key,
      };
    }
  },
};

/** A process that looks for one message among many. */
export const selectiveReceive: Rule = {
  name: "selective-receive",
  forMs: thresholds.selectiveReceive.forMs,
  keptMs: 3_000,
  *find(look: Look): Generator<Evidence, void, undefined> {
    const { doing } = look.node.kernel.columns;
    for (const { slot, cell, waiting } of processes(look, look.sample.extremes.longest)) {
      if (waiting < thresholds.selectiveReceive.messages) continue;
      if (doing[slot] !== Doing.waiting || cell.waiting?.what !== "receive") continue;
      yield {
        about: cell.pid.key,
        severity: "warning",
        text: `${nameOf(look, cell)} waits for a message that matches, while ${amount(waiting)} others wait that do not.`,
        hint: "It passes over them again and again: receive any message and sort afterwards, or call from a process that gets nothing else.",
        pid: cell.pid.key,
      };
    }
  },
};

interface Found {
  readonly slot: number;
  readonly cell: Cell;
  readonly waiting: number;
}

function* processes({ node, sample }: Look, slots: readonly number[]): Generator<Found, void, undefined> {
  const { cells, mailbox } = node.kernel.columns;
  for (const slot of slots) {
    const cell = cells[slot];
    if (cell !== null && cell !== undefined && sample.has(slot)) yield { slot, cell, waiting: mailbox[slot] as number };
  }
}
