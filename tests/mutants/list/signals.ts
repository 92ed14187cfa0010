import type { Mutant } from "@espalier/testkit/command";

const src = "packages/runtime/src";

/** The scenario of a rule. */
function rule(section: string, title: string): Pick<Mutant, "scenario" | "seed"> {
  return { scenario: [`tests/conformance/rules/${section}.ts`, title], seed: 1 };
}

/** Exit signals, links, order, bounded mailboxes, synchronous starts. */
export const signalMutants: readonly Mutant[] = [
  {
    id: "R101",
    title: "an exit signal of a link that was taken away is delivered",
    file: `${src}/exits/signal.ts`,
    find: `  if (signal.link && !receiver.linked) return "drop";`,
    replace: ``,
    ...rule(
      "starting",
      "R-604, R-606 when startLink says ignored or failed the process is dead, and of its silent end no EXIT comes",
    ),
  },
  {
    id: "R104",
    title: "a kill through a link is an explicit one",
    file: `${src}/exits/signal.ts`,
    find: `  if (!signal.link && signal.cause.type === "kill") return "kill";`,
    replace: `  if (signal.cause.type === "kill") return "kill";`,
    ...rule("processes", "R-104 a kill through links stays kill, down chains of any length"),
  },
  {
    id: "R107",
    title: "normal from oneself does nothing",
    file: `${src}/exits/signal.ts`,
    find: `  if (signal.cause.type === "normal" && !signal.toSelf) return "drop";`,
    replace: `  if (signal.cause.type === "normal") return "drop";`,
    ...rule(
      "processes",
      "R-102, R-103, R-105, R-106, R-107 an exit signal does what the table says, by any way, for any cause and receiver",
    ),
  },
  {
    id: "R130",
    title: "a name is released after the watchers were told",
    file: `${src}/kernel.ts`,
    find: `    if (cell.name !== null) this.unregister(cell);
    if (cell.alarms`,
    replace: `    if (cell.name !== null) this.host.loop.soon(() => this.unregister(cell));
    if (cell.alarms`,
    ...rule(
      "processes",
      "R-130 a name is free again when a DOWN, an EXIT or the answer that its process is not alive is there",
    ),
  },
  {
    id: "R208",
    title: "a link that was made again on both sides is lost when it crosses with both unlinks",
    file: `${src}/distribution/signals.ts`,
    find: `this.#unlinking.get(key)?.relinked === false`,
    replace: `this.#unlinking.get(key) !== undefined`,
    ...rule(
      "links",
      "R-208 when both unlink and link again while that crosses, they are linked: an unlink and its answer undo no later link",
    ),
  },
  {
    id: "R206",
    title: "an exit that crosses with an unlink ends the link that was made again",
    file: `${src}/distribution/signals.ts`,
    find: `          if (message.link && this.#unlinking.has(pair(to, from))) return;`,
    replace: ``,
    ...rule(
      "links",
      "R-208 an exit signal that was on its way when the link was taken away is not that of the link that is made again",
    ),
  },
  {
    id: "R209",
    title: "whom a process was linked with lists it after its end",
    file: `${src}/exits/exits.ts`,
    find: `cell.links.delete(from);
    const toSelf`,
    replace: `cell.links.has(from);
    const toSelf`,
    ...rule("links", "R-209 when a process ends nobody lists it as linked"),
  },
  {
    id: "R409",
    title: "who waits for room in a full mailbox does not wait",
    file: `${src}/mailbox/bounded-mailbox.ts`,
    find: `    return this.#kernel.wait(sender, sending);`,
    replace: `    return undefined;`,
    ...rule(
      "signals",
      "R-409 a process with a bounded mailbox holds back its senders, and nobody and nothing else (S228)",
    ),
  },
  {
    id: "R409a",
    title: "a message for which there is room overtakes those that wait",
    file: `${src}/mailbox/bounded-mailbox.ts`,
    find: `      super.push(next);
      sending?.over();`,
    replace: `      super.pushUrgent(next);
      sending?.over();`,
    ...rule("signals", "R-409 the same from another node"),
  },
  {
    id: "R410",
    title: "a selective receive takes the newest that matches",
    file: "packages/channels/src/queue.ts",
    find: `      if (matches(this.at(index) as T)) return index;`,
    replace: `      if (matches(this.at(this.#length - 1 - index + from) as T)) return this.#length - 1 - index + from;`,
    ...rule(
      "signals",
      "R-410 receive takes the oldest message that matches, leaves the others in order, and polls with 0",
    ),
  },
  {
    id: "R603",
    title: "a process that takes too long to start is left alone",
    file: `${src}/spawning/start.ts`,
    find: `    kernel.effect(owner, target, { type: "exit", from: owner.pid, cause: { type: "kill" }, link: false });`,
    replace: `    this.down(kernel, { type: "killed" });`,
    ...rule(
      "starting",
      "R-603, R-604 one that takes too long is killed and dead when start says timeout, with no EXIT left; a monitor tells of killed",
    ),
  },
  {
    id: "R606",
    title: "a crash before it is ready does not end its linked starter",
    file: `${src}/spawning/start.ts`,
    find: `owner.trapping || cause.type === "normal") owner`,
    replace: `true) owner`,
    ...rule(
      "starting",
      "R-606 a crash before it is ready ends a linked starter that does not trap exits, an end with normal does not",
    ),
  },
];
