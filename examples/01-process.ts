/**
 * A process: a generator that owns its state and is reached only by message.
 *
 *     node examples/01-process.ts
 */
import { describeCause, Node, Process, type Down, type Pid, type Self } from "espalier";

type Hello = { readonly name: string; readonly replyTo: Pid<string> };

/** Greets whoever says hello. The type of its pid, `Pid<Hello>`, comes from its first parameter. */
function* greeter(self: Self<Hello>, greeting: string) {
  for (;;) {
    const { name, replyTo } = yield* self.receive();
    if (name === "") throw new Error("nobody to greet");
    yield* Process.send(replyTo, `${greeting}, ${name}!`);
  }
}

export async function main(print: (line: string) => void = console.log): Promise<void> {
  // In this OS process, and listening to nobody. Crashes are shown below, so the log need not repeat them.
  await using node = await Node.start({ logger: { report: () => {} } });

  const reply = await node.run(function* (self: Self<string>) {
    const pid = yield* Process.spawn(greeter, "Hello");
    yield* Process.send(pid, { name: "Ada", replyTo: self.pid });
    return yield* self.receive({ within: "1s" });
  });
  print(reply);

  // Selective receive takes the oldest message that matches, and leaves the others in their order.
  const received = await node.run(function* (self: Self<number>) {
    for (const n of [1, 200, 2, 300]) yield* Process.send(self.pid, n);
    const large = yield* self.receive({ match: (n) => n > 100 });
    return [large, yield* self.receive(), yield* self.receive(), yield* self.receive()];
  });
  print(`received ${received.join(", ")}`);

  // A monitor is told, once, why a process ended.
  const cause = await node.run(function* (self: Self<string | Down>) {
    const { pid } = yield* Process.spawnMonitor(greeter, "Hello");
    yield* Process.send(pid, { name: "", replyTo: self.pid });
    const down = yield* self.receive({ match: (message) => typeof message !== "string" });
    return down.cause;
  });
  print(`the greeter ended: ${describeCause(cause)}`);

  // A wait with a limit fails with `timeout`, unless it says what to return instead.
  const silence = await node.run(function* (self: Self<string>) {
    return yield* self.receive({ within: "10ms", otherwise: "nobody spoke" });
  });
  print(silence);
}

if (import.meta.main) await main();
