import type { Recording } from "../../protocol/recording.ts";
import { laneOf, type LaneId } from "./lanes.ts";

/** The events of a lane (null: of all) in whose words or type a text is, upper and lower case alike. Of crashes: the ends of processes. */
export function filtered(events: Recording["events"], lane: LaneId | null, text: string): Recording["events"] {
  const sought = text.trim().toLowerCase();
  if (lane === null && sought === "") return events;
  return events.filter(
    (event) =>
      (lane === null || (lane === "crashes" ? event.type === "exit" : laneOf(event.type) === lane)) &&
      (sought === "" || event.text.toLowerCase().includes(sought) || event.type.includes(sought)),
  );
}
