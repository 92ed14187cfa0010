type Buffer = ArrayBuffer;
type View = ArrayBufferView;
type Constructor = new (...parameters: unknown[]) => Buffer | View;

/** Constructors of typed arrays; an engine need not have all of them. */
const typedArrays: readonly string[] = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
];

/**
 * Counts the bytes of buffers that code makes, which no limit of an engine's heap does. Everything that makes one is replaced, in this realm
 * and for good: so it belongs into a realm that runs nothing else, before anything is frozen.
 *
 * What is not needed any more counts until the engine has collected it, and that happens between two steps at the earliest.
 */
export class BufferMeter {
  readonly #bytesMax: number;
  #bytes = 0;
  #counting = false;
  readonly #counted = new WeakSet<Buffer>();
  readonly #freed: FinalizationRegistry<number>;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
    this.#freed = new FinalizationRegistry((bytes) => {
      this.#bytes -= bytes;
    });
  }

  /** What `run` makes is counted. */
  during<T>(run: () => T): T {
    this.#counting = true;
    try {
      return run();
    } finally {
      this.#counting = false;
    }
  }

  /** Replaces what makes buffers. Once in a realm. */
  install(): void {
    for (const name of typedArrays) {
      const original = Reflect.get(globalThis, name) as (Constructor & { BYTES_PER_ELEMENT: number }) | undefined;
      if (original === undefined) continue;
      const { BYTES_PER_ELEMENT: elementBytes } = original;
      this.#replace(name, original, (parameters) => this.#checkElements(parameters, elementBytes));
      this.#wrap(original, ["fromBase64", "fromHex"], () => 0);
    }
    this.#replace("ArrayBuffer", ArrayBuffer, (parameters) => {
      const [length, ...others] = parameters;
      const bytes = Number(length ?? 0);
      this.#check(bytes);
      return [bytes, ...others];
    });
    this.#wrap(ArrayBuffer.prototype, ["slice"], (self) => (self as Buffer).byteLength);
    this.#wrap(
      ArrayBuffer.prototype,
      ["transfer", "transferToFixedLength"],
      (_self, [length]) => Number(length ?? 0),
      true,
    );
    const shared = Object.getPrototypeOf(Uint8Array.prototype) as object;
    // Their results are as large as what they are called on at most, whatever species it claims to be of.
    this.#wrap(
      shared,
      ["slice", "map", "filter", "toReversed", "toSorted", "with"],
      (self) => (self as View).byteLength,
    );
  }

  #replace(name: string, original: Constructor, prepare: (parameters: unknown[]) => unknown[]): void {
    const replacement = new Proxy(original, {
      construct: (target, parameters: unknown[], newTarget) => {
        if (!this.#counting) return Reflect.construct(target, parameters, newTarget) as object;
        return this.#count(Reflect.construct(target, prepare(parameters), newTarget) as Buffer | View);
      },
    });
    Object.defineProperty(globalThis, name, { value: replacement, configurable: true, writable: true });
    Object.defineProperty(original.prototype, "constructor", {
      value: replacement,
      configurable: true,
      writable: true,
    });
  }

  /** @param expected the bytes that the result takes, as far as one can know before. @param isLength whether they are the first argument. */
  #wrap(
    holder: object,
    names: readonly string[],
    expected: (self: unknown, parameters: readonly unknown[]) => number,
    isLength = false,
  ): void {
    for (const name of names) {
      const original = Reflect.get(holder, name) as ((...parameters: unknown[]) => Buffer | View) | undefined;
      if (original === undefined) continue;
      const meter = this;
      // A method has no prototype and cannot be constructed, as the original.
      const { [name]: replacement } = {
        [name](this: unknown, ...parameters: unknown[]): Buffer | View {
          if (!meter.#counting) return Reflect.apply(original, this, parameters);
          const bytes = expected(this, parameters);
          meter.#check(bytes);
          // A length is read once: the second time it might be another one.
          const given = isLength && parameters[0] !== undefined ? [bytes, ...parameters.slice(1)] : parameters;
          return meter.#count(Reflect.apply(original, this, given));
        },
      };
      Object.defineProperty(holder, name, { value: replacement, configurable: true, writable: true });
    }
  }

  #checkElements(parameters: unknown[], elementBytes: number): unknown[] {
    const [source, ...others] = parameters;
    if (typeof source !== "object" || source === null) {
      const length = Number(source ?? 0);
      this.#check(length * elementBytes);
      return [length, ...others];
    }
    if (source instanceof ArrayBuffer) return parameters;
    // On the heap first, where the engine's own limit holds: how long it says it is may change while one looks.
    const items: ArrayLike<unknown> = ArrayBuffer.isView(source)
      ? (source as View & ArrayLike<unknown>)
      : Array.from(source as Iterable<unknown>);
    this.#check(items.length * elementBytes);
    return [items, ...others];
  }

  #check(bytes: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#bytesMax) {
      throw new RangeError(
        `buffers of ${this.#bytes + bytes} bytes: a sandbox has at most ${this.#bytesMax} (sandbox.buffers)`,
      );
    }
  }

  #count<T extends Buffer | View>(made: T): T {
    const buffer = (made instanceof ArrayBuffer ? made : made.buffer) as Buffer;
    if (this.#counted.has(buffer)) return made;
    const bytes = buffer.resizable ? buffer.maxByteLength : buffer.byteLength;
    this.#check(bytes);
    this.#counted.add(buffer);
    this.#bytes += bytes;
    this.#freed.register(buffer, bytes);
    return made;
  }
}
