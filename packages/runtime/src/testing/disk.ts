import type { Disk } from "../host.ts";

/** Files in memory. */
export class ManualDisk implements Disk {
  readonly files: Map<string, { readonly bytes: Uint8Array; readonly secret: boolean }> = new Map();

  read(path: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.files.get(path)?.bytes.slice() ?? null);
  }

  write(path: string, bytes: Uint8Array, options?: { readonly secret?: boolean }): Promise<void> {
    this.files.set(path, { bytes: bytes.slice(), secret: options?.secret ?? false });
    return Promise.resolve();
  }
}
