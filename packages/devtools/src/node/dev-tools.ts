import { randomBytes } from "node:crypto";
import { chmodSync, lstatSync } from "node:fs";
import type { Server as HttpServer } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import type { Node } from "@espalier/runtime";
import { type Plane, planes as allPlanes } from "../protocol/capability.ts";
import { DevToolsError } from "./errors.ts";
import { checkDevToolsOptions, type DevToolsOptions } from "./options.ts";
import { checkProgramsDirectory, madeProgramsDirectory } from "./programs/directory.ts";
import { announce, removeFile } from "./programs/discovery.ts";
import { programTitle } from "./programs/program-title.ts";
import type { Target } from "./programs/target.ts";
import { runningNodes } from "./running-nodes.ts";
import { type Gate, loopbackNames } from "./serving/gate.ts";
import { LiveSource } from "./serving/live-source.ts";
import { type Address, Answers, close, detach, listen, pageServer } from "./serving/server.ts";
import { Token } from "./serving/token.ts";
import type { Watchdog } from "./watchdog/watchdog.ts";

/** What opens the page with so many planes. It has a token: whoever has the link may do what it allows. */
export interface Link {
  /** What it was made for: its planes are this and those before it. */
  readonly plane: Plane;
  readonly planes: readonly Plane[];
  readonly url: string;
  readonly token: Token;
}

/**
 * A page and an interface for programs, that look into nodes of this OS process. Off unless started; it never keeps the program alive, and does nothing while
 * nobody looks. docs/dev-tools.md says who can reach it, and what protects it.
 */
export class DevTools implements AsyncDisposable {
  readonly #server: HttpServer;
  readonly #answers: Answers;
  readonly #source: LiveSource;
  readonly #address: Address;
  readonly #links: readonly Link[];
  readonly #unannounce: () => void;
  readonly #watchdog: Watchdog | null;
  readonly #onExit: () => void;
  #stopping: Promise<void> | null = null;

