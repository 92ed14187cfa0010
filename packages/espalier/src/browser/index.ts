/**
 * Espalier in a page, or in a worker of one: everything but what needs an OS process. A page can be a node that connects to nodes that listen.
 */
import "../builtins.ts";
import type { Node as RunningNode } from "@espalier/runtime";

export * from "../common.ts";

export * as Application from "../application.namespace.ts";
export * as Node from "./node.namespace.ts";
/** A place where processes run. */
export type Node = RunningNode;
export type { NodeOptions } from "./node.ts";
export { createIdentity, readIdentity } from "./identity.ts";
