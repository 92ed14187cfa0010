import type { Applied, Tally } from "../fault/controls.ts";
import type { End, Lane, Parcel } from "./pipe.ts";

/** A pipe as the network sees it. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly near: End;
  /** Null until it was accepted. */
  far: End | null;
  /** What `from` sends, and what `to` does. */
  readonly there: Lane;
  readonly back: Lane;
}

/** Both ends see it closed, and what is under way is lost. */
export function breakConnection({ near, far, there, back }: Connection): void {
  there.clear();
  back.clear();
  near.cut("the connection was cut");
  far?.cut("the connection was cut");
}

/** What `from` sends is lost; a connection breaks once `frames` were, or at the end if anything was. Effective: for each frame. */
export function loseTail(connections: readonly Connection[], from: string, frames: number): Applied {
  const tally: Tally = { effective: 0 };
  const ends = connections.map((connection) => {
    const lane = connection.from === from ? connection.there : connection.back;
    let lost = 0;
    let broken = false;
    const loss = ({ type }: Parcel): void => {
      lost += 1;
      if (type === "frame") tally.effective += 1;
      if (lost < frames || broken) return;
      broken = true;
      breakConnection(connection);
    };
    lane.lose(loss);
    return () => {
      if (lost === 0) lane.keep(loss);
      else if (!broken) breakConnection(connection);
    };
  });
  return { tally, end: () => ends.forEach((end) => end()) };
}

/** `kept` is not told before the end that the other end of its connections is gone. Effective: for each connection. */
export function halfOpen(connections: readonly Connection[], kept: string): Applied {
  const tally: Tally = { effective: 0 };
  const reset: End[] = [];
  for (const { from, near, far, there, back } of connections) {
    if (far === null || near.isClosed || far.isClosed) continue;
    const [living, dead] = from === kept ? [near, far] : [far, near];
    for (const lane of [there, back]) lane.lose(() => {});
    dead.cut("the connection was lost");
    reset.push(living);
    tally.effective += 1;
  }
  return { tally, end: () => reset.forEach((end) => end.cut("the connection was reset")) };
}
