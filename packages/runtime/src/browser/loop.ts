import { Queue } from "@espalier/channels";
import type { Loop } from "../host.ts";

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
