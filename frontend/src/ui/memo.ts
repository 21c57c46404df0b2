/** Components that are drawn anew only when something that they were given changed. */

import { Component, h } from "preact";
import type { ComponentType } from "preact";

/** Return a component that is drawn again only if one of its properties is another than before. */
export function memo<Props extends object>(inner: (props: Props) => preact.ComponentChild): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const [one, other] = [this.props as Record<string, unknown>, next as Record<string, unknown>];
      return Object.keys({ ...one, ...other }).some((name) => one[name] !== other[name]);
    }

    override render(props: Props) {
      return h(inner as ComponentType<Props>, props);
    }
  };
}
