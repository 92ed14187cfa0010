import { Application, Supervisor, type ApplicationDefinition, type Self } from "espalier";

/** An OS process that runs an application and what it depends on. `stuck` as its argument: one that does not stop. */
function* part(self: Self<any>, name: string) {
  yield* self.trapExit();
  console.log(`+${name}`);
  yield* self.ready();
  for (;;) {
    yield* self.receive();
    if (name !== "stuck") break;
    console.log("asked");
  }
  console.log(`-${name}`);
}

function app(name: string, dependencies: readonly ApplicationDefinition[] = []) {
  const child = Supervisor.worker(name, part, [name], { ready: true, shutdown: "infinity" });
  return Application.define({ name, dependencies, tree: Supervisor.define({ children: [child] }) });
}

const [, , name = "shop"] = process.argv;
await Application.run(app(name, [app("database")]), { logger: { report: () => {} } });
console.log("stopped");
