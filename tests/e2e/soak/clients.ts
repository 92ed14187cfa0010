import { channel } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { connect as connectSocket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeHost } from "@espalier/runtime/node";
import { SeededRandom } from "@espalier/runtime/testing";
import type { Host, Network } from "@espalier/runtime";
import { webSocketNetwork } from "@espalier/wire/node";
import { Node, NodeRef, Nodes, readIdentity, Server, type Self } from "espalier";
import { type Fate, fates, Ledger, type Order, type Report, type Tally, type Target } from "./words.ts";

// The OS process of clients: each has a key, and lives and dies as a node of its own, again and again, until it is told to finish.

const tally = {
  lives: Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>,
  said: 0,
  lost: 0,
  failures: [] as string[],
} satisfies Tally;
/** Between what a client says and what it says next. */
const pauseMs = 500;
const quiet = { report: () => {} };
let finishing = false;
const revoked = new Map<string, () => void>();

const report = (message: Report): void => void process.send?.(message);

/** A host of which the socket below a connection can be had: the one that is opened while the network is asked to connect. */
function tappedHost(): { readonly host: Host; socket(): Socket | null } {
  const sockets = webSocketNetwork();
  let opened: Socket | null = null;
  const network: Network = {
    listen: sockets.listen.bind(sockets),
    connect(url, handler) {
      const created = (message: unknown): void => void (opened = (message as { readonly socket: Socket }).socket);
      const creations = channel("net.client.socket");
      creations.subscribe(created);
      try {
        return sockets.connect(url, handler);
      } finally {
        creations.unsubscribe(created);
      }
    },
  };
  return { host: nodeHost({ network }), socket: () => opened };
}

async function live(keyText: string, target: Target, fate: Fate, lastsMs: number, random: SeededRandom): Promise<void> {
  if (fate === "silent" || fate === "babble") return besideNodes(target, fate, random);
  const { host, socket } = tappedHost();
  const identity = readIdentity(keyText);
  const node = await Node.start({ host, identity, netTicktime: "8s", logger: quiet });
  const to = new NodeRef(target.id, target.address);
  const ledger = Server.ref(Ledger, { name: "ledger", node: to });
  let why = "no connection was tried";
  let wasUp = false;
  node.events.subscribe((event) => {
    if (event.type === "node.up") wasUp = true;
    if (event.type === "handshake.failed" || event.type === "connection.down") why = `${event.why}: ${event.reason}`;
  });
  const client = `${identity.id} ${node.incarnation}`;
  try {
    if (fate === "cut early") {
      void node.run(Nodes.connect(to)).catch(() => {});
      await sleep(random.unit() * 8);
      socket()?.destroy();
      return;
    }
    const until = performance.now() + lastsMs;
    do {
      const count = 1 + Math.floor(random.unit() * 20);
      const got = await node.run(function* () {
        for (let index = 0; index < count; index += 1) yield* ledger.cast.say(client);
        // A thousand nodes on two cores are slow, and most so when half of them come again at once.
        return yield* ledger.call.count(client).within("30s");
      });
      tally.said += count;
      tally.lost += count - got;
      await sleep(Math.min(pauseMs, Math.max(0, until - performance.now())));
    } while (performance.now() < until && !finishing);
    await end(fate, node, to, socket, random);
  } catch (error) {
    // What never came up was no session: whoever begins a thousand at once on two cores has handshakes that take too long.
    if (wasUp && tally.failures.length < 10) tally.failures.push(`${fate}: ${String(error)}; ${why}`);
    // Whoever finds the other side busy and comes at once again, with a thousand others, keeps it busy.
    await unlessFinishing(random.unit() * lastsMs);
  } finally {
    await node.stop({ within: "1s" });
  }
}

async function end(
  fate: Fate,
  node: Node,
  to: NodeRef,
  socket: () => Socket | null,
  random: SeededRandom,
): Promise<void> {
  switch (fate) {
    case "disconnect":
      await node.run(Nodes.disconnect(to));
      break;
    case "cut":
      socket()?.resetAndDestroy();
      break;
    case "deaf":
      await node.run(function* (self: Self<Uint8Array>) {
        yield* Server.ref(Ledger, { name: "ledger", node: to }).cast.flood(self.pid);
      });
      socket()?.pause();
      // Some go before the server gives them up, some after.
      await unlessFinishing(500 + random.unit() * 14_000);
      socket()?.destroy();
      break;
    case "revoked": {
      const { id } = node.inspect();
      const done = new Promise<void>((resolve) => void revoked.set(id, resolve));
      report({ type: "revoke", client: id, target: to.id });
      await done;
      break;
    }
    default:
  }
}

async function unlessFinishing(ms: number): Promise<void> {
  for (let waited = 0; waited < ms && !finishing; waited += 100) await sleep(100);
}

/** What never becomes a session. */
async function besideNodes({ address }: Target, fate: "silent" | "babble", random: SeededRandom): Promise<void> {
  const patienceMs = random.unit() * 8_000;
  const { hostname, port } = new URL(address);
  if (fate === "silent" && random.unit() < 0.5) {
    const socket = connectSocket(Number(port), hostname);
    socket.on("error", () => {});
    await sleep(patienceMs);
    socket.destroy();
    return;
  }
  const pipe = webSocketNetwork().connect(address, {
    open() {
      if (fate === "babble") pipe.send(Uint8Array.from({ length: 200 }, () => random.unit() * 256));
    },
    frame() {},
    closed() {},
  });
  await sleep(patienceMs);
  pipe.close("enough");
}

async function slot(keyText: string, targets: readonly Target[], seed: number, lifeMs: number): Promise<void> {
  const random = new SeededRandom(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random.unit() * of.length)] as T;
  // Not all at once.
  await sleep(random.unit() * lifeMs);
  while (!finishing) {
    const fate = random.unit() < 0.4 ? "stop" : pick(fates);
    await live(keyText, pick(targets), fate, (0.5 + random.unit()) * lifeMs, random);
    tally.lives[fate] += 1;
    await sleep(random.unit() * 200);
  }
}

process.on("message", (order: Order) => {
  switch (order.type) {
    case "begin": {
      const every = setInterval(() => report({ type: "tally", tally }), 500);
      const { keys, targets, seed, lifeMs } = order;
      void Promise.all(keys.map((key, index) => slot(key, targets, seed * 100_003 + index, lifeMs))).then(() => {
        clearInterval(every);
        report({ type: "tally", tally });
        process.disconnect();
      });
      break;
    }
    case "revoked":
      revoked.get(order.client)?.();
      revoked.delete(order.client);
      break;
    case "finish":
      finishing = true;
      for (const resolve of revoked.values()) resolve();
  }
});
// It ends with the server, however that ends.
process.on("disconnect", () => {
  if (!finishing) process.exit(1);
});
report({ type: "ready" });
