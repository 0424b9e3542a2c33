import type { LitElement, ReactiveController } from 'lit';

/** Tells the width of a component whenever its size changes, while it is on the page. */
export class Resized implements ReactiveController {
  readonly #host: LitElement;
  readonly #observer: ResizeObserver;

  constructor(host: LitElement, resized: (width: number) => void) {
    this.#host = host;
    this.#observer = new ResizeObserver(([entry]) => resized(Math.floor(entry?.contentRect.width ?? 0)));
    host.addController(this);
  }

  hostConnected(): void {
    this.#observer.observe(this.#host);
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
  }
}
