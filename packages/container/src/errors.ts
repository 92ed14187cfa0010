import type { NodeId } from "@espalier/runtime";

/** A node with this key lives in the container already, awake or asleep, or has not left it yet. */
export class IdentityTakenError extends Error {
  readonly code = "IDENTITY_TAKEN";
  readonly id: NodeId;

  constructor(id: NodeId) {
    super(`the node ${id} lives in this container already; give the new one another identity, or stop that one first`);
    this.name = "IdentityTakenError";
    this.id = id;
  }
}

/** No node with this key lives in the container. */
export class UnknownNodeError extends Error {
  readonly code = "UNKNOWN_NODE";
  readonly id: NodeId;

  constructor(id: NodeId) {
    super(`no node ${id} lives in this container; nodes() lists those that do`);
    this.name = "UnknownNodeError";
    this.id = id;
  }
}

/** The container was asked for something after it was stopped. */
export class ContainerStoppedError extends Error {
  readonly code = "CONTAINER_STOPPED";

  constructor() {
    super("the container is stopped");
    this.name = "ContainerStoppedError";
  }
}
