import { Queue } from "@espalier/channels";
import type { Loop } from "../host.ts";

/**
 * How many turns what waits in sockets gets to be read (H19). Nothing is promised: after a stall Chromium 156 had read up to some 100 KiB within
 * two, and more of it bit by bit, as its other process hands it over.
 */
const turnsOfInput = 8;

/**
 * The event loop of a page or a worker.
 *
 * A message to oneself is a task of its own, so that clicks, painting and sockets have their turn in between. It is neither held up nor slowed
 * down as timers are: those wait at least 4 ms when one sets the next, and much longer in a page that nobody sees.
 */
export function browserLoop(): Loop {
  const { port1: inbox, port2: outbox } = new MessageChannel();
  const tasks = new Queue<() => void>();
  inbox.addEventListener("message", () => tasks.shift()?.());
  inbox.start();
  const soon = (task: () => void): void => {
    tasks.push(task);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- Ports have none; windows do.
    outbox.postMessage(null);
  };
  const later = (turns: number, task: () => void): void => soon(turns === 1 ? task : () => later(turns - 1, task));
  return { soon, afterInput: (task) => later(turnsOfInput, task) };
}
