import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { DevToolsError } from "../errors.ts";

/** What can be known of an OS process before it is sent a signal. */
export interface OsProcess {
  /** Where its inspector listens once it is open. */
  readonly inspectorPort: number;
}

/** Of Node. */
const usualPort = 9229;
/** SIGUSR1 is number 10 on Linux: the tenth bit. */
const sigusr1Bit = 0x200n;

/**
 * Looks whether an OS process is one of Node's that can be attached to. SIGUSR1 ends most programs that are not.
 *
 * @param force the signal is sent even when it cannot be told what the program is.
 * @throws DevToolsError that says why not.
 */
export function checkOsProcess(pid: number, force: boolean): OsProcess {
  if (!Number.isSafeInteger(pid) || pid <= 0) throw refused(`${pid}: expected the number of an OS process`);
  if (pid === process.pid) throw refused(`${pid}: is this program itself`, "use DevTools.start() in it");
  if (process.platform === "win32") {
    throw refused("attach: there is no SIGUSR1 on Windows", "start the program with ESPALIER_DEVTOOLS=read");
  }
  try {
    process.kill(pid, 0);
  } catch (cause) {
    const isOthers = (cause as NodeJS.ErrnoException).code === "EPERM";
    throw isOthers
      ? refused(`${pid}: belongs to another user`, "attach as that user")
      : refused(`${pid}: there is no such process`, "runningPrograms() has those that can be looked at");
  }
  return process.platform === "linux" ? checkOnLinux(pid, force) : checkElsewhere(pid, force);
}

function checkOnLinux(pid: number, force: boolean): OsProcess {
  const folder = `/proc/${pid}`;
  try {
    const uid = process.getuid?.();
    if (uid !== undefined && uid !== 0 && statSync(folder).uid !== uid) {
      throw refused(`${pid}: belongs to another user`, "attach as that user");
    }
    const program = path.basename(readlinkSync(`${folder}/exe`));
    checkName(pid, program, force);
    const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`${folder}/status`, "utf8"))?.[1] ?? "0";
    // Not even with `force`: nothing would open, and the program would end.
    if ((BigInt(`0x${caught}`) & sigusr1Bit) === 0n) {
      throw refused(
        `${pid}: does not wait for SIGUSR1, which would end it or do nothing`,
        "it was started with --disable-sigusr1, or is just starting; ESPALIER_DEVTOOLS=read needs no signal",
      );
    }
    const line = readFileSync(`${folder}/cmdline`, "utf8").split("\0");
    return { inspectorPort: portOf(line) };
  } catch (cause) {
    if (cause instanceof DevToolsError) throw cause;
    throw new DevToolsError("NOT_ATTACHABLE", `${pid}: could not be looked at: ${(cause as Error).message}`, null, {
      cause,
    });
  }
}

function checkElsewhere(pid: number, force: boolean): OsProcess {
  const line = execFileSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  checkName(pid, path.basename(line[0] ?? ""), force);
  return { inspectorPort: portOf(line) };
}

function checkName(pid: number, program: string, force: boolean): void {
  if (force || /^node(js)?(-?\d[\d.]*)?$/.test(program) || program === path.basename(process.execPath)) return;
  throw refused(
    `${pid}: expected a program of Node, got ${JSON.stringify(program.slice(0, 60))}; SIGUSR1 ends most others`,
    "if it is one all the same, attach(pid, { force: true }) of @espalier/devtools/node sends it; a number of npx or of a shell is that of the wrong process",
  );
}

/**
 * Whether the OS process is the one that listens on a port of this machine: another user may have taken the port first, and would answer in its place. Null where
 * that cannot be told.
 */
export function listenerOn(port: number, pid: number): "it" | "another" | "nobody" | null {
  if (process.platform !== "linux") return null;
  try {
    const inodes = listeningInodes(port);
    if (inodes.size === 0) return "nobody";
    const isIt = readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
    return isIt ? "it" : "another";
  } catch {
    // Another system's /proc, or one that hides it from us.
    return null;
  }
}

/** Of the sockets that listen on a port, as the kernel's tables have them: `sl local_address rem_address st … inode`. */
function listeningInodes(port: number): ReadonlySet<string> {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const inodes = new Set<string>();
  for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    if (!existsSync(table)) continue;
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local.endsWith(ending) && state === "0A" && inode !== undefined) inodes.add(inode);
    }
  }
  return inodes;
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    // It was closed just now.
    return "";
  }
}

/** What `--inspect-port` says, in either of its forms. */
function portOf(line: readonly string[]): number {
  for (const [index, argument] of line.entries()) {
    const [name, value = line[index + 1] ?? ""] = argument.split("=", 2);
    if (name !== "--inspect-port" && name !== "--debug-port") continue;
    const port = Number(value.replace(/^.*:/, ""));
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  }
  return usualPort;
}

/** Why it cannot be attached to. */
export function refused(message: string, hint: string | null = null): DevToolsError {
  return new DevToolsError("NOT_ATTACHABLE", message, hint);
}
