import { setTimeout as delay } from "node:timers/promises";
import type { Method, Parameters, Result } from "../../protocol/requests.ts";
import type { NodeSheet } from "../../protocol/sheets.ts";
import { keysOf } from "./keys.ts";
import type { Theme } from "./line.ts";
import { Painter } from "./painter.ts";
import { press, settled, type TopDeed } from "./press.ts";
import { screen } from "./screen.ts";
import { beginTop, questionsOf, withAnswer, type ScreenSize, type TopState } from "./top-state.ts";
import { sizeOf, themeOf, type Tty } from "./tty.ts";

/** Who answers for the program. */
export interface Asked {
  ask<M extends Method>(method: M, parameters: Parameters<M>): Promise<Result<M>>;
}

export interface TopOptions {
  readonly nodes: readonly NodeSheet[];
  readonly node: string;
  /** Whether it may kill. */
  readonly manage: boolean;
  /** Aborted when the program is asked to end. */
  readonly stop: AbortSignal;
}

/** Two screens a second: the program takes a sample a second. */
const everyMs = 500;

/**
 * Shows a program on the terminal until somebody leaves. However it ends, by a key, by `stop`, by an error or by the end of this program, the
 * terminal is given back as it was.
 */
export async function runTop(program: Asked, tty: Tty, options: TopOptions): Promise<void> {
  await new Top(program, tty, options).run();
}

/** One screen as text, for what is no terminal: after two samples, so that it has rates. */
export async function printTop(program: Asked, { nodes, node, manage }: TopOptions, theme: Theme): Promise<string[]> {
  const size: ScreenSize = { columns: 120, rows: 200 };
  let state = beginTop(nodes, node, manage);
  for (const sample of [1, 2]) {
    if (sample === 2) await delay(1_100);
    for (const question of questionsOf(state, size)) {
      state = withAnswer(state, size, question, await program.ask(question.method, question.parameters));
    }
  }
  const lines = screen({ ...state, cursor: -1 }, size, theme).map((line) => line.trimEnd());
  // The last line is for keys.
  return lines.slice(0, lines.findLastIndex((line, at) => line !== "" && at < lines.length - 1) + 1);
}

class Top {
  readonly #program: Asked;
  readonly #tty: Tty;
  readonly #stop: AbortSignal;
  readonly #theme: Theme;
  readonly #painter: Painter;
  readonly #left = Promise.withResolvers<void>();
  #state: TopState;
  #isAsking = false;
  #askAgain = false;

  constructor(program: Asked, tty: Tty, { nodes, node, manage, stop }: TopOptions) {
    this.#program = program;
    this.#tty = tty;
    this.#stop = stop;
    this.#theme = themeOf(tty);
    this.#painter = new Painter(tty.output);
    this.#state = beginTop(nodes, node, manage);
  }

  async run(): Promise<void> {
    const { input, output } = this.#tty;
    if (this.#stop.aborted) return;
    const leave = (): void => this.#left.resolve();
    const fail = (error: Error): void => this.#left.reject(error);
    const type = (text: string): void => this.#type(text);
    const resize = (): void => this.#repaint();
    const resume = (): void => this.#enter();
    const restore = (): void => this.#leave();
    input.setEncoding("utf8").on("data", type).on("end", leave).on("error", fail);
    output.on("resize", resize).on("error", fail);
    this.#stop.addEventListener("abort", leave, { once: true });
    // Without a listener the end of the terminal's session ends the program at once.
    process.on("SIGHUP", leave).on("SIGCONT", resume).on("exit", restore);
    const timer = setInterval(() => void (this.#state.paused ? undefined : this.#ask().catch(fail)), everyMs);
    try {
      this.#enter();
      await Promise.all([this.#ask(), this.#left.promise]);
    } finally {
      clearInterval(timer);
      process.off("SIGHUP", leave).off("SIGCONT", resume).off("exit", restore);
      this.#stop.removeEventListener("abort", leave);
      input.off("data", type).off("end", leave).off("error", fail).pause();
      output.off("resize", resize);
      this.#leave();
      output.off("error", fail);
    }
  }

  #enter(): void {
    this.#tty.input.setRawMode(true).resume();
    this.#painter.open();
    this.#show();
  }

  #leave(): void {
    this.#painter.close();
    this.#tty.input.setRawMode(false);
  }

  #show(): void {
    this.#painter.paint(screen(this.#state, sizeOf(this.#tty), this.#theme));
  }

  #repaint(): void {
    this.#painter.clear();
    this.#state = settled(this.#state, sizeOf(this.#tty), this.#theme);
    this.#show();
  }

  #type(text: string): void {
    const size = sizeOf(this.#tty);
    const before = JSON.stringify(questionsOf(this.#state, size));
    for (const key of keysOf(text)) {
      const { state, deed } = press(this.#state, key, size, this.#theme);
      this.#state = state;
      if (deed !== null) this.#do(deed);
    }
    this.#show();
    if (JSON.stringify(questionsOf(this.#state, size)) !== before) {
      this.#ask().catch((error: unknown) => this.#left.reject(error));
    }
  }

  #do(deed: TopDeed): void {
    switch (deed.type) {
      case "quit":
        return this.#left.resolve();
      case "redraw":
        return this.#repaint();
      case "suspend":
        this.#leave();
        process.kill(process.pid, "SIGTSTP");
        return;
      case "kill":
        this.#program.ask("kill", { node: this.#state.node, pid: deed.pid }).then(
          () => this.#say("killed"),
          (error: unknown) => this.#say(`not killed: ${(error as Error).message}`),
        );
    }
  }

  #say(message: string): void {
    this.#state = { ...this.#state, message };
    this.#show();
  }

  /** Asks what the screen needs; while that is under way, it is asked once more afterwards. */
  async #ask(): Promise<void> {
    this.#askAgain = true;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      while (this.#askAgain) {
        this.#askAgain = false;
        await this.#askOnce();
      }
    } finally {
      this.#isAsking = false;
    }
  }

  async #askOnce(): Promise<void> {
    const size = sizeOf(this.#tty);
    for (const question of questionsOf(this.#state, size)) {
      try {
        const answer = await this.#program.ask(question.method, question.parameters);
        this.#state = withAnswer(this.#state, sizeOf(this.#tty), question, answer);
      } catch (error) {
        // The last screen stays, and the program is asked again: it may be busy, or come back.
        if (typeof (error as { code?: unknown }).code !== "string") throw error;
        return this.#say(`no answer: ${(error as Error).message}`);
      }
    }
    const { message } = this.#state;
    const isBack = message?.startsWith("no answer: ") === true;
    this.#state = settled(isBack ? { ...this.#state, message: null } : this.#state, sizeOf(this.#tty), this.#theme);
    this.#show();
  }
}
