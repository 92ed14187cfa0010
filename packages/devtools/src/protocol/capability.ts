/**
 * What a token lets its holder do, each plane by itself.
 *
 * | plane | |
 * | --- | --- |
 * | `inspect` | see names, numbers, kinds of messages, crashes |
 * | `values` | see what is in messages and states |
 * | `manage` | suspend, restart, end processes, send to them |
 * | `chaos` | do harm on purpose, with the testkit |
 */
export type Plane = "inspect" | "values" | "manage" | "chaos";

export const planes: readonly Plane[] = ["inspect", "values", "manage", "chaos"];
