import { DevTools, Node, Process, Supervisor, type Self } from "espalier";

// Run by devtools-command.test.ts in an OS process of its own: a shop with one thing that is wrong with it.

/** Reads one of what is sent to it, and no other. */
function* packing(self: Self<number>) {
  yield* self.receive();
  yield* Process.sleep("1h");
}

function* clerk(self: Self<number>) {
  for (;;) yield* self.receive();
}

const Shop = Supervisor.define({
  children: [
    Supervisor.worker("packing", packing, [], { name: "packing" }),
    Supervisor.worker("clerk", clerk, [], { name: "\u001B[2Jclerk" }),
  ],
});

const node = await Node.start({ devtools: { planes: ["values", "manage"], name: "shop" } });
await node.run(function* () {
  yield* Supervisor.start(Shop);
  for (let parcel = 0; parcel < 12_000; parcel += 1) yield* Process.send("packing", parcel);
});
console.log(DevTools.of(node)?.links.at(-1)?.url);
setInterval(() => {}, 60_000);
