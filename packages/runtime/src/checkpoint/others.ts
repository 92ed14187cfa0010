import type { Cell } from "../cell.ts";
import { GuestPlace } from "../distribution/guest-place.ts";
import { TaskMarker } from "../tasks/task.ts";

/**
 * Who else decides what becomes of a process when its node is lost, so that it must not be resumed besides; null when nobody does. A process that
 * was resumed and started again by its supervisor would be there twice.
 */
export function otherDecider(cell: Cell): string | null {
  const { parent, links, stack, starter, place } = cell;
  if (stack !== null && stack.some((entry) => entry instanceof TaskMarker)) {
    return `it is a task, and its result is awaited; let Process.spawn or Remote.fork start it`;
  }
  if (links !== null && links.has(parent)) {
    return `it is linked with its parent ${parent.toString()}, which is told when this node is lost, and may start it again; let Process.spawn or Remote.fork start it, without a link`;
  }
  if (starter !== null) return "whoever started it still waits for it to be ready; call self.ready first";
  if (place instanceof GuestPlace && place.awaited) {
    return "its result is awaited on another node, which is told when this node is lost, and may start it again; let Process.spawn or Remote.fork start it";
  }
  return null;
}
