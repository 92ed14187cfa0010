import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import { checkBody } from "../spawning/body.ts";
import { InKernel } from "../in-kernel.ts";
import { Launch, type AnyBody } from "../spawning/launch.ts";
import { Demonitor, Monitor } from "../exits/monitor.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Ref } from "../addresses/ref.ts";
import type { Self } from "../self.ts";
import { Task, TaskMarker, TaskWatch } from "./task.ts";
import { suspended } from "../waiting.ts";

/** What a process that somebody else has started is to do for the owner of its task. */
class TaskOrder {
  readonly ref: Ref;
  readonly body: AnyBody;
  readonly parameters: readonly unknown[];

  constructor(ref: Ref, body: AnyBody, parameters: readonly unknown[]) {
    this.ref = ref;
    this.body = body;
    this.parameters = parameters;
  }
}

/**
 * The body of a process that becomes the task of `owner`, although another process starts it, such as a supervisor: it does what it is told by
 * {@link adoptTask}. When the owner ends before that, so does it.
 */
export function* supervisedTask(self: Self<any>, owner: Pid): LocalGenerator<unknown> {
  const watching = yield* new Monitor(owner, null);
  const order: unknown = yield* self.receive({
    match: (message) => message instanceof TaskOrder || message?.ref === watching,
  });
  if (!(order instanceof TaskOrder)) return undefined;
  yield* new Demonitor(watching, { flush: true });
  return yield* new InKernel<any>((kernel, cell) => {
    kernel.scheduler.enter(cell, new Launch(kernel, order.body, order.parameters), new TaskMarker(order.ref));
    return suspended;
  });
}

/**
 * Makes a process of this node that runs {@link supervisedTask} for this process its task: it is watched, and linked if that is asked for, before
 * anything of `body` runs. An `owned` one ends with this process without a link, too.
 */
export function adoptTask(
  pid: Pid<any>,
  body: AnyBody,
  parameters: readonly unknown[],
  { link, owned = false }: { readonly link: boolean; readonly owned?: boolean },
): Operation<Task<any>> {
  checkBody(body, "adoptTask");
  return new InKernel((kernel, cell) => {
    const ref = kernel.newRef(cell);
    const watch = new TaskWatch(cell, ref, pid, link || owned);
    if (link && kernel.addLink(cell, pid)) kernel.effect(cell, pid, { type: "link", from: cell.pid });
    kernel.startWatch(watch);
    kernel.effect(cell, pid, { type: "message", message: new TaskOrder(ref, body, parameters) });
    return new Task(pid, ref);
  });
}
