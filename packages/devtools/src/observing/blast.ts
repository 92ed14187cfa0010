import type { Cell, Kernel } from "@espalier/runtime";

/** Links that are followed at most: of processes that trap exits, too. */
const followedMax = 10_000;

/**
 * Which processes of this node end if `cell` ends with an error: those linked with it, those linked with these, and so on, without those that trap
 * exits. `more`: there are, or may be, more than `max`.
 */
export function blastOf(
  kernel: Kernel,
  cell: Cell,
  max: number,
): { readonly cells: readonly Cell[]; readonly more: boolean } {
  const hit = new Set<Cell>([cell]);
  let followed = 0;
  for (const { links } of hit) {
    for (const peer of links ?? []) {
      if (followed === followedMax || hit.size > max) return { cells: [...hit].slice(1, max + 1), more: true };
      followed += 1;
      const other = kernel.find(peer) ?? kernel.guests.get(peer.key);
      if (other !== undefined && other.alive && !other.trapping) hit.add(other);
    }
  }
  return { cells: [...hit].slice(1), more: false };
}
