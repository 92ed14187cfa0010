import { causeOf, shutdown, type Cause, type LocalGenerator } from "@espalier/heartbeat";
import { isExit, Pid, Process, StartError, type Exit, type ProcessGroup, type Self } from "@espalier/runtime";
import type { ApplicationDefinition, ApplicationType } from "./application-definition.ts";
import { enterGroup, killGroup } from "./application-group.ts";
import { phasesOf } from "./application-order.ts";
import { publishApplication } from "./application-report.ts";
import { startLink } from "./manage.ts";

/** An order to a master: stop. */
export class StopApplication {
  readonly stop = true;
}

/** What a master tells the controller. */
export class MasterNews {
  readonly master: Pid;
  readonly news: News;

  constructor(master: Pid, news: News) {
    this.master = master;
    this.news = news;
  }
}

export type News =
  | { readonly type: "started"; readonly tree: Pid }
  | { readonly type: "failed"; readonly cause: Cause }
  /** `ordered`: it was told to. */
  | { readonly type: "ended"; readonly cause: Cause; readonly ordered: boolean };

/**
 * The process that starts and stops one application, as OTP's application master: the tree is linked with it, and all processes of the application
 * are in its group. Its parent is the controller.
 */
export function* applicationMaster(
  self: Self<any>,
  application: ApplicationDefinition,
  type: ApplicationType,
  group: ProcessGroup,
): LocalGenerator<void> {
  const { name, spec } = application;
  const controller = (yield* Process.parent()) as Pid<any>;
  const tell = (news: News) => Process.send(controller, new MasterNews(self.pid, news));
  yield* enterGroup(group);
  yield* self.trapExit();

  let tree: Pid | null = null;
  let state: unknown;
  try {
    ({ tree, state } = startedOf(yield* starting(application, type)));
    for (const phase of phasesOf(application)) yield* phase(state, type);
  } catch (error) {
    if (tree !== null) yield* endTree(self, tree);
    yield* killGroup(group);
    yield* tell({ type: "failed", cause: error instanceof StartError ? error.reason : causeOf(error) });
    return;
  }
  yield* tell({ type: "started", tree });

  const top = tree;
  const message: StopApplication | Exit = yield* self.receive({
    match: (message) =>
      message instanceof StopApplication ||
      (isExit(message) && (message.from.equals(top) || message.from.equals(controller))),
  });
  const ended = isExit(message) && message.from.equals(top) ? message.cause : null;
  if (ended === null) {
    const next = yield* calling("prepStop");
    if (next !== undefined) state = next;
    yield* endTree(self, top);
  }
  yield* calling("stop");
  yield* killGroup(group);
  yield* tell({ type: "ended", cause: ended ?? shutdown, ordered: ended === null });

  /** An error of a callback is reported, and the application is stopped all the same. */
  function* calling(callback: "prepStop" | "stop"): LocalGenerator<unknown> {
    const callee = spec[callback];
    try {
      return callee === undefined ? undefined : yield* callee(state);
    } catch (error) {
      yield* publishApplication(name, type, { type: "callback-failed", callback, cause: causeOf(error) });
      return undefined;
    }
  }
}

function* starting({ spec }: ApplicationDefinition, type: ApplicationType): LocalGenerator<unknown> {
  if (spec.start !== undefined) return yield* spec.start(type);
  return spec.tree === undefined ? undefined : yield* startLink(spec.tree);
}

/** @throws StartError with `bad-return` for what is no tree (R-1207). */
function startedOf(result: unknown): { readonly tree: Pid; readonly state: unknown } {
  const { tree, state } = (treeOf(result) === null ? (result ?? {}) : { tree: result }) as Record<string, unknown>;
  const pid = treeOf(tree);
  if (pid !== null) return { tree: pid, state };
  throw new StartError("start", { type: "exit", reason: { type: "bad-return", value: result } });
}

function treeOf(tree: unknown): Pid | null {
  if (tree instanceof Pid) return tree as Pid;
  const pid = typeof tree === "object" && tree !== null && "target" in tree ? tree.target : null;
  return pid instanceof Pid ? (pid as Pid) : null;
}

/** As a supervisor ends a supervisor: it has all the time. */
function* endTree(self: Self<any>, tree: Pid): LocalGenerator<void> {
  yield* Process.exit(tree, shutdown);
  yield* self.receive({ match: (message) => isExit(message) && message.from.equals(tree) });
}
