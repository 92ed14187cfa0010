/**
 * The testkit for vitest: `test` with clusters as fixtures, campaigns and replays, and `expect` with matchers about processes, heartbeats,
 * supervisors and histories.
 */
export { afterAll, afterEach, beforeAll, beforeEach, describe, vi } from "vitest";
export { ChaosError } from "./chaos.ts";
export type { ChaosOptions } from "./chaos.ts";
export type { Cluster } from "./clusters.ts";
export type { LocalOptions } from "./local.ts";
export { expect } from "./matchers.ts";
export type { EventuallyOptions, RestartedWhere, Where } from "./matchers.ts";
export { test, test as it } from "./test.ts";
export type { ChaosTests, Fixtures } from "./test.ts";
export { treeOf } from "./tree.ts";