  private constructor(parts: {
    readonly server: HttpServer;
    readonly answers: Answers;
    readonly source: LiveSource;
    readonly address: Address;
    readonly links: readonly Link[];
    readonly unannounce: () => void;
    readonly watchdog: Watchdog | null;
  }) {
    this.#server = parts.server;
    this.#answers = parts.answers;
    this.#source = parts.source;
    this.#address = parts.address;
    this.#links = parts.links;
    this.#unannounce = parts.unannounce;
    this.#watchdog = parts.watchdog;
    this.#onExit = () => this.#clean();
    process.once("exit", this.#onExit);
  }

  /**
   * Serves dev tools for nodes of this OS process, on `127.0.0.1` and a free port unless told otherwise.
   *
   * - Errors: TypeError naming an option that there is not, or that is something else; DevToolsError for an address that others could reach, and for a directory
   *   of sockets that others could read; what the operating system says of a port or a path that is taken.
   */
  static async start(options: DevToolsOptions = {}): Promise<DevTools> {
    checkDevToolsOptions(options);
    const { nodes, proxy, socket, chaos = null, name = programTitle(), discoverable = true } = options;
    const secret = options.secret ?? randomBytes(32);
    const lookedAt = (): readonly Node[] => nodes ?? runningNodes();
    const source = new LiveSource(lookedAt, chaos, name);
    const answers = new Answers(source, secret);
    const hosts = new Set([...loopbackNames, ...(proxy?.hosts ?? []).map((host) => host.toLowerCase())]);
    const gate: Gate = { hosts, tls: proxy !== undefined };
    const server = pageServer(gate, answers.api, proxy?.authenticate);
    detach(server);
    const address =
      socket === undefined
        ? await listen(server, { host: options.host ?? "127.0.0.1", port: options.port ?? 0 })
        : await listenOnSocket(server, socket);
    let watchdog: Watchdog | null = null;
    try {
      watchdog = await watchdogOf(lookedAt, options.watchdog);
      const links = linksOf(address, secret, allowed(options));
      const target = targetOf(address, links[0] as Link);
      const unannounce = discoverable
        ? announce({
            pid: process.pid,
            title: name.slice(0, 200),
            life: source.life,
            startedAtMs: Math.round(performance.timeOrigin),
            target,
          })
        : () => {};
      return new DevTools({ server, answers, source, address, links, unannounce, watchdog });
    } catch (error) {
      await Promise.all([close(server), watchdog?.stop()]);
      throw error;
    }
  }

  /** Where it listens, without a token: `http://127.0.0.1:4321/` or `unix:/path`. */
  get url(): string {
    return urlOf(this.#address);
  }

  /** One for each plane that was asked for, the first for reading alone. */
  get links(): readonly Link[] {
    return this.#links;
  }

  /** For a `DevToolsClient`, with the plane, which has to be one of those that were asked for. @throws DevToolsError */
  target(plane: Plane = "inspect"): Target {
    const link = this.#links.find((one) => one.plane === plane);
    if (link !== undefined) return targetOf(this.#address, link);
    throw new DevToolsError(
      "TOKEN_UNUSABLE",
      `plane: expected one of ${this.#links.map((one) => one.plane).join(", ")}, got ${plane}`,
      "start the dev tools with it in `planes`",
    );
  }

  /** Whether anything of it runs beside the socket that waits: nothing does while nobody looks. */
  get active(): boolean {
    return this.#source.sampling.running;
  }

  /** What is held for clients that have not taken it yet: bounded, however slow they are. */
  get unsentBytes(): number {
    return this.#answers.unsentBytes;
  }

  /** The nodes go on. Whoever looks is told so. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    process.off("exit", this.#onExit);
    this.#unannounce();
    this.#answers.end("the dev tools of the program were stopped");
    this.#source.sampling.stop();
    await Promise.all([close(this.#server), this.#watchdog?.stop()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** The program ends without having stopped it. */
  #clean(): void {
    this.#unannounce();
    if (this.#address.socket !== null) removeFile(this.#address.socket);
  }
}

/** Loaded when it is asked for alone. */
async function watchdogOf(
  nodes: () => readonly Node[],
  options: DevToolsOptions["watchdog"],
): Promise<Watchdog | null> {
  if (options === undefined || options === false) return null;
  const { Watchdog } = await import("./watchdog/watchdog.ts");
  return new Watchdog(nodes, options === true ? {} : options);
}

function allowed({ planes = [], chaos }: DevToolsOptions): readonly Plane[] {
  return allPlanes.filter(
    (plane) => plane === "inspect" || planes.includes(plane) || (plane === "chaos" && chaos !== undefined),
  );
}

function linksOf(address: Address, secret: Uint8Array, planes: readonly Plane[]): readonly Link[] {
  return planes.map((plane, index) => {
    const own = planes.slice(0, index + 1);
    const token = Token.make(secret, own);
    return { plane, planes: own, token, url: `${urlOf(address)}#t=${token.secret}` };
  });
}

function urlOf(address: Address): string {
  return address.url ?? `unix:${address.socket ?? ""}`;
}

function targetOf({ url, socket }: Address, { token }: Link): Target {
  return url === null ? { socket: socket ?? "", token: token.secret } : { url, token: token.secret };
}

let sockets = 0;

/** A socket of this user's alone: mode 600, in a directory of mode 700. */
async function listenOnSocket(server: HttpServer, where: string | true): Promise<Address> {
  sockets += 1;
  const file =
    where === true
      ? path.join(madeProgramsDirectory(), `${process.pid}${sockets === 1 ? "" : `-${sockets}`}.sock`)
      : where;
  checkProgramsDirectory(path.dirname(file));
  // Of a program that ended without a word; one that is served is left to whoever serves it, and listening says that it is taken.
  if (lstatSync(file, { throwIfNoEntry: false })?.isSocket() === true && !(await isServed(file))) removeFile(file);
  const address = await listen(server, { path: file });
  chmodSync(file, 0o600);
  return address;
}

function isServed(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
