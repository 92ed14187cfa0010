import { Access, limits, messageTypes, NodeRef, parseMessage, type Host } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { decodeCbor, encodePlain } from "../src/codec/cbor.ts";
import { SessionTransport, type SessionTransportOptions } from "../src/connection/transport.ts";
import { createIdentity } from "../src/identity/identity.ts";
import { decodeControl, encodeControl } from "../src/session/hello.ts";
import { fromHex, toHex } from "./fixtures/hex.ts";
import controlFile from "./fixtures/controls.json" with { type: "json" };
import messageFile from "./fixtures/messages.json" with { type: "json" };
import { readable, unreadable } from "./fixtures/readable.ts";
import { controls, messages } from "./fixtures/shapes.ts";
import { Introduced } from "./introduced.ts";
import { RawDialler } from "./raw-dialler.ts";
import { World } from "./world.ts";

// The bytes of everything that is said, kept. When they are to change: npm run unit -- packages/wire/test/golden.test.ts -u

interface Golden {
  readonly bytes16: string;
  readonly value: unknown;
}

function file(values: readonly unknown[], encode: (value: never) => Uint8Array): string {
  const golden = values.map((value) => ({ bytes16: toHex(encode(value as never)), value: readable(value) }));
  return `${JSON.stringify(golden, null, 2)}\n`;
}

const decode = (bytes: Uint8Array): unknown => decodeCbor(bytes, { limits }).data;
const type = ({ value }: Golden): string => (value as { readonly type: string }).type;

describe("what nodes say to each other (S291)", () => {
  it("is the bytes that are kept here", async () => {
    await expect(file(messages, encodePlain)).toMatchFileSnapshot("fixtures/messages.json");
    await expect(file(controls, encodeControl)).toMatchFileSnapshot("fixtures/controls.json");
  });

  it("is kept for every type that there is", () => {
    expect(new Set((messageFile as Golden[]).map(type))).toEqual(new Set(messageTypes));
    expect(new Set((controlFile as Golden[]).map(type))).toEqual(
      new Set(["hello", "refusal", "goodbye", "renewal", "renewed"]),
    );
  });

  it.each((messageFile as Golden[]).map((golden) => [type(golden), golden] as const))(
    "is read from the bytes that are kept, unknown fields ignored: %s",
    (_, { bytes16, value }) => {
      const said = unreadable(value) as object;
      expect(parseMessage(decode(fromHex(bytes16)))).toEqual(said);
      expect(parseMessage(decode(encodePlain({ ...said, surprise: [1], zzz: null })))).toEqual(said);
    },
  );

  it.each((controlFile as Golden[]).map((golden) => [type(golden), golden] as const))(
    "is read from the bytes that are kept, unknown fields ignored: the control %s",
    (_, { bytes16, value }) => {
      const said = unreadable(value) as object;
      expect(decodeControl(fromHex(bytes16), limits)).toEqual(said);
      expect(decodeControl(encodePlain({ ...said, surprise: [1] }), limits)).toEqual(said);
    },
  );

  /** What may be missing, and is null then. */
  const mayLack: Readonly<Record<string, readonly string[]>> = {
    "transfer.offer": ["address", "baton", "grant"],
    "transfer.claim": ["term"],
    "lease.beat": ["term"],
    "home.leaving": ["address"],
    "home.moved": ["address"],
  };

  it.each((messageFile as Golden[]).map((golden) => [type(golden), golden] as const))(
    "is refused when a field is missing or of another kind, by the name of the field: %s",
    (_, { value }) => {
      const said = unreadable(value) as Record<string, unknown>;
      for (const field of Object.keys(said).filter((name) => name !== "type")) {
        const named = new RegExp(`\\b${field}\\b`);
        expect(() => parseMessage({ ...said, [field]: -1 })).toThrow(named);
        const { [field]: _missing, ...rest } = said;
        const isOptional = mayLack[said["type"] as string]?.includes(field) === true;
        if (isOptional) expect(parseMessage(rest)).toEqual({ ...said, [field]: null });
        else expect(() => parseMessage(rest)).toThrow(named);
      }
    },
  );

  it.each((controlFile as Golden[]).map((golden) => [type(golden), golden] as const))(
    "is refused when a field is missing or of another kind, by the name of the field: the control %s",
    (_, { value }) => {
      const said = unreadable(value) as Record<string, unknown>;
      for (const field of Object.keys(said).filter((name) => name !== "type")) {
        const { [field]: _missing, ...rest } = said;
        for (const wrong of [{ ...said, [field]: -1 }, rest]) {
          expect(() => decodeControl(encodePlain(wrong), limits)).toThrow(new RegExp(`\\b${field}\\b`));
        }
      }
    },
  );

  it("ends the session with the name of a type that is not known", async () => {
    const world = new World();
    const bob = createIdentity(world.host("bob"));
    const log: string[] = [];
    const transport = transportOf(world.host("bob"), "bob", { identity: bob });
    await transport.start({
      up: () => log.push("up"),
      message: (_, message) => log.push(message.type),
      down: (_, reason) => log.push(reason),
      failed() {},
    });
    const dialler = new RawDialler(world.host("mallory"), bob.id);
    dialler.dial("ws://bob");
    await world.run();
    dialler.sendControl({ type: "hello", wire: 1, abi: 1, hash: 1, incarnation: "i", address: null, tickMs: 60_000 });
    dialler.sendPlain(Uint8Array.of(0), encodePlain([{ type: "pulse.ask" }]));
    dialler.sendPlain(Uint8Array.of(0), encodePlain([{ type: "pulse.ask" }, { type: "pulse.stop" }]));
    await world.run();
    expect(log).toEqual([
      "up",
      "pulse.ask",
      'malformed message: message type: expected one that is known, got "pulse.stop"',
    ]);
  });
});

