import type { LocalGenerator } from "@espalier/heartbeat";
import { Process, type Pid, type Self } from "@espalier/runtime";
import { Global, Group, Registry } from "@espalier/directory";

// Checked by the compiler alone: what must compile does, and what must not is marked.

const Rooms = Registry.define<string, { readonly topic: string }, "unique">("rooms", { keys: "unique" });
const Topics = Registry.define<readonly [string, number], undefined, "duplicate">("topics", { keys: "duplicate" });

function* registering(): LocalGenerator<void> {
  yield* Registry.register(Rooms, "lobby", { topic: "everything" });
  yield* Registry.register(Topics, ["news", 1]);
  // @ts-expect-error the key's type
  yield* Registry.register(Rooms, 5, { topic: "everything" });
  // @ts-expect-error the value's type
  yield* Registry.register(Rooms, "lobby", { topics: "everything" });
  // @ts-expect-error it needs a value
  yield* Registry.register(Rooms, "lobby");
  // @ts-expect-error nobody in particular has a duplicate key
  yield* Registry.whereis(Topics, ["news", 1]);
  // @ts-expect-error so it is no address either
  Registry.via(Topics, ["news", 1]);
  yield* Process.send(Registry.via<string, string>(Rooms, "lobby"), "hello");
  // @ts-expect-error what its process receives
  yield* Process.send(Registry.via<string, string>(Rooms, "lobby"), 5);
}

function* grouping(self: Self<string>): LocalGenerator<void> {
  yield* Group.join("readers", self.pid);
  // @ts-expect-error the name of a group is a text
  yield* Group.join(5, self.pid);
  const [first] = yield* Group.members<number>("readers");
  // @ts-expect-error they receive numbers
  const reader: Pid<string> | undefined = first;
  void reader;
}

function* naming(self: Self<string>): LocalGenerator<void> {
  yield* Global.register("leader", self.pid);
  // @ts-expect-error a process gets the name
  yield* Global.register("leader", "somebody");
  yield* Process.send(Global.name<string>("leader"), "hello");
  // @ts-expect-error what its process receives
  yield* Process.send(Global.name<string>("leader"), 5);
}

export { grouping, naming, registering };
