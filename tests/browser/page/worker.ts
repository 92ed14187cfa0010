// A node in a worker: a bundle with all that it needs, because import maps are for pages alone.

import { Node, NodeRef, readIdentity, Server } from "espalier";

declare function postMessage(message: unknown): void;
declare function addEventListener(
  type: "message",
  listener: (event: { readonly data: readonly string[] }) => void,
): void;

const Inverse = Server.define({ init: () => ({}), call: { add: (_state, by: number) => -by } });

addEventListener("message", ({ data: [keyText = "", url = ""] }) => {
  void work(keyText, url);
});

async function work(keyText: string, url: string): Promise<void> {
  await using node = await Node.start({ identity: readIdentity(keyText) });
  const answers = await node.run(function* () {
    const here = yield* Server.startLink(Inverse, undefined);
    const there = Server.ref(Inverse, { name: "counter", node: NodeRef.parse(url) });
    return [yield* here.call.add(5), typeof (yield* there.call.add(0))];
  });
  postMessage(answers);
}
