import type { Cell } from "../cell.ts";
import type { Ref } from "../addresses/ref.ts";

/** What monitors' maps made of their DOWN messages, by the serial of the ref: so that a flush finds it in the mailbox (R-308). */
type MappedDowns = Map<number, unknown>;

/** Few processes have any. */
const mappedDowns: WeakMap<Cell, MappedDowns> = new WeakMap();

/** So many are kept before it is looked which of them are still in the mailbox. */
const keptMin = 16;

/** `message` is in the mailbox of `cell`, or was handed over, as the DOWN of `ref`. */
export function rememberMapped(cell: Cell, ref: Ref, message: unknown): void {
  let mapped = mappedDowns.get(cell);
  if (mapped === undefined) mappedDowns.set(cell, (mapped = new Map()));
  mapped.set(ref.serial, message);
  // Nobody says when a message is received: those that were are forgotten before they are more than those that wait.
  if (mapped.size > keptMin && mapped.size > 2 * cell.mailbox.length) forgetReceived(mapped, cell);
}

function forgetReceived(mapped: MappedDowns, { mailbox, stash }: Cell): void {
  const waiting = new Set([...mailbox, ...(stash ?? [])]);
  for (const [serial, message] of mapped) if (!waiting.has(message)) mapped.delete(serial);
}

/** Where the message that the map of `ref`'s monitor made is in the mailbox; -1 when it is not there. */
export function indexOfMapped(cell: Cell, ref: Ref): number {
  const mapped = mappedDowns.get(cell);
  if (mapped === undefined || !mapped.has(ref.serial)) return -1;
  const message = mapped.get(ref.serial);
  mapped.delete(ref.serial);
  return cell.mailbox.findIndex((other) => other === message);
}

/** For a process that moves: the serials of monitors, and where in its mailbox the messages are that their maps made. */
export function captureMapped(cell: Cell): readonly (readonly [serial: number, index: number])[] {
  const mapped = mappedDowns.get(cell);
  if (mapped === undefined) return [];
  const captured: [number, number][] = [];
  for (const [serial, message] of mapped) {
    const index = cell.mailbox.findIndex((other) => other === message);
    if (index >= 0) captured.push([serial, index]);
  }
  return captured;
}

/** For a process that has arrived, and has its mailbox: what {@link captureMapped} gave. */
export function installMapped(cell: Cell, captured: readonly (readonly [serial: number, index: number])[]): void {
  if (captured.length === 0) return;
  mappedDowns.set(cell, new Map(captured.map(([serial, index]) => [serial, cell.mailbox.at(index)])));
}
