import { DevTools } from "@espalier/devtools/node";
import type { LocalGenerator } from "@espalier/heartbeat";
import { Node, Process, type Pid, type Self } from "@espalier/runtime";
import { nodeHost } from "@espalier/runtime/node";

// A program that is looked at: node bench/watched.ts PROCESSES BUSY. A tree ten wide, of which BUSY get a message each second, and a tenth as many
// end and come anew. It says where its dev tools are, and on each message of its parent what its main thread has used.

const [processes, busy] = process.argv.slice(2).map(Number) as [number, number];
const width = 10;

function* worker(self: Self<"work" | "end">): LocalGenerator<void> {
  while ((yield* self.receive()) !== "end");
}

/** Has `below` processes below it. */
function* branch(self: Self<"work" | "end">, below: number): LocalGenerator<void> {
  for (let child = 0, rest = below; child < width && rest > 0; child += 1) {
    const part = Math.ceil(rest / (width - child));
    rest -= part;
    if (part === 1) yield* Process.spawn(worker);
    else yield* Process.spawnOpt({ label: `branch of ${part}` }, branch, part - 1);
  }
  yield* worker(self);
}

const node = await Node.start({ host: nodeHost() });
await node.run(function* () {
  yield* Process.spawn(branch, processes - 1);
});
while (node.kernel.scheduler.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
const pids = node.inspect().processes.map(({ pid }) => pid as Pid<any>);
let turn = 0;

function live(): void {
  turn += 1;
  node
    .run(function* () {
      for (let index = 0; index < busy; index += 1) {
        yield* Process.send(pids[(index * 97 + turn) % pids.length] as Pid<any>, "work");
      }
      const renewed: Pid<any>[] = [];
      for (let index = 0; index < busy / 10; index += 1) renewed.push(yield* Process.spawn(worker));
      yield* Process.sleep(500);
      for (const pid of renewed) yield* Process.send(pid, "end");
    })
    .catch((error: unknown) => {
      throw error;
    });
}
if (busy > 0) setInterval(live, 1_000);

const raw = rawPass();
let passing: NodeJS.Timeout | null = null;
const tools = await DevTools.start({ nodes: [node], discoverable: false });
process.on("message", (said) => {
  if (said === "pass") passing = setInterval(raw, 1_000);
  else if (said === "stop" && passing !== null) clearInterval(passing);
  const { user, system } = process.threadCpuUsage();
  process.send?.({ us: user + system });
});
process.on("disconnect", () => process.exit());
process.send?.({ target: tools.target() });

/** What no sample can do without: to read four columns, compare them with what they were, and keep them. */
function rawPass(): () => void {
  const columns = Array.from({ length: 4 }, () => new Float64Array(processes).map((_, index) => index % 7));
  const before = columns.map((column) => column.slice());
  return () => {
    let changed = 0;
    for (let column = 0; column < columns.length; column += 1) {
      const now = columns[column] as Float64Array;
      const then = before[column] as Float64Array;
      for (let slot = 0; slot < processes; slot += 1) {
        changed += (now[slot] as number) - (then[slot] as number);
        then[slot] = now[slot] as number;
      }
    }
    if (changed !== 0) throw new Error("nothing has changed");
  };
}
