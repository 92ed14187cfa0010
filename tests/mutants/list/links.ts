import type { Mutant } from "@espalier/testkit/command";
import { caughtBy, provenBy, seedsMax } from "./scenarios.ts";

const src = "packages/runtime/src";

/** Links, monitors, ends of processes, and channels. */
export const linkMutants: readonly Mutant[] = [
  {
    id: "B14",
    title: "a link that crosses with an unlink leaves one side linked",
    file: `${src}/distribution/signals.ts`,
    find: `if (this.#unlinking.get(key)?.relinked === false || !this.#refer(peer, key)) return;`,
    replace: `if (!this.#refer(peer, key)) return;`,
    scenario: caughtBy("links", "crossing"),
    seed: 9,
    seedsMax,
  },
  {
    id: "B20",
    title: "a monitor set while there is no connection, and none can be made, never fires",
    file: `${src}/distribution/peers.ts`,
    find: `    this.#lose(id);
    for (const { to, signal } of queue) this.#kernel.unreachable(to, signal, { type: "noconnection", node: id });`,
    replace: `    queue.length = 0;`,
    scenario: provenBy("links", "underEverything"),
    seed: 1,
    seedsMax,
  },
  {
    id: "N2",
    title: "links across a connection that broke stay",
    file: `${src}/kernel.ts`,
    find: `      if (!cell.alive || !isLost(peer)) continue;`,
    replace: `      if (!cell.alive || isLost(peer)) continue;`,
    scenario: provenBy("links", "underEverything"),
    seed: 3,
    seedsMax,
  },
  {
    id: "N3",
    title: "who ends does not tell whom it was linked with after the first",
    file: `${src}/exits/exits.ts`,
    find: `      if (links.rest !== null) for (const peer of links.rest.values()) kernel.route(cell.pid, peer, exit);`,
    replace: ``,
    scenario: provenBy("links", "crossing"),
    seed: 13,
    seedsMax,
  },
  {
    id: "N5",
    title: "a signal to an earlier life reaches whoever has its number now",
    file: `${src}/distribution/signals.ts`,
    find: `    if (incarnation === address.incarnation) return cells.get(serial)?.pid`,
    replace: `    if (serial > 0) return cells.get(serial)?.pid`,
    scenario: provenBy("links", "underEverything"),
    seed: 1,
    seedsMax,
  },
  {
    id: "B21",
    title: "a value that a receive took stays for the next",
    file: "packages/channels/src/mailbox.ts",
    find: `      receiver.hand(value);
      return "delivered";`,
    replace: `      receiver.hand(value);`,
    scenario: caughtBy("channels", "undisturbed"),
    seed: 1,
    seedsMax,
  },
  {
    id: "C1",
    title: "a receive whose time is over is handed a value",
    file: "packages/channels/src/mailbox.ts",
    find: `    listener.place?.leave();`,
    replace: ``,
    scenario: caughtBy("channels", "undisturbed"),
    seed: 2,
    seedsMax,
  },
  {
    id: "C2",
    title: "a value that is refused waits all the same",
    file: "packages/channels/src/mailbox.ts",
    find: `      case "refuse":
        return "full";`,
    replace: `      case "refuse":
        this.#accept(value);
        return "full";`,
    scenario: caughtBy("channels", "undisturbed"),
    seed: 1,
    seedsMax,
  },
];
