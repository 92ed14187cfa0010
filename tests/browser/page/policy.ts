// A node in a page that may not evaluate code. The test cannot ask it anything, so it says by itself what it did.

import { Node, NodeRef, readIdentity, Server } from "espalier";
import { Counter, tour } from "./shared.ts";

declare const location: { readonly hash: string };

const [keyText = "", url = ""] = JSON.parse(decodeURIComponent(location.hash.slice(1))) as readonly string[];
const there = NodeRef.parse(url);
const allow = [there.id];
const node = await Node.start({ identity: readIdentity(keyText), allow, logger: { report: () => {} } });
const count = await node.run(function* () {
  return yield* Server.ref(Counter, { name: "counter", node: there }).call.add(0);
});
const refusal = await node.run(tour(there, node.ref, 2)).catch((error: unknown) => String(error));
console.log(JSON.stringify([typeof count, refusal]));
