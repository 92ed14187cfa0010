/**
 * Espalier: an Erlang-style actor runtime for TypeScript, with supervision trees that span machines.
 *
 * This package is the parts put together for Node. Each part is a package of its own. A page takes `espalier/browser`.
 */
import "./builtins.ts";
import "./node/resolver.ts";
import type { DevTools as RunningDevTools } from "@espalier/devtools/node";
import type { Node as RunningNode } from "@espalier/runtime";
import type { Container as RunningContainer } from "./node/container.ts";

export * from "./common.ts";

export * as Application from "./node/application.namespace.ts";
export type { ApplicationOptions } from "./node/application.ts";
export { ContainerStoppedError, IdentityTakenError, UnknownNodeError } from "@espalier/container";
export type { ContainerEvent, ContainerView, RefusalKind, ResidentStatus, ResidentView } from "@espalier/container";
export * as Container from "./node/container.namespace.ts";
/** Many nodes behind one port. */
export type Container = RunningContainer;
export type { ContainerNodeOptions, ContainerOptions } from "./node/container.ts";
export * as DevTools from "./node/devtools.namespace.ts";
/** What serves dev tools. */
export type DevTools = RunningDevTools;
export type { DevToolsOptions } from "./node/devtools.ts";
export * as Node from "./node/node.namespace.ts";
/** A place where processes run. */
export type Node = RunningNode;
export type { NodeOptions } from "./node/node.ts";
export { createIdentity, readIdentity } from "./node/identity.ts";
export type { SandboxOptions } from "./node/sandbox.ts";
