import { ManualHost } from "@espalier/runtime/testing";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadIdentity } from "../../src/node/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "espalier-key-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("names the file that could not be made, and why", async () => {
  const host = new ManualHost();
  const { crypto, random } = host;
  const disk = { read: async () => null, write: () => Promise.reject(new Error("ENOSPC: no space left")) };
  const file = path.join(folder, "alice.key");
  await expect(loadIdentity({ crypto, random, disk: disk as unknown as ManualHost["disk"] }, file)).rejects.toThrow(
    `${file}: the key could be neither read nor made: ENOSPC: no space left`,
  );
});

it("says that a directory is no key file", async () => {
  await expect(loadIdentity(new ManualHost(), folder)).rejects.toThrow(
    `${folder}: expected a key file, got a directory`,
  );
});

it.skipIf(process.platform === "win32")("refuses a key file that others can read, and says what to do", async () => {
  const host = new ManualHost();
  const file = path.join(folder, "alice.key");
  const { id } = await loadIdentity(host, file);
  const bytes = host.disk.files.get(file)?.bytes as Uint8Array;
  await writeFile(file, bytes);
  await chmod(file, 0o640);
  await expect(loadIdentity(host, file)).rejects.toThrow(
    `${file}: expected a key file that only its owner can read, got mode 640; run "chmod 600 ${file}"`,
  );
  await chmod(file, 0o600);
  expect((await loadIdentity(host, file)).id).toBe(id);
});
