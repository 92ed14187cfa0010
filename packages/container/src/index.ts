export { Container } from "./container.ts";
export type { ContainerOptions, ContainerView, ResidentView } from "./container.ts";
export { ContainerStoppedError, IdentityTakenError, UnknownNodeError } from "./errors.ts";
export type { ContainerEvent, RefusalKind, ResidentStatus } from "./events.ts";
export type { Quarters, ResidentRecord } from "./residence.ts";
export { residenceMachine, residenceTable } from "./residence.machine.ts";