function transportOf(host: Host, name: string, options: Partial<SessionTransportOptions>): SessionTransport {
  return new SessionTransport({
    host,
    identity: createIdentity(host),
    incarnation: `${name}-1`,
    abi: 1,
    hashVersion: 1,
    listen: `ws://${name}`,
    access: new Access("anyone"),
    ...options,
  });
}

/**
 * A session from its first frame to its last, with keys that are always the same. What is sealed is there before it is, which is how somebody who
 * writes another implementation finds out where it differs.
 */
async function transcript(pattern: "XX" | "IK" | "KK" | "NNpsk0"): Promise<unknown> {
  const world = new World();
  const lines: object[] = [];
  const sealing = (host: Host): Host => ({
    ...host,
    crypto: {
      ...host.crypto,
      seal: (key, nonce, associated, plain) => {
        lines.push({ seals: toHex(plain) });
        return host.crypto.seal(key, nonce, associated, plain);
      },
    },
  });
  const sharedKey = new Uint8Array(32).fill(7);
  const introductions = new Introduced();
  const options: Partial<SessionTransportOptions> = {
    ...(pattern === "KK" ? { introductions } : {}),
    ...(pattern === "NNpsk0" ? { sharedKey } : {}),
  };
  const identities = [createIdentity(world.manual), createIdentity(world.manual)] as const;
  const transports = (["alice", "bob"] as const).map((name, index) =>
    transportOf(sealing(world.host(name)), name, { ...options, identity: identities[index] as never }),
  );
  const [alice, bob] = transports as [SessionTransport, SessionTransport];
  for (const transport of transports) await transport.start({ up() {}, message() {}, down() {}, failed() {} });
  const { id } = identities[1];
  const address = "ws://bob";
  const ref = pattern === "NNpsk0" ? new NodeRef(id, address).withKey(sharedKey) : new NodeRef(id, address);
  if (pattern === "IK") {
    alice.connect(ref);
    await world.run();
    alice.disconnect(id, "enough");
    await world.run();
    lines.length = 0;
  }
  world.tap = (frame, { from }) => {
    lines.push({ from: from.replace(/^ws:\/\//, ""), frame: toHex(frame) });
    return [frame];
  };
  alice.connect(ref);
  await world.run();
  alice.send(id, { type: "pulse.ask" });
  await world.run();
  bob.send(identities[0].id, { type: "pulse.answer", registered: 2 });
  await world.run();
  alice.disconnect(id, "enough");
  await world.run();
  return lines;
}

describe("a session with keys that are always the same", () => {
  it.each(["XX", "IK", "KK", "NNpsk0"] as const)("is the frames that are kept here: %s", async (pattern) => {
    const lines = await transcript(pattern);
    expect(lines).not.toEqual([]);
    await expect(`${JSON.stringify(lines, null, 2)}\n`).toMatchFileSnapshot(
      `fixtures/session-${pattern.toLowerCase()}.json`,
    );
  });
});
