import { once } from "node:events";
import { connect } from "node:net";
import { NodeRef } from "@espalier/runtime";
import { WebSocket } from "ws";
import { askErlang, hasErlang } from "./erlang.ts";
import { benchmark, expectResult, perSecond, type Question, type Subject, isMeasuring } from "./harness.ts";
import { endPeers, line, newTransport, startPeer } from "./wire-lines.ts";
import type { Kind, PeerAddress } from "./wire-peer.ts";

// Messages to another OS process over loopback: between processes of two nodes, through our sessions, which are encrypted and check what they
// get, and beside that through a WebSocket and a TCP connection as they are, and through the distribution of Erlang, which encrypts nothing
// either. A raw socket that puts many messages into a frame shows what is left to gain.

const erlang = hasErlang();
if (!erlang && !isMeasuring) console.log("Erlang is not here, and left out: on Debian, apt-get install erlang-base.\n");

/** Of Erlang where it is here. */
function ofErlang(subject: Subject): Readonly<Record<string, Subject>> {
  return erlang ? { "Erlang distribution": subject } : {};
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}

/** In microseconds. */
async function roundTrip(kind: Kind, bytes: number, share: number): Promise<number> {
  const times = await (await line(kind)).trips(bytes, trips);
  return quantile(times, share) * 1e3;
}

const trips = 1_000;

function roundTripQuestion(bytes: number, share: number): Question {
  return {
    name: `round trip ${bytes} bytes, p${share * 100}`,
    unit: "µs",
    subjects: {
      espalier: () => roundTrip("processes", bytes, share),
      "espalier, sessions alone": () => roundTrip("session", bytes, share),
      ws: () => roundTrip("socket", bytes, share),
      TCP: () => roundTrip("tcp", bytes, share),
      ...ofErlang(() => quantile(askErlang("trips", bytes, trips), share) / 1e3),
    },
    aim: { value: 2, of: "ws" },
  };
}

/** Messages a second to the peer, until it has them all and has said so. */
async function oneWay(kind: Kind, bytes: number, messages: number): Promise<number> {
  const peer = await line(kind);
  return perSecond(messages, () => peer.flood(bytes, messages));
}

function oneWayQuestion(bytes: number, messages: number, aimPerSecond: number): Question {
  return {
    name: `one way ${bytes} bytes, messages`,
    unit: "/s",
    subjects: {
      espalier: () => oneWay("processes", bytes, messages),
      "espalier, sessions alone": () => oneWay("session", bytes, messages),
      ws: () => oneWay("socket", bytes, messages),
      "ws, many messages a frame": () => oneWay("batched", bytes, messages),
      TCP: () => oneWay("tcp", bytes, messages),
      ...ofErlang(() => {
        const [tookNs] = askErlang("flood", bytes, messages) as [number];
        return (messages * 1e9) / tookNs;
      }),
    },
    aim: { value: aimPerSecond },
  };
}

const peers = new Map<Kind, Promise<PeerAddress>>();

function peerOf(kind: Kind): Promise<PeerAddress> {
  const peer = peers.get(kind) ?? startPeer(kind);
  peers.set(kind, peer);
  return peer;
}

/** Connections a second, one after the other, each closed before the next. @param again whether the two know each other. */
async function handshakes(again: boolean, count: number): Promise<number> {
  const { url, id } = await peerOf("session");
  const patterns = new Set<string>();
  let turned = Promise.withResolvers<void>();
  const start = async () => {
    const transport = newTransport();
    await transport.start({
      up: () => turned.resolve(),
      message() {},
      down: () => turned.resolve(),
      failed: (_peer, reason) => turned.reject(new Error(reason)),
      listener: () => (event) => {
        if (event.type === "handshake.done") patterns.add(event.pattern);
      },
    });
    return transport;
  };
  const known = again ? await start() : null;
  const openAndClose = async () => {
    const transport = known ?? (await start());
    turned = Promise.withResolvers();
    transport.connect(new NodeRef(id, url));
    await turned.promise;
    turned = Promise.withResolvers();
    transport.disconnect(id, "measured");
    await turned.promise;
  };
  await openAndClose();
  patterns.clear();
  const rate = await perSecond(count, async () => {
    for (let done = 0; done < count; done += 1) await openAndClose();
  });
  expectResult([...patterns].join(), again ? "IK" : "XX");
  return rate;
}

async function webSockets(count: number): Promise<number> {
  const { url } = await peerOf("socket");
  return perSecond(count, async () => {
    for (let done = 0; done < count; done += 1) {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      await once(socket, "open");
      socket.close();
      await once(socket, "close");
    }
  });
}

async function connections(count: number): Promise<number> {
  const { url } = await peerOf("tcp");
  return perSecond(count, async () => {
    for (let done = 0; done < count; done += 1) {
      const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1" });
      await once(socket, "connect");
      socket.destroy();
      await once(socket, "close");
    }
  });
}

const handshakeCount = 40;

await benchmark(
  import.meta.url,
  "Messages to another OS process over loopback",
  [
    {
      name: "connections one after the other",
      unit: "/s",
      subjects: {
        "espalier, XX": () => handshakes(false, handshakeCount),
        "espalier, IK": () => handshakes(true, handshakeCount),
        ws: () => webSockets(handshakeCount),
        TCP: () => connections(handshakeCount),
        ...ofErlang(() => {
          const [tookNs] = askErlang("connections", 1, handshakeCount) as [number];
          return (handshakeCount * 1e9) / tookNs;
        }),
      },
      aim: { value: 300 },
    },
    roundTripQuestion(64, 0.5),
    roundTripQuestion(64, 0.99),
    oneWayQuestion(64, 30_000, 1e6),
    oneWayQuestion(1024, 10_000, 250e6 / 1024),
    oneWayQuestion(65_536, 500, 400e6 / 65_536),
  ],
  { processes: 3, runs: 3, warmUpMs: 200 },
);

endPeers();
process.exit();
