import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeHost } from "@espalier/runtime/node";

const host = nodeHost();

test("a timer never fires early (R-506), nor a cancelled one at all", async () => {
  const startedMs = host.clock.monotonic();
  let fired = false;
  host.clock.after(1, () => (fired = true)).cancel();
  await new Promise<void>((resolve) => host.clock.after(4.5, resolve));
  expect(host.clock.monotonic() - startedMs).toBeGreaterThanOrEqual(4.5);
  expect(fired).toBe(false);
});

test("without a network, using it says what to import", async () => {
  await expect(host.network.listen("ws://127.0.0.1:0", () => undefined as never)).rejects.toThrow(/webSocketNetwork/);
});

describe("the disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "espalier-host-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("gives back what was written, and null for what was not", async () => {
    const path = join(folder, "file");
    expect(await host.disk.read(path)).toBeNull();
    await host.disk.write(path, Uint8Array.of(1, 2));
    await host.disk.write(path, Uint8Array.of(3));
    expect(await host.disk.read(path)).toEqual(Uint8Array.of(3));
  });

  test("keeps secrets readable by their owner only", async () => {
    const path = join(folder, "key");
    await host.disk.write(path, Uint8Array.of(1), { secret: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("names the path that cannot be written, and leaves nothing behind", async () => {
    await expect(host.disk.write(join(folder, "none", "file"), Uint8Array.of(1))).rejects.toThrow(/none/);
    expect(await readdir(folder)).toEqual([]);
  });
});
