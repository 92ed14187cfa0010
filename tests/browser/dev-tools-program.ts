// A program of its own with many processes, which can be killed and started again. Prints the link of its dev tools.

import { DevTools, Node, Process, readIdentity, type Self, Supervisor } from "espalier";

/** What it is given as JSON, as its only argument. */
export interface Program {
  readonly processes: number;
  /** Text of the key of its node. */
  readonly key: string;
  readonly port: number;
  /** What its tokens are made of, in hexadecimal digits. */
  readonly secret: string;
}

function* guest(self: Self<never>) {
  yield* self.receive();
}

function* hall(self: Self<never>, guests: number) {
  for (let count = 0; count < guests; count += 1) yield* Process.spawn(guest);
  yield* self.receive();
}

const House = Supervisor.define((guests: number) => ({
  children: [
    Supervisor.worker("hall", hall, [guests], { name: "hall" }),
    Supervisor.worker("doorman", guest, [], { name: "doorman" }),
  ],
}));

const { processes, key, port, secret } = JSON.parse(process.argv[2] ?? "") as Program;
const node = await Node.start({ identity: readIdentity(key), logger: { report: () => {} } });
await node.run(function* () {
  yield* Supervisor.start(House, processes, { name: "house" });
});
const tools = await DevTools.start({
  nodes: [node],
  planes: ["manage"],
  port,
  secret: Buffer.from(secret, "hex"),
  discoverable: false,
});
console.log(tools.links.at(-1)?.url);
// Whoever started it ends it, also by going away.
process.stdin.resume().on("end", () => process.exit());
