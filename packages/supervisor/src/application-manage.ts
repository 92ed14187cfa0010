import { CauseError, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { StartError } from "@espalier/runtime";
import { controllerOf, type RunningApplication, type StartApplicationReply } from "./application-controller.ts";
import { checkType, type ApplicationDefinition, type ApplicationType } from "./application-definition.ts";
import { startOrder } from "./application-order.ts";

/** How to start an application. */
export interface StartApplicationOptions {
  /** What its end means for the node; as the definition says unless given. */
  readonly type?: ApplicationType;
}

/**
 * Makes an application known on this node, with what it depends on: where others have it as `optional`, it is there (R-1203). Starting one does so,
 * too.
 *
 * - Errors: TypeError when another application of its name is known.
 */
export function* load(application: ApplicationDefinition): LocalGenerator<void> {
  const controller = yield* controllerOf();
  if (!(yield* controller.call.load(application).within("infinity"))) throw nameTaken(application);
}

/**
 * Starts an application of this node, and returns when it has started: its tree is up, and its phases have run.
 *
 * - Errors: StartError whose reason is an `exit` with `{ type: "not-started", application }` for the first dependency that does not run, or
 *   `{ type: "already-started", application }` (R-1201), or why the tree did not start (R-1207); then nothing of it is left.
 */
export function* start(
  application: ApplicationDefinition,
  options: StartApplicationOptions = {},
): LocalGenerator<void> {
  const reply = yield* startReply(application, options);
  if (reply.type !== "started") throw startError(application, reply);
}

/** Like {@link start}, and content with an application that runs already. */
export function* ensureStarted(
  application: ApplicationDefinition,
  options: StartApplicationOptions = {},
): LocalGenerator<void> {
  const reply = yield* startReply(application, options);
  if (reply.type !== "started" && reply.type !== "already-started") throw startError(application, reply);
}

/**
 * Starts an application and before it whatever it needs, and returns the names of those that were not running, in the order in which they have
 * started (R-1202).
 *
 * - Errors: those of {@link start}, of the application that did not start, and an `exit` with `{ type: "circle", names }` when applications need each
 *   other. Then those that this has started are stopped again, and those that ran before are left as they are.
 */
export function* ensureAllStarted(
  application: ApplicationDefinition,
  options: StartApplicationOptions = {},
): LocalGenerator<readonly string[]> {
  yield* load(application);
  const known = yield* (yield* controllerOf()).call.find().within("infinity");
  const order = startOrder<ApplicationDefinition>(application, (name) => known.get(name));
  if (order.type === "circle") {
    throw new StartError(application.name, { type: "exit", reason: { type: "circle", names: order.names } });
  }
  const started: ApplicationDefinition[] = [];
  try {
    for (const next of order.applications) {
      const reply = yield* startReply(next, options);
      if (reply.type === "started") started.push(next);
      else if (reply.type !== "already-started") throw startError(next, reply);
    }
  } catch (error) {
    for (const { name } of started.toReversed()) {
      yield* (yield* controllerOf()).call.stop(name).within("infinity");
    }
    throw error;
  }
  return started.map(({ name }) => name);
}

/**
 * Stops an application, and returns when nothing of it is left: `prepStop`, the tree in reverse order, `stop`, and then whatever it has started and
 * left behind is killed (R-1205). It has not ended by itself, so this never stops the node. What depends on it is not asked.
 *
 * - Errors: CauseError with an `exit` with `{ type: "not-started", application }`.
 */
export function* stop({ name }: { readonly name: string }): LocalGenerator<void> {
  const reply = yield* (yield* controllerOf()).call.stop(name).within("infinity");
  if (reply.type === "not-started")
    throw new CauseError({ type: "exit", reason: { type: "not-started", application: name } });
}

/** The applications that run on this node, in the order in which they have started. */
export function* which(): LocalGenerator<readonly RunningApplication[]> {
  return yield* (yield* controllerOf()).call.which().within("infinity");
}

/** The names of the applications that are known on this node. */
export function* loaded(): LocalGenerator<readonly string[]> {
  return yield* (yield* controllerOf()).call.loaded().within("infinity");
}

function* startReply(
  application: ApplicationDefinition,
  { type = application.type }: StartApplicationOptions,
): LocalGenerator<StartApplicationReply> {
  checkType(type, `type of application ${application.name}`);
  return yield* (yield* controllerOf()).call.start(application, type).within("infinity");
}

function startError(
  application: ApplicationDefinition,
  reply: Exclude<StartApplicationReply, { readonly type: "started" }>,
): StartError | TypeError {
  const { name } = application;
  const failed = (cause: Cause): StartError => new StartError(name, cause);
  switch (reply.type) {
    case "already-started":
      return failed({ type: "exit", reason: { type: "already-started", application: name } });
    case "not-started":
      return failed({ type: "exit", reason: { type: "not-started", application: reply.application } });
    case "failed":
      return failed(reply.cause);
    case "name-taken":
      return nameTaken(application);
  }
}

function nameTaken({ name }: ApplicationDefinition): TypeError {
  return new TypeError(
    `application ${JSON.stringify(name)}: expected the one that this node knows by that name, or by the name of what it depends on, got another`,
  );
}
