import type { LocalGenerator, Operation } from "@espalier/heartbeat";
import type { AnyBody } from "./launch.ts";
import { Remote } from "../moving/remote.ts";
import type { Self } from "../self.ts";

/**
 * What a process runs: a generator function, a function that makes a {@link Remote} or another operation, or an async function (second class: see
 * `Self.perform`). Its first parameter is the process itself; `M`, the type of its messages, is taken from there. It ends `normal` when the
 * body returns, and with the error when that throws.
 */
export type Body<M, A extends readonly unknown[], R> = (
  self: Self<M>,
  ...parameters: A
) => LocalGenerator<R> | Operation<R, any> | PromiseLike<R>;

/** @throws TypeError naming `where` a body was expected. */
export function checkBody(body: AnyBody, where: string): AnyBody {
  if (typeof body === "function" || body instanceof Remote) return body;
  throw new TypeError(`${where}: expected a generator function, an async function or a Remote, got ${typeof body}`);
}
