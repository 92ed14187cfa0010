import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import { Server, type NodeEvent, type Pid, type Self } from "@espalier/runtime";
import {
  Supervisor,
  TaskSupervisor,
  type DynamicRef,
  type StartChildReply,
  type SupervisorRef,
} from "@espalier/supervisor";

// What must compile, and what must not. tsc runs this file; nothing executes it.

declare function expectType<T>(value: T): void;

declare function clerk(self: Self<string>, name: string, desk: number): LocalGenerator<void>;

const Counter = Server.define({
  init: (start: number) => ({ count: start }),
  call: { add: (state, by: number) => (state.count += by) },
});
const Idle = Server.define({ init: () => ({}) });
const Tree = Supervisor.define({ children: [] });
const Sized = Supervisor.define((size: number) => ({ strategy: "one-for-all", children: size > 0 ? [] : [] }));

export function childrenAreStartedWithTheirArguments(): void {
  Supervisor.worker("a", clerk, ["Ada", 1]);
  Supervisor.worker("a", clerk, ["Ada", 1], { restart: "transient", shutdown: "1s", ready: true });
  Supervisor.worker("b", Counter, [40]);
  Supervisor.worker("c", Idle, []);
  Supervisor.supervisor("d", Tree, []);
  Supervisor.supervisor("e", Sized, [3]);
  Supervisor.supervisor("e", TaskSupervisor.define(), [], { name: "tasks" });
  Supervisor.supervisor("e", Supervisor.defineDynamic("f", clerk), []);
  Supervisor.supervisor("e", Supervisor.definePartitions(Supervisor.worker("c", Idle, []), { partitions: 2 }), []);
  Supervisor.dynamic("f", clerk, { maxChildren: 10, name: "clerks" });
  Supervisor.dynamic("g", Counter);
  // @ts-expect-error an argument is missing
  Supervisor.worker("a", clerk, ["Ada"]);
  // @ts-expect-error an argument is of another type
  Supervisor.worker("a", clerk, ["Ada", "1"]);
  // @ts-expect-error the server's argument is a number
  Supervisor.worker("b", Counter, ["40"]);
  // @ts-expect-error the supervisor's argument is missing
  Supervisor.supervisor("e", Sized, []);
  // @ts-expect-error no such restart type
  Supervisor.worker("a", clerk, ["Ada", 1], { restart: "always" });
  // @ts-expect-error no such unit of time
  Supervisor.worker("a", clerk, ["Ada", 1], { shutdown: "1 second" });
  // @ts-expect-error a child that is named by its pid cannot be significant
  Supervisor.dynamic("f", clerk, { significant: true });
}

export function* supervisorsAreStartedWithTheirArgument(): LocalGenerator<void> {
  expectType<SupervisorRef>(yield* Supervisor.start(Tree));
  expectType<SupervisorRef>(yield* Supervisor.startLink(Sized, 3, { name: "sized" }));
  // @ts-expect-error the argument is missing
  yield* Supervisor.start(Sized);
  // @ts-expect-error the argument is of another type
  yield* Supervisor.start(Sized, "3");
  // @ts-expect-error no such strategy
  Supervisor.define({ strategy: "one_for_one", children: [] });
}

export function* managementIsTyped(tree: SupervisorRef): LocalGenerator<void> {
  const clerks = yield* Supervisor.start(Supervisor.defineDynamic("clerk", clerk));
  expectType<DynamicRef<[string, number]>>(clerks);
  yield* Supervisor.startChild(clerks, ["Ada", 1]);
  // @ts-expect-error an argument is missing
  yield* Supervisor.startChild(clerks, ["Ada"]);
  expectType<Operation<StartChildReply<Pid<any>>>>(Supervisor.startChild(tree, Supervisor.worker("b", Counter, [1])));
  // @ts-expect-error a static supervisor's child has a specification
  yield* Supervisor.startChild(tree, ["Ada", 1]);
  const reply = yield* Supervisor.restartChild(tree, "b");
  if (reply.type === "started") expectType<Pid>(reply.pid);
  // @ts-expect-error only a child that started has a pid
  expectType<Pid>(reply.pid);
}

export function eventsAreInTheNodesStream(event: NodeEvent): string {
  return event.type === "supervisor" && event.report.type === "child-ended" ? event.report.decision : event.type;
}
