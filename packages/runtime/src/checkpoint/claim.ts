import type { CodeStore } from "../code.ts";
import { AccessError } from "../access/errors.ts";
import { notLetIn } from "../distribution/arrivals.ts";
import { checkFrames, parseCargo, type Cargo } from "../distribution/cargo.ts";
import { nodeOf } from "../message.ts";
import type { NodeId } from "../cluster/node-ref.ts";
import type { Kernel } from "../kernel.ts";
import type { Pid } from "../addresses/pid.ts";
import type { Codec } from "../moving/travel.ts";
import type { CheckpointReport } from "./checkpoint-events.ts";
import { parseCheckpoint, writeCheckpoint, type CheckpointFile } from "./checkpoint-file.ts";
import { extension, Holding } from "./holding.ts";
import { reasonOf } from "./reason.ts";

/** A computation of a former life, claimed: nobody else will ever run this epoch of it. */
export interface Claimed {
  readonly pid: Pid<any>;
  readonly cargo: Cargo;
  /** The name that the process had. */
  readonly name: string | null;
  readonly holding: Holding;
  /** On whose behalf it is here; null of this node's own. */
  readonly behalf: NodeId | null;
}

export interface ClaimOptions {
  readonly kernel: Kernel;
  readonly codec: Codec;
  readonly code: CodeStore;
  readonly directory: string;
  readonly report: (report: CheckpointReport) => void;
}

/** Claims every computation in a directory, in the order of their names. */
export async function claimAll(options: ClaimOptions): Promise<readonly Claimed[]> {
  const { kernel, directory } = options;
  const claimed: Claimed[] = [];
  for (const name of await kernel.host.disk.list(directory)) {
    if (!name.endsWith(extension)) continue;
    const one = await claim(options, name.slice(0, -extension.length));
    if (one !== null) claimed.push(one);
  }
  return claimed;
}

/** The next epoch of a computation, which is on the disk before anything of it runs. Null when there is none to be had: that was reported. */
async function claim(options: ClaimOptions, computation: string): Promise<Claimed | null> {
  const { kernel, directory, report } = options;
  const { disk, crypto } = kernel.host;
  const file = `${directory}/${computation}${extension}`;
  const failed = (label: string, error: unknown): null => {
    report({ type: "checkpoint.failed", file, label, what: "claim", reason: reasonOf(error) });
    return null;
  };
  let bytes: Uint8Array | null;
  try {
    bytes = await disk.read(file);
  } catch (error) {
    return failed(computation, error);
  }
  if (bytes === null) return null;
  let found: CheckpointFile;
  let pid: Pid<any>;
  let cargo: Cargo;
  try {
    found = parseCheckpoint(crypto, bytes);
    if (found.computation !== computation) throw new TypeError(`computation: expected that of the file's name`);
    checkOwner(kernel, nodeOf(found.process));
    pid = kernel.newPid();
    cargo = restore(options, found, pid);
    // Started here by another node's computation: it goes on on behalf of that, if at all.
    checkOwner(kernel, cargo.captured.parent.address.id);
  } catch (error) {
    report({
      type: "checkpoint.unusable",
      file,
      keptAs: await putAside(options, file, bytes),
      reason: reasonOf(error),
    });
    return null;
  }
  const epoch = found.epoch + 1;
  try {
    await disk.write(file, writeCheckpoint(crypto, { ...found, epoch }), { secret: true });
  } catch (error) {
    return failed(found.label, error);
  }
  const holding = new Holding(disk, directory, computation, epoch, found.takenAtMs);
  const behalf = [nodeOf(found.process), cargo.captured.parent.address.id].find((node) => node !== kernel.address.id);
  return { pid, cargo, name: found.name, holding, behalf: behalf ?? null };
}

/** @throws AccessError when the computation is one of a node that is not let in any more. */
function checkOwner({ access }: Kernel, node: NodeId): void {
  const outsider = access.outsider(node);
  if (outsider !== null) throw new AccessError(notLetIn(outsider));
}

/** @throws what is wrong: a hash that does not fit, a value that this node does not know, a frame of another version. */
function restore({ kernel, codec, code }: ClaimOptions, found: CheckpointFile, pid: Pid<any>): Cargo {
  // They were this node's own, or it says that they were not.
  code.admit(found.definitions, "trusted");
  kernel.reborn = { key: found.process, pid };
  try {
    const cargo = parseCargo(kernel, codec.decode(found.cargo));
    checkFrames(code, cargo.captured);
    return cargo;
  } finally {
    kernel.reborn = null;
  }
}

/** The name under which the file is kept, for whoever wants to see what is wrong with it. */
async function putAside({ kernel }: ClaimOptions, file: string, bytes: Uint8Array): Promise<string | null> {
  const { disk } = kernel.host;
  const keptAs = `${file}.unusable`;
  try {
    await disk.write(keptAs, bytes, { secret: true });
    await disk.remove(file);
    return keptAs;
  } catch {
    // It is where it was: the report says so, and the next start will try again.
    return null;
  }
}
