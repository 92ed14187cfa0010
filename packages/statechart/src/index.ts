export * as Statechart from "./statechart.namespace.ts";
export type { StatechartAction, When } from "./actions.ts";
export type { StatechartDefinition } from "./define.ts";
export type { StatechartOptions } from "./options.ts";
export type { PersistedStatechart, StatechartState } from "./persist.ts";
export type { ProcessBody, ProcessLogic } from "./process-logic.ts";
export type { StatechartRef, StatechartStartOptions } from "./reference.ts";
export type { PersistedTimeout, TimeoutKind } from "./timeouts.ts";
export type { StatechartView } from "./view.ts";
