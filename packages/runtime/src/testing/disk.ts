import type { Disk, DiskLock } from "../host.ts";

/** Files in memory. */
export class ManualDisk implements Disk {
  readonly files: Map<string, { readonly bytes: Uint8Array; readonly secret: boolean }> = new Map();
  /** What is locked. Whoever plays the operating system takes locks away from processes that have ended. */
  readonly locks: Set<string> = new Set();

  read(path: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.files.get(path)?.bytes.slice() ?? null);
  }

  write(path: string, bytes: Uint8Array, options?: { readonly secret?: boolean }): Promise<void> {
    this.files.set(path, { bytes: bytes.slice(), secret: options?.secret ?? false });
    return Promise.resolve();
  }

  list(directory: string): Promise<readonly string[]> {
    const start = directory.endsWith("/") ? directory : `${directory}/`;
    const names = [...this.files.keys()]
      .filter((path) => path.startsWith(start))
      .map((path) => path.slice(start.length));
    return Promise.resolve(names.filter((name) => !name.includes("/")).sort());
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  lock(path: string): Promise<DiskLock> {
    if (this.locks.has(path)) return Promise.resolve({ type: "taken", pid: null });
    this.locks.add(path);
    return Promise.resolve({
      type: "locked",
      release: () => {
        this.locks.delete(path);
        return Promise.resolve();
      },
    });
  }
}
