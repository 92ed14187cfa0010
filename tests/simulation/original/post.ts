import type { Pipe } from "@espalier/runtime";
import type { Place } from "@espalier/testkit";

/**
 * Messages between nodes as plain frames, fire and forget: what a pipe that breaks had under way is lost, and nobody says so. Pipes are made
 * when there is something to say.
 */
export class Post<Message> {
  readonly #place: Place;
  readonly #receive: (message: Message) => void;
  readonly #lines = new Map<string, Line>();

  private constructor(place: Place, receive: (message: Message) => void) {
    this.#place = place;
    this.#receive = receive;
  }

  static async open<Message>(place: Place, receive: (message: Message) => void): Promise<Post<Message>> {
    const post = new Post<Message>(place, receive);
    await place.host.network.listen(place.url, () => ({
      open: () => {},
      frame: (bytes) => post.#open(bytes),
      closed: () => {},
    }));
    return post;
  }

  send(to: string, message: Message): void {
    if (to === this.#place.name) {
      this.#place.host.loop.soon(() => this.#receive(message));
      return;
    }
    this.#line(to).send(new TextEncoder().encode(JSON.stringify(message)));
  }

  #line(to: string): Line {
    let line = this.#lines.get(to);
    if (line === undefined) {
      line = new Line((handler) => this.#place.host.network.connect(this.#place.peer(to).ref.url ?? "", handler), {
        closed: () => void this.#lines.delete(to),
      });
      this.#lines.set(to, line);
    }
    return line;
  }

  #open(bytes: Uint8Array): void {
    this.#receive(JSON.parse(new TextDecoder().decode(bytes)) as Message);
  }
}

/** A pipe to somebody, and what waits for it to open. */
class Line {
  readonly #pipe: Pipe;
  #waiting: Uint8Array[] | null = [];

  constructor(
    connect: (handler: { open(): void; frame(): void; closed(): void }) => Pipe,
    { closed }: { readonly closed: () => void },
  ) {
    this.#pipe = connect({
      open: () => {
        const waiting = this.#waiting ?? [];
        this.#waiting = null;
        for (const bytes of waiting) this.#pipe.send(bytes);
      },
      frame: () => {},
      closed,
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#waiting === null) this.#pipe.send(bytes);
    else this.#waiting.push(bytes);
  }
}
