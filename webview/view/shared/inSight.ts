/** Whether a component can be seen: a hidden page, and a part scrolled away, need no work. */
import type { LitElement, ReactiveController } from 'lit';

export class InSight implements ReactiveController {
  readonly #host: LitElement;
  readonly #appeared: () => void;
  #inSight = false;
  readonly #observer = new IntersectionObserver((entries) => {
    this.#inSight = entries.at(-1)?.isIntersecting ?? false;
    this.#look();
  });
  readonly #look = (): void => {
    if (this.now) this.#appeared();
  };

  /** @param appeared it can be seen, now or again */
  constructor(host: LitElement, appeared: () => void = () => undefined) {
    this.#host = host;
    this.#appeared = appeared;
    host.addController(this);
  }

  get now(): boolean {
    return this.#inSight && !document.hidden;
  }

  hostConnected(): void {
    this.#observer.observe(this.#host);
    document.addEventListener('visibilitychange', this.#look);
  }

  hostDisconnected(): void {
    this.#observer.disconnect();
    this.#inSight = false;
    document.removeEventListener('visibilitychange', this.#look);
  }
}
