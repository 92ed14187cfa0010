import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Node, Process, Remote, remote, type Self } from "espalier";

/** What a computation did, as a line of a file that outlives the process. */
export interface Entry {
  readonly computation: string;
  readonly epoch: number;
  readonly step: number;
  readonly sum: number;
  readonly done: boolean;
}

const [, , data = "", file = "", last = ""] = process.argv;

const count = remote({}, function* count(steps: number) {
  let sum = 0;
  for (let step = 1; step <= steps; step += 1) {
    sum += step;
    const { computation, epoch } = yield* Remote.checkpoint();
    yield* Process.send("ledger", { computation, epoch, step, sum, done: step === steps });
  }
});

function* ledger(self: Self<Entry>) {
  yield* Process.register("ledger");
  for (;;) {
    const entry = yield* self.receive();
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
    process.stdout.write(entry.done ? "done\n" : ".");
  }
}

const node = await Node.start({ data });
void node.run(ledger);
const isResumed = node.inspect().processes.some(({ checkpoint }) => checkpoint !== null);
const isDone = existsSync(file) && readFileSync(file, "utf8").includes('"done":true');
if (!isResumed && !isDone) void node.run(Process.spawn(count(Number(last))));
process.stdout.write(`${isResumed ? "resumed" : "begun"}\n`);
