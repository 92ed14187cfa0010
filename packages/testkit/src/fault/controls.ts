/** How far a fault got. One that changed nothing has tested nothing. */
export interface Tally {
  /** What it did: frames held back, pipes cut, and so on. */
  effective: number;
}

/** A fault that has begun. */
export interface Applied {
  readonly tally: Tally;
  /** Puts right what the fault did, and nothing else. Called once. */
  end(): void;
}

/** From whom, to whom. */
export type Direction = readonly [from: string, to: string];

/**
 * What a world can do to its nodes and to what is between them: one implementation for each world, so that a fault is written once. Nodes go
 * by their names, which were checked. A control that found nothing to do says so by its tally, and its end does nothing then.
 */
export interface Controls {
  /** The process dies at once; the end starts it again at the same address, with its disk as it was left or `wipe`d. */
  crash(node: string, options: { readonly wipe: boolean }): Applied;
  /** The process runs nothing until the end (SIGSTOP). Effective: for each thing that waited. */
  pause(node: string): Applied;
  /** Nothing gets through in these directions; nothing is lost either. Effective: for each thing that was held back. */
  partition(directions: readonly Direction[]): Applied;
  /** As a partition, for the pipes that there are; new ones work. */
  stall(direction: Direction): Applied;
  /** Breaks every pipe between the two; what is under way is lost. Effective: for each pipe. */
  cut(a: string, b: string): Applied;
}
