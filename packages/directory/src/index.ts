export * as Registry from "./registry.namespace.ts";
export type { Registered, RegistryDefinition, RegistryEvent, RegistryKeys, RegistryOptions } from "./registry.ts";
export type { RegistryKey } from "./registry-key.ts";
export * as Group from "./group.namespace.ts";
export type { GroupEvent, GroupMonitor } from "./group.ts";
export * as Global from "./global.namespace.ts";
export type { GlobalNameConflict, LockId, Resolve, Retries } from "./global.ts";
