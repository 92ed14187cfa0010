import type { NodeSheet, Overview } from "../protocol/sheets.ts";

/** What only the platform can measure. */
export interface Gauges {
  readonly program: NodeSheet["program"];
  /** How late the event loop is; null where that is not measured. */
  loop(): Overview["loop"];
  memory(): Overview["memory"];
  /** What all looking costs of the event loop's time, in milliseconds a second. */
  costMsPerSecond(): number;
}
